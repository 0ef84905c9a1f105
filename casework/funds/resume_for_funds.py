"""Wakes cases that wait for money: a fund has more, or somebody before them has left its queue."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from casework.funds.fund_lookup import drawn, fund_of
from casework.lifecycle.resume import wake_where
from casework.shared.fund_key import FundKey
from models import Case, Duty, Fund, State
from models.unit_of_work import UnitOfWork


def wake_for_funds(work: UnitOfWork, fund: FundKey, *, skip_locked: bool = False) -> int:
    """The cases that wait for money and draw on this fund; how many. They keep the unit, and with it their place in its queue."""
    here = (col(Case.next_unit) == fund.unit) | col(Case.next_unit).is_(None)
    return wake_where(work, Duty.FUND_OFFICER, here, _draws_on(fund), keeps_unit=True, skip_locked=skip_locked)


def wake_rest_of_queue(work: UnitOfWork, fund: FundKey, besides: Collection[UUID]) -> int:
    """The same for those that somebody before them kept waiting, who has left the queue; without those just looked at."""
    others = (col(Case.next_unit) == fund.unit, col(Case.state) == State.CERTIFIED, col(Case.id).not_in(besides))
    return wake_where(work, Duty.FUND_OFFICER, *others, _draws_on(fund), keeps_unit=True, skip_locked=True)


def wake_before_commit(work: UnitOfWork, funds: Collection[UUID]) -> None:
    """Money came back to these funds, or somebody left the queue for theirs: when all else is done, whoever waits for it is
    woken, if any is left there."""
    for fund in funds:
        work.at_last(_wake_where_money_is_left, fund)


def wake_queue_before_commit(work: UnitOfWork, unit: str, policy: str) -> None:
    """A case of a policy leaves the queue for a unit's money: those behind it look again."""
    fund = fund_of(work, unit, work.today.year, policy)
    wake_before_commit(work, [fund.id] if fund else [])


def _wake_where_money_is_left(work: UnitOfWork, funds: Collection[UUID]) -> None:
    """A step that makes cases wait for a fund holds its row from before it looks until it commits: either it has seen what was
    done here, or whom it made wait is seen here."""
    rows = select(*(getattr(Fund, name) for name in ("id", *FundKey._fields, "available_fen"))).where(
        col(Fund.id).in_(funds)
    )
    for fund in work.execute(rows.order_by(col(Fund.id)).with_for_update()).all():
        left = fund.available_fen if fund.year >= work.today.year else 0  # nobody draws on a past year's budget
        if left > 0 and (woken := wake_for_funds(work, key := FundKey(*fund[1:4]), skip_locked=True)):
            content = {**key._asdict(), "left": left, "woken": woken}
            work.audit(actor=Duty.SYSTEM, action="funds.look_again", subject=str(fund.id), content=content)


def _draws_on(fund: FundKey) -> ColumnElement[bool]:
    """Of a policy's own fund also when it is only about to be opened."""
    return col(Case.policy) == fund.policy if fund.policy else drawn(fund.unit, fund.year) == ""
