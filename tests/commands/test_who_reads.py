"""In production every reading of cases, money and registers asks who reads, and shows by duty and unit."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands.conftest import CommandOffice
from sqlalchemy import update
from sqlmodel import col

from casework.funds.ledger import appropriate
from casework.shared.reference import touch
from casework.shared.register_writes import SYSTEM
from casework.staff import tokens
from models import Duty, Message, Party, UnitRecord
from support.stage import LEAD, MARKET, TOWN, TREASURY, UNITS, Stage, named

LED, OTHER = (
    "XZ2023-M04-000001",
    "XZ2023-M07-000002",
)  # of 区经商局 with a firm of the town; of 区市场监管局 with one of none
STAFF = {
    "lead-acceptor": (Duty.ACCEPTOR, LEAD), "market-certifier": (Duty.CERTIFIER, MARKET),
    "town-screener": (Duty.SCREENER, TOWN), "maker": (Duty.MAKER, TREASURY), "allocator": (Duty.ALLOCATOR, TREASURY),
    "lead-head": (Duty.HEAD, LEAD), "auditor": (Duty.AUDITOR, LEAD), "administrator": (Duty.ADMINISTRATOR, LEAD),
    "market-clerk": (Duty.CLERK, MARKET),
}  # fmt: skip
FIRMS = {"applicant-0-0": LED, "applicant-1-0": OTHER}
EVERYBODY = ("nobody", *STAFF, *FIRMS)
PAYMENTS = (
    ("payments", "list"), ("payments", "unmatched"), ("payments", "overdue"), ("payments", "reconcile"),
    ("payments", "waiting", "--fund", f"{LEAD}:2023"),
)  # fmt: skip


class House(CommandOffice):
    """A production store; each person reads with their own token."""

    tokens: dict[str, str]

    def asks(self, who: str, *arguments: object) -> tuple[int, Any]:
        """Exit code and JSON of what a person reads."""
        result = self.run(*arguments, "--as", who, "--json", token=self.tokens[who])
        import json

        return result.exit_code, json.loads(result.stdout)

    def refused(self, who: str, *arguments: object) -> str:
        """The code of the refusal; "" where the person may read. The refusal names them and says who may."""
        code, found = self.asks(who, *arguments)
        if code == 0:
            return ""
        assert code == 1 and "可以看" in found["error"]["message"], found
        return str(found["error"]["code"])


def people(stage: Stage, work: Any) -> None:
    for unit in UNITS:
        work.add(UnitRecord, name=unit, kind="town" if unit == TOWN else "bureau")
    stage.person(work, "nobody")
    for login, (duty, unit) in STAFF.items():
        stage.person(work, login)
        stage.grant(work, login, duty, unit)


@pytest.fixture
def house(production: CommandOffice) -> Iterator[House]:
    house = House(home=production.home, url=production.url, store=production.store)
    stage = house.stage
    with house.store.write() as work:
        people(stage, work)
        for firm in (0, 1):
            stage.firm(work, firm)
        stage.draft(work, "M4a", 1, 0)
        stage.draft(work, "M7", 2, 1)
        for unit in (LEAD, MARKET):
            appropriate(work, unit=unit, year=2023, fen=100, once=f"budget:{unit}")
        work.flush()
        work.execute(update(Party).values(demo=False))
        work.execute(update(Party).where(col(Party.name) == "算例企业1").values(town=None))
        touch(work)
    house.tokens = {who: tokens.make(house.store, SYSTEM, person=who) for who in EVERYBODY}
    yield house


CASES = {
    "nobody": set(), "lead-acceptor": {LED}, "market-certifier": {OTHER}, "town-screener": {LED}, "lead-head": {LED},
    "maker": {LED, OTHER}, "allocator": {LED, OTHER}, "auditor": {LED, OTHER}, "administrator": {LED, OTHER},
    "market-clerk": {LED, OTHER}, "applicant-0-0": {LED}, "applicant-1-0": {OTHER},
}  # fmt: skip


def test_each_sees_the_cases_that_concern_them(house: House) -> None:
    assert set(CASES) == set(EVERYBODY)
    for who, mine in CASES.items():
        code, found = house.asks(who, "cases")
        if not mine:
            assert (code, found["error"]["code"]) == (1, "not_yours"), who
            assert house.refused(who, "comparisons", "list") == "not_yours"
        else:
            assert {case["number"] for case in found["cases"]} == mine and found["total"] == len(mine), who
        for number in (LED, OTHER):
            expected = "" if number in mine else "not_yours"
            assert house.refused(who, "case", number) == expected, (who, number)
            assert house.refused(who, "comparisons", "list", "--case", number) == expected, (who, number)


def test_a_filter_opens_nothing(house: House) -> None:
    for more in (("--item", "M7"), ("--unit", MARKET), ("--applicant", "算例企业1"), ("--offset", "1")):
        assert house.asks("applicant-0-0", "cases", *more)[1]["cases"] == [], more
    assert house.asks("applicant-0-0", "programme", "list") == (
        0, {"demo": False, "count": 0, "total": 0, "offset": 0, "milestones": []},
    )  # fmt: skip


def test_funds_are_their_units_and_the_treasurys_to_see(house: House) -> None:
    for who in EVERYBODY:
        code, found = house.asks(who, "funds")
        if who == "nobody" or who in FIRMS:
            assert (code, found["error"]["code"]) == (1, "no_duty"), who
            continue
        units = {fund["unit"] for fund in found["funds"]}
        own = {STAFF[who][1]} & {LEAD, MARKET}
        all_ = who in ("maker", "allocator", "auditor", "administrator")
        assert units == ({LEAD, MARKET} if all_ else own), who


@pytest.mark.parametrize("command", PAYMENTS, ids=" ".join)
def test_payments_are_seen_by_who_pays_and_who_looks_on(house: House, command: tuple[str, ...]) -> None:
    may = {"maker", "allocator", "auditor", "administrator"}
    for who in EVERYBODY:
        assert (house.refused(who, *command) == "") is (who in may), who


READINGS = (
    ("cases",),
    ("case", LED),
    ("funds",),
    ("budgets", "list"),
    ("comparisons", "list"),
    ("programme", "list"),
    *PAYMENTS,
)


@pytest.mark.parametrize("command", READINGS, ids=" ".join)
def test_who_says_no_name_is_told_to(house: House, command: tuple[str, ...]) -> None:
    error = house.error(*command, code=1)
    assert error["code"] == "in_person" and "--as" in error["message"]
    assert house.error(*command, "--as", "auditor", code=1)["code"] == "not_bound", "a name alone proves nothing"
    assert house.error(*command, code=1, token="no-token")["code"] != "in_person"


REGISTERS = (
    ("people", "list"), ("roles", "list"), ("delegations", "list"), ("tokens", "list"), ("enterprise", "changes"),
    ("accounts", "list"), ("status",), ("programme", "indicator"), ("parameters", "list"), ("settings", "list"), ("jobs",),
    ("jobs", "history", "deadlines"),
)  # fmt: skip


@pytest.mark.parametrize("command", REGISTERS[:5] + REGISTERS[6:], ids=" ".join)
def test_registers_of_the_office_are_its_own_and_the_operators(house: House, command: tuple[str, ...]) -> None:
    for who in ("nobody", *FIRMS):
        assert house.refused(who, *command) == "no_duty", who
    for who in ("lead-acceptor", "maker", "auditor", "administrator"):
        assert house.refused(who, *command) == "", who
    if command != ("programme", "indicator"):
        house(*command)


def test_a_firms_people_see_its_own_entries_and_nobody_elses(house: House) -> None:
    for who, firm in (("applicant-0-0", "算例企业0"), ("applicant-1-0", "算例企业1")):
        assert [party["name"] for party in house.asks(who, "enterprise", "list")[1]["parties"]] == [firm]
        assert house.asks(who, "benefits", "list", "--party", "算例企业0")[0] == 0
    assert len(house.asks("lead-acceptor", "enterprise", "list")[1]["parties"]) == 2
    assert house.refused("nobody", "enterprise", "list") == "no_duty"
    assert house.refused("nobody", "benefits", "list") == "no_duty"
    assert house.refused("nobody", "contacts", "list") == "no_duty"


def test_how_somebody_wants_to_hear_is_their_own_and_the_offices(house: House) -> None:
    show, code = ("preferences", "show"), "no_duty"
    assert house.refused("applicant-0-0", *show, "person:applicant-0-0") == ""
    assert house.refused("applicant-0-0", *show, "party:算例企业0") == ""
    for holder in ("person:applicant-1-0", "party:算例企业1", "person:maker", f"unit:{LEAD}"):
        assert house.refused("applicant-0-0", *show, holder) == code, holder
    assert house.refused("nobody", *show, "person:nobody") == ""
    assert house.refused("nobody", *show, "person:maker") == code
    assert house.refused("lead-acceptor", *show, "party:算例企业1") == ""
    house(*show, "person:maker")


def test_the_whole_chain_is_written_for_those_who_look_on_and_the_operator(house: House, tmp_path: Path) -> None:
    for who in EVERYBODY:
        may = who in ("administrator", "auditor")
        assert (house.refused(who, "audit", "export", tmp_path / who) == "") is may, who
        assert (tmp_path / who).exists() is may
    house("audit", "export", tmp_path / "operator")


def test_retention_is_read_by_those_who_carry_it_out(house: House) -> None:
    for who in EVERYBODY:
        may = who in ("administrator", "auditor", "lead-head")
        assert (house.refused(who, "retention", "list") == "") is may, who
    assert house.error("retention", "list", code=1)["code"] == "in_person"


def test_messages_are_seen_with_their_case(house: House) -> None:
    with house.store.write() as work:
        for number in (1, 2):
            work.add(
                Message, id=named(f"message-{number}"), case_id=named(f"case-{number}"), kind="decided", recipient="算例收件人",
                content="{}", once=f"m{number}", due_at=work.now,
            )  # fmt: skip
    seen = {"nobody": set(), **CASES}
    for who in EVERYBODY:
        code, found = house.asks(who, "messages", "list")
        assert (code, {message["case"] for message in found["messages"]}) == (0, seen[who]), who
        assert sum(found["by_status"].values()) == len(seen[who]), "the counts are of what they may see"
        for number, case in ((1, LED), (2, OTHER)):
            expected = "" if case in seen[who] else "not_yours"
            assert house.refused(who, "messages", "show", named(f"message-{number}")) == expected
    assert house.json("messages", "list")["count"] == 2
    assert house.error("messages", "show", named("message-1"), code=1)["code"] == "in_person"


def test_the_systems_user_is_known_by_their_own_account(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "auditor")
    assert house.error("cases", code=1)["code"] == "in_person"
    login = pwd.getpwuid(os.getuid()).pw_name
    with house.store.write() as work:
        house.stage.person(work, login)
        house.stage.grant(work, login, Duty.ACCEPTOR, LEAD)
        touch(work)
    assert [case["number"] for case in house.json("cases")["cases"]] == [LED]


def test_a_duty_that_ended_shows_nothing_more(house: House) -> None:
    from casework.staff import duty_grants

    assert house.refused("lead-acceptor", "case", LED) == ""
    duty_grants.revoke(house.store, SYSTEM, person="lead-acceptor", duty="acceptor", unit=LEAD)
    assert house.refused("lead-acceptor", "case", LED) == "not_yours"
    assert house.refused("lead-acceptor", "cases") == "not_yours"


def test_a_rehearsal_is_open_and_shows_the_named_person_their_own(office: CommandOffice) -> None:
    for number, firm in ((1, 0), (2, 1)):
        office.case("M4a", number, firm=firm)
    assert office.json("cases")["total"] == 2 and office.json("payments", "list")["count"] == 0
    assert [case["number"] for case in office.json("cases", "--as", "applicant-1-0")["cases"]] == ["XZ2023-M04-000002"]
    assert office.error("case", LED, "--as", "applicant-1-0", code=1)["code"] == "not_yours"
    assert office.error("payments", "list", "--as", "applicant-1-0", code=1)["code"] == "no_duty"
