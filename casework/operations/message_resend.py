"""Messages that could not be delivered: sent again by a person, with a reason, in the audit."""

from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, filled, writer, writing
from models import Dispatch, DispatchState, Duty, Message, MessageStatus
from models.messages import LISTED
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.delivery import Pace

WRITERS = (Duty.ADMINISTRATOR, Duty.CLERK, Duty.ACCEPTOR)
MORE = Pace().attempts  # that a dispatch gets anew


def resend(store: Store, actor: Actor, *, message: UUID | None = None, reason: str) -> int:
    """Sends again what is listed of a message (of all messages): how many dispatches.

    What was given up tries again by the same channel; whoever could not be reached is looked up anew.
    """
    said = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        rows = _listed(work, message)
        if message is not None and not rows:
            _refuse(work, message)
        messages = sorted({row.message_id for row in rows})
        for row in rows:
            _open(work, row)
        for dead in messages:
            lost = any(row.message_id == dead and row.status == DispatchState.UNDELIVERABLE for row in rows)
            values = {"status": MessageStatus.WAITING if lost else MessageStatus.ROUTED, "due_at": work.now}
            work.execute(update(Message).where(col(Message.id) == dead).values(**values))
            again = [row.once for row in rows if row.message_id == dead]
            work.audit(
                actor=who.text,
                action="messages.resend",
                subject=str(dead),
                content={"dispatches": again, "reason": said},
            )
    return len(rows)


def _listed(work: UnitOfWork, message: UUID | None) -> list[Dispatch]:
    columns = (
        col(Dispatch.id), col(Dispatch.message_id), col(Dispatch.once), col(Dispatch.status), col(Dispatch.attempts),
    )  # fmt: skip
    query = select(*columns).where(col(Dispatch.status).in_(LISTED)).order_by(col(Dispatch.id)).with_for_update()
    if message is not None:
        query = query.where(col(Dispatch.message_id) == message)
    return list(work.execute(query))  # type: ignore[arg-type]


def _open(work: UnitOfWork, row: Dispatch) -> None:
    """Due at once; one that had no address makes room for whatever the registers say now."""
    dead = row.status == DispatchState.DEAD
    values = {"status": DispatchState.WAITING, "due_at": work.now, "ended_at": None, "gives_up_at": row.attempts + MORE}
    change = values if dead else {"status": DispatchState.REPLACED}
    work.execute(update(Dispatch).where(col(Dispatch.id) == row.id).values(**change))


def _refuse(work: UnitOfWork, message: UUID) -> None:
    known = work.execute(select(col(Message.status)).where(col(Message.id) == message)).first()
    if known is None:
        raise Refused("message", "没有这条消息", "there is no such message", field="message")
    raise Refused(
        "message",
        "这条消息没有未送达的收件人，无需重发",
        "nothing of this message is listed as undelivered",
        field="message",
    )
