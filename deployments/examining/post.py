"""Messages that reached nobody: they are listed, and people must be told that there are any."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import col

from casework.home import Home
from deployments.finding import Finding
from models import Dispatch, DispatchState
from models.messages import LISTED

LOOKED_BACK = timedelta(days=30)
TOLERATED = 0.1  # of what ended: above it something is wrong with the addresses or a channel, not with a reader


def messages(home: Home) -> Iterator[Finding]:
    """What was given up or had no address in the last thirty days of the business clock."""
    with home.store().read() as work:
        query = select(col(Dispatch.status), func.count()).where(col(Dispatch.ended_at) > work.now - LOOKED_BACK)
        ended: dict[str, int] = dict(work.execute(query.group_by(col(Dispatch.status))).tuples().all())
    lost = sum(ended.get(state, 0) for state in LISTED)
    whole = lost + ended.get(DispatchState.SENT, 0)
    if not lost:
        yield Finding("messages", "ok", "近 30 天没有未送达的消息", "no message was lost in the last 30 days")
        return
    zh = f"近 30 天 {whole} 条消息中有 {lost} 条未送达：duixian messages dead 列出原因，补齐联系方式后可重发"
    en = f"{lost} of {whole} messages of the last 30 days reached nobody: duixian messages dead says why"
    yield Finding("messages", "fail" if lost > TOLERATED * whole else "warn", zh, en)
