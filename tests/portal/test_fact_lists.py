"""A workbook of facts: written as claimed, read back whole or not at all, seen case by case, and certified once."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from models import Case, Decision, Duty, State
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, named, officer
from support.walk import Walk

PAGE = "/desk/facts"
NUMBERS = ("XZ2023-M04-000001", "XZ2023-M04-000002")


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """Two cases that wait for their certifier."""
    walk = Walk(stage)
    for number in (1, 2):
        walk.to(walk.open("M4a", number, number), State.SCREENED, Duty.CERTIFIER)
    return walk


@pytest.fixture
def book(portal: Portal, walk: Walk, tmp_path: Path) -> Path:
    """The workbook as a certifier downloads it."""
    path = tmp_path / "facts.xlsx"
    path.write_bytes(portal.as_(officer(Duty.CERTIFIER)).client.get(f"{PAGE}/facts.xlsx").content)
    return path


def uploaded(visitor: Visitor, path: Path) -> Shown:
    sent = {"file": ("facts.xlsx", path.read_bytes(), "application/octet-stream")}
    return visitor.submit(visitor.get(PAGE), action=PAGE, files=sent)


def changed(path: Path, case: str, key: str, value: Any) -> None:
    """Writes one cell of a case's row."""
    found = load_workbook(path)
    sheet = found["M4a"]
    keys = {cell.value: cell.column for row in sheet.iter_rows(max_row=4) for cell in row}
    (row,) = [cell.row for line in sheet.iter_rows() for cell in line if cell.value == case]
    sheet.cell(row, keys[key]).value = value
    found.save(path)


def states(walk: Walk) -> dict[str, str]:
    with walk.stage.store.read() as work:
        return {row.number: row.state for row in work.execute(select(col(Case.number), col(Case.state)))}


def certified(walk: Walk) -> int:
    with walk.stage.store.read() as work:
        return len(work.execute(select(col(Decision.id)).where(col(Decision.action) == "certify")).all())


def test_what_waits_is_written_as_claimed_and_certified_once_after_it_was_seen(
    portal: Portal, walk: Walk, book: Path
) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    page = visitor.get(PAGE)
    assert "下载认定表（2 件）" in page.words() and PAGE in visitor.get("/desk/lists").links()
    effects = uploaded(visitor, book)
    assert effects.status == 200 and "尚未办理" in effects.words() and certified(walk) == 0
    assert all(number in effects.words() for number in NUMBERS)
    for _ in range(2):  # a second press changes nothing
        done = visitor.submit(effects, action="/desk/lists")
        assert "已办理 2 件，共 2 件" in done.words()
    assert certified(walk) == 2 and State.SCREENED not in states(walk).values()
    assert "没有等您认定的案件" in visitor.get(PAGE).words()
    again = uploaded(visitor, book)
    assert again.words().count("此前已办理，未重复") == 2 and certified(walk) == 2
    assert "Certify by a workbook of facts" in visitor.get(f"{PAGE}?lang=en").words()


def test_a_wrong_cell_is_shown_with_its_row_and_nothing_is_certified(portal: Portal, walk: Walk, book: Path) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    changed(book, NUMBERS[1], "level", "月球")
    page = uploaded(visitor, book)
    assert page.status == 422 and "未认定任何一件" in page.words() and "#f-file" in page.links()
    rows = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert len(rows) == 1 and rows[0][0] == "M4a" and "级别" in rows[0][3], rows
    assert certified(walk) == 0


def test_what_was_changed_by_hand_is_what_is_certified(portal: Portal, walk: Walk, book: Path) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    changed(book, NUMBERS[0], "product", "算例织机甲")
    visitor.submit(uploaded(visitor, book), action="/desk/lists")
    assert "算例织机甲" in visitor.get(f"/desk/cases/{NUMBERS[0]}").words()


def test_cases_of_another_certifier_are_refused_row_by_row(portal: Portal, walk: Walk, book: Path) -> None:
    walk.to(named("case-2"), State.CERTIFIED)
    page = uploaded(portal.as_(officer(Duty.CERTIFIER, 1)), book)
    rows = {number: row for row in page.tree.xpath("//tbody/tr") for number in NUMBERS if number in row.text_content()}
    assert "不能办理" in rows[NUMBERS[1]].text_content() and "不能办理" not in rows[NUMBERS[0]].text_content()
    before = states(walk)
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 2))
    assert "由牵头单位的认定人办理" in acceptor.get(PAGE).words() and not acceptor.get(PAGE).tree.xpath("//main//form")
    token = acceptor.get("/account").form().find(".//input[@name='_token']").get("value")
    sent = {"file": ("facts.xlsx", book.read_bytes(), "application/octet-stream")}
    refused = acceptor.post(PAGE, {"_token": token}, sent)
    assert len(refused.tree.xpath("//tbody//strong[contains(., '不能办理')]")) == 2 and states(walk) == before
    assert acceptor.get(f"{PAGE}/facts.xlsx").status == 422
    assert portal.as_(applicant(1)).get(PAGE).status == 404


def test_a_list_that_a_page_cannot_carry_is_refused(
    portal: Portal, walk: Walk, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    monkeypatch.setattr("web.pages.bulk.MOST_CARRIED", 500)
    page = uploaded(visitor, book)
    assert page.status == 422 and "请分成几份" in page.words() and certified(walk) == 0
    assert visitor.get(f"{PAGE}?policy=nobody").status in (404, 409, 422)
