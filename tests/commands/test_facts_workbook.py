"""A certifier's cases as a workbook: filled in as claimed, changed by hand, read back and certified, or nothing of it."""

import json
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from models import Case, Snapshot, State
from support.stage import claim

ITEMS = ("M4a", "M16")


def cell(page: Any, key: str, row: int) -> Any:
    place = next(cell.column for cell in page[2] if cell.value == key)
    return page.cell(row, place)


def facts_of(office: Any, number: str) -> dict[str, Any]:
    with office.store.read() as work:
        query = select(col(Snapshot.content)).join(Case, col(Case.id) == col(Snapshot.case_id))
        found = work.execute(query.where(col(Case.number) == number, col(Snapshot.kind) == "facts")).scalar_one()
    return json.loads(found)


def fill(path: Any) -> None:
    """Answers yes to what only the unit knows, and cuts one cost line with a reason."""
    book = load_workbook(path)
    for page in (sheet for sheet in book if sheet.title in ITEMS):
        for row in range(3, page.max_row + 1):
            if page.cell(row, 2).value is None:
                continue  # a further cost line
            for title in page[1]:
                if str(title.value).endswith("*") and page.cell(row, title.column).value in (None, ""):
                    page.cell(row, title.column).value = "是"
    book.save(path)


@pytest.mark.parametrize("item", ITEMS)
def test_a_workbook_written_and_read_back_certifies_what_was_claimed(office: Any, item: str) -> None:
    numbers = [office.case(item, n, State.SCREENED) for n in (1, 2)]
    path = office.home / "facts.xlsx"
    path.parent.mkdir(exist_ok=True)
    assert office.json("facts", "write", "--to", path, "--as", "certifier-0")["cases"] == len(numbers)
    fill(path)
    done = office.json("facts", "certify", path, "--as", "certifier-0")
    assert [act["state"] for act in done["acts"]] == ["certified"] * len(numbers)
    for n, number in enumerate(numbers, 1):
        certified, stated = facts_of(office, number), claim(item, n)
        for key in stated.keys() & certified.keys() - {"cost_lines"}:
            assert certified[key] == stated[key], key
        for line, claimed in zip(certified.get("cost_lines", ()), stated.get("cost_lines", ()), strict=True):
            assert line["recognised"] == line["claimed"] == f"{claimed['claimed']}"
    assert all(act["repeated"] for act in office.json("facts", "certify", path, "--as", "certifier-0")["acts"])


def test_what_is_missing_or_wrong_is_said_by_row_and_nothing_is_certified(office: Any) -> None:
    for n in (1, 2):
        office.case("M16", n, State.SCREENED)
    path = office.home / "facts.xlsx"
    path.parent.mkdir(exist_ok=True)
    office("facts", "write", "--to", path, "--as", "certifier-0")
    before = office.seen()
    error = office.error("facts", "certify", path, "--as", "certifier-0", code=2)
    assert {fault["field"].partition(":")[2] for fault in error["faults"]} == {"first_store"}
    assert "未认定任何一件" in error["message"]
    fill(path)
    book = load_workbook(path)
    cell(book["M16"], "opened_on", 3).value = "去年"
    book.save(path)
    error = office.error("facts", "certify", path, "--as", "certifier-0", code=2)
    assert [fault["field"] for fault in error["faults"]] == ["M16!3:opened_on"]
    assert office.seen() == before


def test_a_cut_needs_its_reason(office: Any) -> None:
    number = office.case("M16", 1, State.SCREENED)
    path = office.home / "facts.xlsx"
    path.parent.mkdir(exist_ok=True)
    office("facts", "write", "--to", path, "--as", "certifier-0")
    fill(path)
    book = load_workbook(path)
    cell(book["M16"], "cost_lines.recognised", 3).value = "1.00"
    book.save(path)
    error = office.error("facts", "certify", path, "--as", "certifier-0", code=2)
    assert "M16!3" in error["faults"][0]["field"]
    cell(book["M16"], "cost_lines.reason", 3).value = "演示核减"
    book.save(path)
    office("facts", "certify", path, "--as", "certifier-0")
    assert facts_of(office, number)["cost_lines"][0]["recognised"] == "1.00"


def test_nobody_else_gets_the_workbook(office: Any) -> None:
    office.case("M16", 1, State.SCREENED)
    for login in ("clerk-0", "auditor-0", "decider-0"):
        assert office.error("facts", "write", "--to", office.home / "f.xlsx", "--as", login, code=2)["code"] == "empty"
