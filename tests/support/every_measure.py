"""Cases of every item of the plan on one stage: who applies, what they state, what is certified, who acts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.command_handler import act
from casework.funds.ledger import appropriate
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.fund_key import FundKey
from casework.shared.reference import touch
from demo import law
from demo.facts import Seed, certified, claimed
from demo.staff import POLICY, TREASURY, lead_of
from models import (
    Duty,
    Entitlement,
    Fund,
    Grant,
    MilestoneRecord,
    Party,
    PartyAccount,
    PartyKind,
    State,
    UnitRecord,
)
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Item
from policies.programme import Planner
from policies.programme import Work as Programme
from support.office import code
from support.payment_acts import allocate, prepare
from support.stage import BEFORE, NOON, STAFF, TOWN, Stage, add_draft, hand_in, named, officer
from support.walk import _NEXT, Walk

ITEMS = [item.id for item in POLICY]
KINDS = (PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.UNIT)
DAY = date(2023, 8, 15)
BUDGET = 10**13
S, D = State, Duty


def item_of(number: int) -> str:
    """The item of a case by its number: all in turn."""
    return ITEMS[number % len(ITEMS)]


def number_of(case: CaseView) -> int:
    """The number by which this stage knows a case."""
    return int(case.number.rsplit("-", 1)[1])


@dataclass(frozen=True)
class District(Stage):
    """A district in which every item can be applied for and carried to its end."""

    def furnish_all(self, cases: int) -> "District":
        """Units, one officer a duty, an applicant a case, money, values and drafts: in one transaction."""
        self.store.set_clock(NOON, frozen=True)
        units = [*(unit.zh for unit in POLICY.units), TOWN]
        with self.store.write() as work:
            for unit in units:
                work.add(UnitRecord, name=unit, kind="town" if unit == TOWN else "bureau")
            for duty in STAFF:
                self.person(work, f"{duty}-0")
                for unit in units:
                    work.add(Grant, person_id=named(f"{duty}-0"), duty=duty, unit=unit, valid_from=BEFORE)
            for name, value in {name: value for day in law.days() for name, value in _named(day)}.items():
                self.value(work, name, value)
            for unit in dict.fromkeys([*units, TREASURY]):
                for year in (2023, 2024):
                    appropriate(work, unit=unit, year=year, fen=BUDGET, once=f"budget:{unit}:{year}")
            for number in range(cases):
                self._apply(work, number)
            touch(work)
        return self

    def _apply(self, work: UnitOfWork, number: int) -> None:
        """A firm of its own with a draft: no case stands in another's way."""
        item = POLICY.item(item_of(number))
        kind = item.applicants[0] if item.applicants[0] is not PartyKind.PERSON else PartyKind.ENTERPRISE
        party = named(f"firm-{number}")
        work.add(
            Party, id=party, kind=PartyKind(kind), name=planner(item) or f"算例企业{number}", code=code(number), town=TOWN,
            created_at=BEFORE, demo=True,
        )  # fmt: skip
        work.add(
            PartyAccount, id=named(f"account-{number}"), party_id=party, version=1, holder=f"算例企业{number}",
            bank="算例银行", number=f"6222{number:08d}", clearing_code="102335000001", status="verified",
            entered_at=BEFORE, usable_from=BEFORE, verified_by=str(officer(Duty.ACCEPTOR, 1)),
        )  # fmt: skip
        self.person(work, f"applicant-{number}-0", firm=number)
        add_draft(work, named(f"case-{number}"), item.id, number, party=party)
        hand_in(work, named(f"case-{number}"), item.id)


def planner(item: Item) -> str:
    """Who files the item's plan; "" where it is no programme."""
    if not isinstance(item, Programme):
        return ""
    return TOWN if item.planned_by is Planner.TOWN else lead_of(item)


def changes(item: str) -> dict[str, str]:
    """What a plan says otherwise here: a town's is its own."""
    return {"town": TOWN} if item == "S2" else {}


def _named(day: date) -> list[tuple[str, Any]]:
    return [(value.name, value.value) for value in law.values(day)]


