"""Rows of cases and decisions are written in one place each; another writer, however it spells it, is found."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import tree

# record, its table, and the one file that writes it
WRITERS = {
    ("Case", "case_file"): "casework/lifecycle/case_writes.py",
    ("Decision", "decision"): "casework/lifecycle/decision_record.py",
}
VERBS = {"insert", "update", "delete", "add", "add_all", "put", "merge"}
IN_WORDS = ("INSERT INTO {} ", "UPDATE {} ", "DELETE FROM {} ")
PLANTED = {
    "an update": "work.execute(update(Case).where(col(Case.id) == case).values(problem=''))",
    "the table's own update": "work.execute(Case.__table__.update().values(held=True))",
    "an insert of a row": "work.add(Case, number=number)",
    "an insert under another name": "from sqlalchemy import insert as made\nmade(Case)",
    "a record of its own": "session.add(Case(number=number))",
    "a delete": "delete(Case)",
    "in words": "connection.exec_driver_sql('UPDATE case_file SET held = 1')",
}


def writes(text: str, record: str, table: str) -> Iterator[str]:
    """Whatever in a file writes rows of a record."""
    module = ast.parse(text)
    verbs = VERBS | {
        alias.asname
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in VERBS
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = " ".join(node.value.split()) + " "
            yield from (said for words in IN_WORDS if words.format(table) in said)
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        of = ast.unparse(node.func)
        first = ast.unparse(node.args[0]) if node.args else ""
        if of == record or (
            called in verbs and (first in (record, f"{record}.__table__") or of.startswith(f"{record}.__table__"))
        ):
            yield ast.unparse(node)


@pytest.mark.parametrize(("record", "table"), WRITERS)
@pytest.mark.slow
def test_one_file_writes_a_record(record: str, table: str) -> None:
    found = {
        str(path)
        for path in tree.sources(*tree.PACKAGES)
        if "migrations" not in path.parts and any(writes(tree.text(path), record, table))
    }
    assert found == {WRITERS[record, table]}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_writer_is_found(planted: str) -> None:
    clean = tree.text(Path("casework/awards/holds.py"))
    assert not list(writes(clean, "Case", "case_file"))
    assert list(writes(f"{clean}\n{PLANTED[planted]}\n", "Case", "case_file"))
    other = PLANTED[planted].replace("Case", "Decision").replace("case_file", "decision")
    assert list(writes(f"{clean}\n{other}\n", "Decision", "decision"))
