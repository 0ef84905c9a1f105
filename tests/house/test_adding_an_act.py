"""An act is added in five places, named in casework/README.md: one is added to a copy of the house, used, and taken out again."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import tree

COMMANDS, TABLE = "casework/lifecycle/commands.py", "casework/lifecycle/transitions.py"
HANDLER, WIRING, GLOSSARY = "casework/applications/submission.py", "casework/composition.py", "docs/glossary.md"
PLACES = (COMMANDS, TABLE, HANDLER, WIRING, GLOSSARY)
MOST = 5
# file -> (a line that is there, what is written before it; "" stands for the file's end)
ADDED: dict[str, list[tuple[str, str]]] = {
    COMMANDS: [
        ('    ACCEPT = "accept", "受理"\n', '    CONSULT = "consult", "征询意见"\n'),
        (
            "",
            '''

@dataclass(frozen=True, kw_only=True)
class Consult(Act):
    """征询: whom the acceptor asked before the case is accepted."""

    action = Action.CONSULT

    asked: str = field(default="", metadata=said("征询对象", "who was asked", required=True))
''',
        ),
    ],
    TABLE: [
        (
            "    _row(A.ACCEPT, S.FILED, D.ACCEPTOR, S.ACCEPTED),\n",
            "    _row(A.CONSULT, S.FILED, D.ACCEPTOR, S.FILED),\n",
        )
    ],
    HANDLER: [
        (
            "",
            '''

def consult(context: ActContext) -> Change:
    """Notes whom the acceptor asked; the case stays in hand."""
    return context.stay(outcome="consulted")
''',
        )
    ],
    WIRING: [("    Action.ACCEPT: submission.accept,\n", "    Action.CONSULT: submission.consult,\n")],
    GLOSSARY: [("| `refuse` | 不予支持 |", "| `consult` | 征询意见 | notes whom the acceptor asked |\n")],
}
# What anybody meets of it, asked in the copy.
USED = """
import sys
from json import loads
from pathlib import Path
from uuid import uuid4

from casework.act_forms import CASE_FORMS, WrongForm, parse
from casework.act_list_workbook import COLUMNS
from casework.command_handler import act
from casework.views.dossier import dossier
from casework.views.inbox import whole_inbox
from casework.views.value_wordings import term
from models import Decision, Duty, State
from models.store import Store
from models.verify import verify
from sqlalchemy import select
from sqlmodel import col
from support.stage import Stage, officer
from support.walk import Walk

store = Store.create(f"sqlite:///{sys.argv[1]}", demo=True)
walk = Walk(Stage(store).furnish(firms=1))
case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
by = officer(Duty.ACCEPTOR)
assert "consult" in whole_inbox(store, by).tasks[0].actions
assert term("act", "consult") == ("征询意见", "consult")
assert [field.name for field in CASE_FORMS["consult"].fields] == ["act_id", "seen", "reason", "asked"]
assert any(column.key == "asked" and column.title == "征询对象" for column in COLUMNS)
try:
    parse("consult", {}, by=by, case=case.id)
except WrongForm as wrong:
    assert [fault.field for fault in wrong.faults] == ["asked"]
receipt = act(store, parse("consult", {"asked": "算例街道"}, by=by, case=case.id, act_id=(one := uuid4())))
assert (receipt.state, receipt.repeated) == ("filed", False)
assert act(store, parse("consult", {"asked": "算例街道"}, by=by, case=case.id, act_id=one)).repeated
with store.read() as work:
    row = work.execute(select(Decision.__table__).where(col(Decision.action) == "consult")).one()
    assert loads(row.content)["asked"] == "算例街道"
assert not verify(store).bad
"""
EXPLAINED = """
import sys
sys.path.insert(0, "tests/house")
from test_glossary import entries
assert entries()["consult"] == "征询意见"
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A copy of everything that is committed, on its own."""
    copy = tmp_path / "house"
    for path in tree.files():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.ROOT / path, copy / path)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    yield copy


def add(house: Path) -> set[str]:
    """Writes the act into the copy; the files that it took."""
    for name, insertions in ADDED.items():
        text = (house / name).read_text("utf-8")
        for line, what in insertions:
            assert text.count(line) == 1 or not line, f"{name}: {line}"
            text = text.replace(line, what + line) if line else text + what
        (house / name).write_text(text, "utf-8")
    return differing(house)


def take_out(house: Path) -> set[str]:
    """Takes it out again; the files that still differ."""
    for name, insertions in ADDED.items():
        text = (house / name).read_text("utf-8")
        for _, what in insertions:
            text = text.replace(what, "", 1)
        (house / name).write_text(text, "utf-8")
    return differing(house)


def differing(house: Path) -> set[str]:
    """The files of the copy that are not as they are here."""
    return {str(path) for path in tree.files() if (house / path).read_bytes() != (tree.ROOT / path).read_bytes()}


def run(house: Path, *command: object) -> str:
    """What a Python of the copy says; it must succeed."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(house), str(house / "tests"))), "PYTHONSAFEPATH": "1"}
    env.pop("DUIXIAN_HOME", None)
    line = [sys.executable, *map(str, command)]
    done = subprocess.run(line, cwd=house, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.prove
def test_an_act_is_added_in_five_places_is_used_everywhere_and_leaves_nothing_behind(house: Path) -> None:
    assert add(house) == set(PLACES) and len(PLACES) <= MOST
    assert str(house) in run(house, "-c", "import casework.composition as found; print(found.__file__)")
    run(house, "-c", USED, house / "var.sqlite")
    shown = run(house, "-c", "import sys; sys.argv = ['duixian', 'act', '--help']; from cli.app import main; main()")
    assert "consult（征询意见）" in shown and re.search(r"--asked ASKED +征询对象（consult）", shown)
    run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/commands/test_forms_of_acts.py")
    run(house, "-c", EXPLAINED)
    assert take_out(house) == set()


def test_the_page_of_the_folder_names_these_places_and_no_other() -> None:
    part = tree.text(Path("casework/README.md")).partition("## Add an act\n")[2].partition("\n## ")[0]
    always = part.partition("Only where")[0]
    named = set(re.findall(r"`([\w/]+\.(?:py|md))`", always))
    assert named == {place.removeprefix("casework/") for place in PLACES if place != HANDLER}
    assert "handler" in always


@pytest.mark.prove
@pytest.mark.parametrize("left_out", PLACES)
def test_each_of_the_places_is_needed(house: Path, left_out: str) -> None:
    add(house)
    (house / left_out).write_bytes((tree.ROOT / left_out).read_bytes())
    with pytest.raises(AssertionError):
        run(house, "-c", USED, house / "var.sqlite")
        run(house, "-c", EXPLAINED)