def seed(number: int) -> Seed:
    """What case `number` is made from; the same each time."""
    return Seed(number=number, firm=f"算例{number}", day=DAY, rng=Random(number))


@dataclass
class EveryWalk(Walk):
    """Acts on cases of any item, each by whoever's turn it is; `turn` names an attempt, so that a repeat has the same ids."""

    turn: str = ""
    spoiled: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)  # by a case's number
    _given: int = 0

    def act_id(self) -> UUID:
        """The next id of this turn."""
        self._given += 1
        return named(f"{self.seed}:{self.turn}:{self._given}")

    def stated(self, number: int, form: dict[str, Any]) -> dict[str, Any]:
        """What is claimed or certified of a case, spoiled where a test wants it so."""
        return self.spoiled[number](form) if number in self.spoiled else form

    def move(self, case: CaseView) -> None:
        """The act that is due on the case as it was read; the same again when its answer was lost."""
        self.turn, self._given = f"{case.id}:{case.version}:{case.state}:{case.next_duty}", 0
        key = (State(case.state), Duty(str(case.next_duty)))
        _OWN.get(key, _NEXT[key])(self, case)


def _file(walk: EveryWalk, case: CaseView) -> None:
    number = number_of(case)
    made = seed(number)
    claim = walk.stated(number, claimed(case.item, certified(case.item, made, changes(case.item)), made))
    by = named(f"applicant-{number}-0")
    act(walk.stage.store, r.File(case=case.id, by=by, act_id=walk.act_id(), seen=case.version, claim=claim))


def _certify(walk: EveryWalk, case: CaseView) -> None:
    known = certified(case.item, seed(number_of(case)), changes(case.item))
    walk.do(r.Certify, case, facts=walk.stated(number_of(case), known))


def _report(walk: EveryWalk, case: CaseView) -> None:
    query = select(col(MilestoneRecord.position)).where(
        col(MilestoneRecord.case_id) == case.id, col(MilestoneRecord.state) != "reported"
    )
    with walk.stage.store.read() as work:
        position = work.execute(query.order_by(col(MilestoneRecord.position)).limit(1)).scalar_one()
    by = named(f"applicant-{number_of(case)}-0")
    walk.do(r.ReportMilestone, case, by=by, milestone=position, text="算例进展")


def fund_of(store: Store, case: UUID) -> FundKey:
    """The fund that pays a case."""
    query = select(col(Fund.unit), col(Fund.year), col(Fund.policy)).join(
        Entitlement, col(Entitlement.fund_id) == col(Fund.id)
    )
    with store.read() as work:
        row = work.execute(query.where(col(Entitlement.case_id) == case, col(Entitlement.ended).is_(False))).first()
    assert row is not None
    return FundKey(*row)


def _allocate(walk: EveryWalk, case: CaseView) -> None:
    store = walk.stage.store
    number, by = f"算例文号 {case.number}", officer(D.ALLOCATOR)
    allocate(store, fund=fund_of(store, case.id), number=number, cases=[case.id], by=by, act_id=walk.act_id())


def _prepare(walk: EveryWalk, case: CaseView) -> None:
    store = walk.stage.store
    prepare(store, fund=fund_of(store, case.id), cases=[case.id], by=officer(D.MAKER), act_id=walk.act_id())


def _deliver(walk: EveryWalk, case: CaseView) -> None:
    known = POLICY.item(case.item).results
    result = next(iter(known)).value if known else ""
    walk.do(r.Deliver, case, document="算例凭据", result=result)


_OWN: dict[tuple[State, Duty], Any] = {
    (S.DRAFT, D.APPLICANT): _file,
    (S.IN_CORRECTION, D.APPLICANT): _file,
    (S.ACCEPTED, D.CERTIFIER): _certify,
    (S.SCREENED, D.CERTIFIER): _certify,
    (S.PLANNED, D.CERTIFIER): _certify,
    (S.DECIDED, D.DELIVERER): _deliver,
    (S.ON_NOTICE, D.DELIVERER): _deliver,
    (S.IN_PROGRESS, D.APPLICANT): _report,
    (S.PAYABLE, D.ALLOCATOR): _allocate,
    (S.PAYABLE, D.MAKER): _prepare,
}
