"""Which fund a claim draws on: the own one of its policy, else the one that the policies of a unit share.

Here alone it is settled (`fund_of`; `drawn` says the same to a query).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlmodel import col

from casework.shared.fund_key import FundKey
from models import Case, Fund
from models.statements import Prepared
from models.unit_of_work import UnitOfWork

_HERE = select(
    col(Fund.id),
    col(Fund.available_fen),
    col(Fund.reserved_fen),
    col(Fund.committed_fen),
    col(Fund.paid_fen),
    col(Fund.budget_fen),
    col(Fund.unit),
    col(Fund.year),
    col(Fund.policy),
    col(Fund.shareable_fen),
    col(Fund.shared_fen),
).where(col(Fund.unit) == bindparam("wanted_unit"), col(Fund.year) == bindparam("wanted_year"))


_OWN = col(Fund.policy) == bindparam("wanted_policy")


@dataclass(frozen=True)
class FundView:
    """A fund and its balances, in fen. `shareable`: what may be shared out in proportion, None for all that is available.
    `shared`: what was granted as a part of what was claimed."""

    id: UUID
    available: int
    reserved: int
    committed: int
    paid: int
    budget: int
    unit: str
    year: int
    policy: str
    shareable: int | None
    shared: int

    @property
    def key(self) -> FundKey:
        """What names it."""
        return FundKey(self.unit, self.year, self.policy)


_DRAWN = Prepared(_HERE.where(or_(_OWN, col(Fund.policy) == "")).order_by(col(Fund.policy).desc()).limit(1))


_NAMED = Prepared(_HERE.where(_OWN))


def fund_of(work: UnitOfWork, unit: str, year: int, policy: str) -> FundView | None:
    """The fund from which claims of a policy draw: the policy's own of that unit and budget year, else the shared one.

    What was reserved stays where it is when the policy's own fund is opened later; only new claims draw on that one.
    """
    return _view(work.rows(_DRAWN, wanted_unit=unit, wanted_year=year, wanted_policy=policy))


def fund_named(work: UnitOfWork, key: FundKey) -> FundView | None:
    """Exactly this fund, if there is one."""
    return _view(work.rows(_NAMED, wanted_unit=key.unit, wanted_year=key.year, wanted_policy=key.policy))


def drawn(unit: Any, year: Any) -> ColumnElement[str]:
    """What `fund_of` says, of each case of a query: the policy whose own fund it would draw on, empty for the shared one."""
    here = (col(Fund.unit) == unit, col(Fund.year) == year, col(Fund.policy) == col(Case.policy))
    return func.coalesce(select(col(Fund.policy)).where(*here).correlate(Case).scalar_subquery(), "")


def _view(rows: Sequence[Any]) -> FundView | None:
    return FundView(*rows[0]) if rows else None


def lock_funds(work: UnitOfWork, units: Collection[str], years: Collection[int]) -> None:
    """Takes the funds of units and years in the order of their ids: what they hold stays as it is read from now on."""
    if work.postgres:
        here = (col(Fund.unit).in_(units), col(Fund.year).in_(years))
        work.execute(select(col(Fund.id)).where(*here).order_by(col(Fund.id)).with_for_update())
