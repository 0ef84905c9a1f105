"""A furnished office for the proofs: staff for each duty, firms, funds and values in one transaction; ids follow from names.

Because every id follows from a name, a copied database (or another process) needs no reading to know who is who.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select, update
from sqlmodel import col

import policies
from casework.applications.case_opening import number_of
from casework.funds.ledger import appropriate
from casework.lifecycle.case_changes import CaseView, load
from casework.shared.reference import touch
from models import (
    Case,
    Counter,
    Duty,
    Evidence,
    Grant,
    ParameterValue,
    Party,
    PartyAccount,
    PartyKind,
    Person,
    UnitRecord,
)
from models.clock import end_of
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from policies.measures import Chain
from support.office import POLICY, code

NOON = datetime(2023, 9, 4, 4, tzinfo=UTC)  # a Monday inside the window
BEFORE = datetime(2023, 7, 1, tzinfo=UTC)
CLOSES = end_of(date(2024, 6, 30))
LEAD, MARKET, FINANCE, TREASURY, TOWN = "区经商局", "区市场监管局", "区金融办", "区财政局", "算例镇"
UNITS = (LEAD, MARKET, FINANCE, TREASURY, TOWN)
NOT_STAFF = (Duty.SYSTEM, Duty.APPLICANT)
STAFF = tuple(duty for duty in Duty if duty not in NOT_STAFF)
VALUES = {
    "P16-rate": "0.3",
    "P16-scope": "subject",
    "P5c-scope": "subject",
    "P5c-shape": "assessed",
    "P-payer": {"name": "算例财政", "bank": "算例银行", "account": "3300112233", "clearing_code": "102335000001"},
}
PROGRAMMES = tuple(item.id for item in POLICY if item.chain is Chain.PROGRAMME)
BUDGET = 10**11
OFFICES = 900  # units that report programmes are numbered from here on, firms below


@cache
def named(name: str) -> UUID:
    """The id of whatever bears this name on the stage."""
    return uuid5(NAMESPACE_OID, f"duixian-stage:{name}")


def officer(duty: Duty, which: int = 0) -> UUID:
    """The account of the first, second … person who holds this duty (and no other) in every unit."""
    return named(f"{duty}-{which}")


def applicant(firm: int, which: int = 0) -> UUID:
    """The account of somebody who applies for a firm."""
    return named(f"applicant-{firm}-{which}")


def filer(item: str, firm: int) -> int:
    """Who files the item's cases of a firm: the firm itself, or for a programme the unit of the same place."""
    return firm + OFFICES if item in PROGRAMMES and firm < OFFICES else firm


def hand_in(
    work: UnitOfWork, case: UUID, item: str, *, without: tuple[str, ...] = (), policy: str = POLICY.code
) -> None:
    """Every required paper of the item in its slot, but for those that are to be missing."""
    for slot in policies.get(policy).item(item).evidence:
        if slot.required and slot.upload and slot.id not in without:
            work.add(
                Evidence, case_id=case, slot=slot.id, name=f"{slot.id}.pdf", sha256=content_hash(f"{case}:{slot.id}"),
                size=1, media_type="application/pdf", added_at=work.now,
            )  # fmt: skip


def case_number(item: str, number: int, policy: str = POLICY.code) -> str:
    """The number that the program gives to such a case."""
    return number_of(policy, policies.get(policy).measure_of(item).code, number)


def add_draft(
    work: UnitOfWork,
    case: UUID,
    item: str,
    number: int,
    *,
    party: UUID,
    policy: str = POLICY.code,
    closes: datetime = CLOSES,
) -> None:
    """The row of a draft, under an id that the test knows beforehand; its papers are `hand_in`'s.

    The program counts on behind its number.
    """
    measure = policies.get(policy).measure_of(item).code
    work.add(
        Case, id=case, number=case_number(item, number, policy), policy=policy, item=item, party_id=party,
        measure=measure, state="draft", next_duty=Duty.APPLICANT, next_due=closes, opened_at=work.now,
        changed_at=work.now,
    )  # fmt: skip
    series = f"{policy}-{measure}"
    last = work.execute(select(col(Counter.last)).where(col(Counter.series) == series)).scalar() or 0
    if number > last:
        work.number(series, number - last)


def claim(item: str, number: int, *, document: str = "", fen: int = 100_000_00) -> dict[str, Any]:
    """A lawful claim of an item; `number` makes its subject a thing of its own, `document` and `fen` its cost line."""
    line = {"document": document or f"发票 {number:08d}", "claimed": f"{fen // 100}.{fen % 100:02d}"}
    made: dict[str, dict[str, Any]] = {
        "M4a": {
            "level": "municipal", "product": f"算例织机{number}", "model": "A", "certificate_no": f"算例 {number}",
            "certified_on": "2023-09-01",
        },
        "M16": {
            "brand": f"算例品牌{number}", "venue": "airport", "venue_name": "算例机场", "opened_on": "2023-08-01",
            "cost_lines": [line],
        },
        "M5c": {
            "event": "paris", "season": "2024 春夏", "brand": f"算例品牌{number}", "held_on": "2023-08-28",
            "cost_lines": [line],
        },
        "M7": {
            "level": "local", "number": f"算例 {number:04d}-2023", "name": f"算例产品{number}通用要求", "rank": 1,
            "completed_on": "2023-08-15", "cost_lines": [],
        },
        "M9": {"project": f"算例定制线{number}", "mode": "customised", "description": "算例改造"},
        "M14a": {"fair_name": f"算例面料展{number}", "city": "算例市", "opened_on": "2023-08-01"},
        "M10": {
            "name": f"算例计划{number}", "starts": "2023-07-01", "ends": "2024-06-30", "summary": "算例",
            "trade": "算例毛衫", "candidates": ["算例一厂"],
        },
    }  # fmt: skip
    return made[item]


