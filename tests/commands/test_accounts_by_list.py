"""Accounts are verified by a list: the number in clear for whoever may, the paper's number typed beside it, all or none."""

from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework.parties import party_register
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.register_writes import SYSTEM
from models import PartyAccount
from support.office import code

NUMBERS = ("622200000101", "622200000102")


def states(office: Any) -> dict[str, str]:
    with office.store.read() as work:
        rows = work.execute(select(col(PartyAccount.number), col(PartyAccount.status)))
        return {row.number: row.status for row in rows if row.number in NUMBERS}


@pytest.fixture
def listed(office: Any) -> Any:
    """Two accounts that wait, and their workbook written for a checker."""
    office.stage  # noqa: B018 - furnishes the store
    for place, number in enumerate(NUMBERS):
        account = NewAccount(number=number, bank="演示银行")
        new = NewParty(kind="enterprise", name=f"演示核验{place}厂", code=code(900 + place), account=account)
        party_register.add(office.store, SYSTEM, new)
    path = office.home / "accounts.xlsx"
    path.parent.mkdir(exist_ok=True)
    office("accounts", "list", "--to", path, "--as", "checker-0")
    return path


def fill(path: Any, *papers: tuple[str, str, str]) -> None:
    book = load_workbook(path)
    page = book["待核验账户"]
    place = {cell.value: cell.column for cell in page[2]}
    rows = {page.cell(row, place["entered"]).value: row for row in range(3, page.max_row + 1)}
    for entered, typed, paper in papers:
        page.cell(rows[entered], place["number"]).value = typed
        page.cell(rows[entered], place["paper"]).value = paper
    book.save(path)


def test_numbers_are_shown_to_those_who_may_verify_and_to_nobody_else(office: Any, listed: Any) -> None:
    shown = office.json("accounts", "list", "--as", "checker-0")["accounts"]
    assert {account["number"] for account in shown} >= set(NUMBERS)
    for login in ("decider-0", "auditor-0"):
        assert office.error("accounts", "list", "--as", login, code=1)["code"] == "no_duty"
    assert all(number not in office("accounts", "list") for number in NUMBERS)
    assert (listed.stat().st_mode & 0o077) == 0


def test_what_the_paper_says_verifies_and_empty_rows_wait(office: Any, listed: Any) -> None:
    fill(listed, (NUMBERS[0], "6222 0000-0101", "开户许可 1 号"))
    assert office.json("accounts", "verify", "--list", listed, "--as", "checker-0")["verified"] == 1
    assert states(office) == {NUMBERS[0]: "verified", NUMBERS[1]: "unverified"}
    assert office.json("accounts", "verify", "--list", listed, "--as", "checker-0")["verified"] == 0


@pytest.mark.parametrize(("typed", "paper"), [("622200000109", "开户许可"), ("622200000102", ""), ("", "开户许可")])
def test_one_row_that_differs_verifies_none(office: Any, listed: Any, typed: str, paper: str) -> None:
    fill(listed, (NUMBERS[0], NUMBERS[0], "开户许可"), (NUMBERS[1], typed, paper))
    error = office.error("accounts", "verify", "--list", listed, "--as", "checker-0", code=2)
    assert len(error["faults"]) == 1
    assert set(states(office).values()) == {"unverified"}
