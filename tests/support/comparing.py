"""Benefits from elsewhere and what a certifier says of them, for the tests of comparisons."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from models import Comparison, Duty
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.stage import named, officer
from support.walk import Walk

GROSS = 200_000_00  # an M4a of the stage, fen
CITY = 80_000_00
WORD = {True: "same", False: "different"}


def received(kind: KeyKind, basis: str, fen: int = CITY, firm: int = 0, **more: Any) -> NewBenefit:
    """A sum from the city."""
    return NewBenefit(
        party=named(f"firm-{firm}"), kind=kind, basis=basis, source="算例市级政策", level=Level.CITY,
        reference=f"算例市级文号 {basis}", amount=Money(fen), **more,
    )  # fmt: skip


def enter(walk: Walk, *new: NewBenefit) -> None:
    """A minute later, in the register."""
    with walk.stage.store.read() as work:
        now = work.now
    walk.stage.store.set_clock(now + timedelta(minutes=1), frozen=True)
    external_benefits.add(walk.stage.store, officer(Duty.FUND_OFFICER), list(new))


def listed(walk: Walk, case: CaseView) -> list[Any]:
    """The comparisons of a case, in their order."""
    query = select(Comparison.__table__).where(col(Comparison.case_id) == case.id)  # type: ignore[attr-defined]
    with walk.stage.store.read() as work:
        return list(work.execute(query.order_by(col(Comparison.sequence))).all())


def say(walk: Walk, case: CaseView, same: bool, number: int = 1, reason: str = "算例理由") -> CaseView:
    """The certifier's word; the case afterwards, as far as the system takes it."""
    walk.do(
        r.Compare, walk.stage.case(case.id), duty=Duty.CERTIFIER, comparison=number, verdict=WORD[same], reason=reason
    )
    computation.compute(walk.stage.store, cases=[case.id])
    return walk.stage.case(case.id)
