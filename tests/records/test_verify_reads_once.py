"""`verify` reads each table once: its time grows with the store, not with the square of it."""

import re

import pytest
from sqlalchemy import Connection, text

from models.store import Store
from models.verify import CHECKS


def again(connection: Connection, sql: str) -> list[str]:
    """Whole tables that SQLite reads inside a loop over another one; what it made for the query itself it may read so."""
    steps = connection.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", r"\:"))).all()
    made = {found[1] for step in steps if (found := re.match(r"(?:MATERIALIZE|CO-ROUTINE) (\w+)", step.detail))}
    levels: dict[int, list[str]] = {}
    for step in steps:
        if step.detail.startswith(("SCAN ", "SEARCH ")):
            levels.setdefault(step.parent, []).append(step.detail)
    inner = [each_text for level in levels.values() for each_text in level[1:] if each_text.startswith("SCAN ")]
    return [each_text for each_text in inner if each_text.split()[1] not in made]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_query_of_verify_reads_a_whole_table_for_each_row_of_another(store: Store) -> None:
    with store.engine.connect() as connection:
        squares = {check.id: found for check in CHECKS if check.sql and (found := again(connection, check.sql))}
        assert squares == {}
        assert again(
            connection, "SELECT 1 FROM decision d LEFT JOIN message m ON m.case_id = d.case_id"
        )  # it would be seen
