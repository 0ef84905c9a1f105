"""What the check list holds against a case is told where officers and firms look, and no longer than it holds."""

from typing import Any

from models import Duty, State
from support.office import code
from support.overriding import missing

S = State


def test_what_is_known_against_a_case_is_told_at_an_act_that_looks_at_nothing_and_forgotten_when_it_is_mended(
    office: Any,
) -> None:
    number = office.case("M4a", 1, S.ACCEPTED, Duty.SCREENER)
    author, confirmer = ("--as", "parameter_author-0"), ("--as", "parameter_confirmer-0")
    office("parameters", "set", "P-exclusions", f'{{"{code(0)}": "算例失信"}}', "--citation", "演示", *author)
    office("parameters", "confirm", "P-exclusions", *confirmer)
    assert "注意：列入不予支持名单：算例失信" in office("act", number, "screen", "--as", "screener-0")
    assert "核验时间" in office("case", number)


def test_a_paper_that_is_added_is_missing_no_more(office: Any) -> None:
    number = missing(office.walk).number
    office("act", number, "return", "--missing", "证书", "--as", "acceptor-0")
    assert "缺少材料" in office("inbox", "--as", "applicant-0-0")
    paper = office.home / "certificate.pdf"
    office.home.mkdir(parents=True, exist_ok=True)
    paper.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n")
    office("evidence", "add", number, "certificate", paper, "--as", "applicant-0-0")
    assert "缺少材料" not in office("inbox", "--as", "applicant-0-0")