def facts(item: str, number: int, *, document: str = "", fen: int = 100_000_00) -> dict[str, Any]:
    """What the unit certifies of the same claim: all of it."""
    stated = claim(item, number, document=document, fen=fen)
    lines = [{**line, "recognised": line["claimed"]} for line in stated.get("cost_lines", ())]
    kept = {name: stated[name] for name in stated if name not in ("description", "starts", "ends", "summary")}
    more: dict[str, dict[str, Any]] = {
        "M4a": {},
        "M16": {"first_store": True, "cost_lines": lines},
        "M5c": {"took_part": True, "in_schedule": True, "cost_lines": lines},
        "M9": {
            "traditional_industry": True, "meets_criteria": True, "entry_no": f"算例-{number}",
            "entered_on": "2023-09-01", "review_on": "2023-09-02",
        },
        "M14a": {"traditional_industry": True},
    }  # fmt: skip
    if item == "M10":
        return {
            "name": stated["name"], "on_task": True, "accountable": True, "traditional_trade": True,
            "pilots": ["算例一厂"], "small_firms": True, "copyable": True,
        }  # fmt: skip
    return {**kept, **more[item]}


def payable(item: str, fen: int = 100_000_00) -> int:
    """What a claim of `claim(item, …, fen=fen)` is worth by the text: said here once more, in plain numbers."""
    return {"M4a": 200_000_00, "M16": min(fen * 3 // 10, 500_000_00), "M5c": min(fen, 1_000_000_00)}.get(item, 0)


@dataclass(frozen=True)
class Stage:
    """A store with people, firms and money in it."""

    store: Store

    def furnish(self, *, firms: int = 4, budget: int = BUDGET, values: dict[str, Any] | None = None) -> "Stage":
        """Everything that a proof needs, once."""
        self.store.set_clock(NOON, frozen=True)
        with self.store.write() as work:
            for unit in UNITS:
                work.add(UnitRecord, name=unit, kind="town" if unit == TOWN else "bureau")
            for duty in STAFF:
                for which in range(3):
                    self.person(work, f"{duty}-{which}", duty)
            for firm in range(firms):
                self.firm(work, firm)
                self.firm(work, OFFICES + firm, PartyKind.UNIT)
            for name, value in (VALUES if values is None else values).items():
                self.value(work, name, value)
            for unit in (LEAD, MARKET):
                for year in (2023, 2024):
                    appropriate(work, unit=unit, year=year, fen=budget, once=f"budget:{unit}:{year}")
            touch(work)
        return self

    def person(self, work: UnitOfWork, login: str, *duties: Duty, key: str = "", firm: int | None = None) -> UUID:
        """An account with duties in every unit; `key` is the natural person behind it."""
        made = named(login)
        party = None if firm is None else named(f"firm-{firm}")
        work.add(Person, id=made, login=login, name=f"算例{login}", natural_key=key or login, party_id=party)
        for duty in duties:
            for unit in UNITS:
                self.grant(work, login, duty, unit)
        return made

    def grant(self, work: UnitOfWork, login: str, duty: Duty, unit: str) -> None:
        """A duty in one unit."""
        work.add(Grant, person_id=named(login), duty=duty, unit=unit, valid_from=BEFORE)

    def firm(self, work: UnitOfWork, firm: int, kind: PartyKind = PartyKind.ENTERPRISE) -> None:
        """A firm (or a unit) with two people who apply for it and a verified account."""
        party = named(f"firm-{firm}")
        work.add(
            Party, id=party, kind=kind, name=LEAD if kind is PartyKind.UNIT else f"算例企业{firm}", code=code(firm), town=TOWN,
            created_at=BEFORE, demo=True,
        )  # fmt: skip
        work.add(
            PartyAccount, id=named(f"account-{firm}"), party_id=party, version=1, holder=f"算例企业{firm}",
            bank="算例银行", number=f"62220000{firm:04d}", clearing_code="102335000001", status="verified",
            entered_by=str(officer(Duty.CLERK)), verified_by=str(officer(Duty.ACCEPTOR, 1)), entered_at=BEFORE, usable_from=BEFORE,
        )  # fmt: skip
        for which in range(2):
            self.person(work, f"applicant-{firm}-{which}", firm=firm)

    def value(
        self, work: UnitOfWork, name: str, value: Any, valid_from: str = "2023-07-01", policy: str = POLICY.code
    ) -> None:
        """A parameter or setting in force, set and confirmed by two people."""
        work.add(
            ParameterValue, policy=policy, parameter=name, value=canonical_json(value), citation="算例文号",
            origin="demo", status="confirmed", valid_from=valid_from, set_by=officer(Duty.PARAMETER_AUTHOR),
            set_at=BEFORE, confirmed_by=officer(Duty.PARAMETER_CONFIRMER), confirmed_at=BEFORE,
        )  # fmt: skip

    def end(self, work: UnitOfWork, name: str) -> None:
        """A parameter is out of force from now on."""
        work.execute(update(ParameterValue).where(col(ParameterValue.parameter) == name).values(status="ended"))

    def draft(self, work: UnitOfWork, item: str, number: int, firm: int = 0, *, without: tuple[str, ...] = ()) -> UUID:
        """A draft of the firm (of its unit, for a programme) with its papers, but for those that are to be missing."""
        made = named(f"case-{number}")
        add_draft(work, made, item, number, party=named(f"firm-{filer(item, firm)}"))
        hand_in(work, made, item, without=without)
        return made

    def case(self, identity: UUID) -> CaseView:
        """The case as stored."""
        with self.store.read() as work:
            return load(work, [identity])[identity]
