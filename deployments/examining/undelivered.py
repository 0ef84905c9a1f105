"""Messages that reached nobody: they are listed, and people must be told that there are any."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from casework.shared.home import Home
from deployments.finding import DoctorFinding
from models import Dispatch, DispatchState
from models.messages import LISTED
from models.unit_of_work import UnitOfWork

LOOKED_BACK = timedelta(days=30)
TOLERATED = 0.1  # of what ended: above it something is wrong with the addresses or a channel, not with a reader


def lost(work: UnitOfWork) -> tuple[int, int]:
    """Of the messages that ended in the last thirty days of the business clock: how many reached nobody, of how many."""
    query = select(col(Dispatch.status), func.count()).where(col(Dispatch.ended_at) > work.now - LOOKED_BACK)
    ended: dict[str, int] = dict(work.execute(query.group_by(col(Dispatch.status))).tuples().all())
    gone = sum(ended.get(state, 0) for state in LISTED)
    return gone, gone + ended.get(DispatchState.SENT, 0)


def too_many(gone: int, whole: int) -> bool:
    """Whether so many that it is no single reader's address."""
    return gone > TOLERATED * whole


def messages(home: Home) -> Iterator[DoctorFinding]:
    """What was given up or had no address lately."""
    with home.store().read() as work:
        gone, whole = lost(work)
    if not gone:
        yield DoctorFinding("messages", "ok", "近 30 天没有未送达的消息", "no message was lost in the last 30 days")
        return
    zh = f"近 30 天 {whole} 条消息中有 {gone} 条未送达：duixian messages dead 列出原因，补齐联系方式后可重发"
    en = f"{gone} of {whole} messages of the last 30 days reached nobody: duixian messages dead says why"
    yield DoctorFinding("messages", "fail" if too_many(gone, whole) else "warn", zh, en)
