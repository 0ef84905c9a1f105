"""docs/access.md is what the product answers today: asked anew, and compared."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models import Duty
from support import tree
from support.access_table import asked, page

PAGE = Path("docs/access.md")


@pytest.mark.prove
def test_the_page_of_who_may_do_what_is_what_the_product_answers(tmp_path: Path, proven: Callable[[str], None]) -> None:
    table = asked(tmp_path)
    assert page(table) == tree.text(PAGE), "write it anew: its first lines say how"
    assert {duty for _, duty in table.acts} >= {Duty.ACCEPTOR, Duty.RELEASER, Duty.APPLICANT}
    proven(f"{table.asked} questions")
