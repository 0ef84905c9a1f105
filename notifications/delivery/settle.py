"""Writes down what became of each sending: log, dispatch, message; an address that was refused is marked and told of."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from models import Dispatch, DispatchState, Message, MessageStatus, SendLog
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork
from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.parcel import Answer, SendingVerdict
from notifications.delivery.bounce import bounced
from notifications.delivery.claim import ClaimedPiece, SendingJob
from notifications.delivery.pace import Pace
from notifications.delivery.route import message_status
from notifications.delivery.set_aside import tell_operators

UNWORDED = "unworded"  # how the answer of what could not be worded begins
_DONE = Prepared(
    update(Dispatch)
    .where(col(Dispatch.id) == given("wanted", Dispatch.id), col(Dispatch.lease) == bindparam("held"))
    .values(
        status=bindparam("new_status"),
        due_at=given("new_due", Dispatch.due_at),
        ended_at=given("new_end", Dispatch.ended_at),
        reason=bindparam("new_reason"),
        lease="",
        leased_until=None,
    )
)
_SETTLED = Prepared(
    update(Message)
    .where(col(Message.id) == given("wanted", Message.id))
    .values(status=bindparam("new_status"), due_at=given("new_due", Message.due_at))
)


@dataclass(frozen=True)
class SendingResult:
    """A sending that came to an answer; `wording` is the version of what was said."""

    job: SendingJob
    answer: Answer
    wording: str = ""


def settle(work: UnitOfWork, results: Iterable[SendingResult], pace: Pace) -> Counter[str]:
    """Books the results; how many dispatches came to which state."""
    counted: Counter[str] = Counter()
    touched: set[UUID] = set()
    to_reroute: set[UUID] = set()
    for result in sorted(results, key=lambda result: result.job.key):
        refused = _refused_address(result) and bounced(work, result.job.pieces[0].contact, result.answer.detail)
        for piece in result.job.pieces:
            state = _state(result.answer, piece, refused)
            if not _book(work, result, piece, state, pace):
                continue  # the lease ran out and somebody else has it
            counted[state] += 1
            if unworded := _unworded(result.answer):
                tell_operators(work, piece.message, piece.kind, unworded)
            (to_reroute if state is DispatchState.REPLACED else touched).add(piece.message)
    work.flush()
    conclude(work, touched, to_reroute)
    return counted


def conclude(work: UnitOfWork, ended: Iterable[UUID], to_reroute: Iterable[UUID]) -> None:
    """Messages whose dispatches moved get the state that follows; those whose address was replaced are routed again at once.

    They are locked first, in order: of two who end its last two dispatches at once, the second sees the first.
    """
    rerouted = set(to_reroute)
    wanted = sorted({*ended, *rerouted})
    if not wanted:
        return
    columns = (col(Message.id), col(Message.status), col(Message.due_at))
    locked = select(*columns).where(col(Message.id).in_(wanted)).order_by(col(Message.id)).with_for_update()
    messages = work.execute(locked).all()
    states = _states(work, wanted)
    for row in messages:
        new = MessageStatus.WAITING if row.id in rerouted else message_status(states[row.id])
        if row.status != new and row.status != MessageStatus.WAITING:
            due: datetime = work.now if row.id in rerouted else row.due_at
            work.run(_SETTLED, wanted=row.id, new_status=new, new_due=due)


def _states(work: UnitOfWork, messages: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    query = select(col(Dispatch.message_id), col(Dispatch.status)).where(col(Dispatch.message_id).in_(messages))
    for row in work.execute(query.where(col(Dispatch.status) != DispatchState.REPLACED)):
        found[row.message_id].append(row.status)
    return found


def _unworded(answer: Answer) -> str:
    """The kind of fault of what could not be worded; "" for every other answer."""
    head, _, fault = answer.detail.partition(": ")
    return fault if head == UNWORDED else ""


def _refused_address(result: SendingResult) -> bool:
    """Whether it was the address that the other side will never take, and not our key or the message."""
    return result.answer.verdict is SendingVerdict.REFUSED and reason_of(result.answer) is AnswerReason.WRONG_ADDRESS


def _state(answer: Answer, piece: ClaimedPiece, refused: bool) -> DispatchState:
    if answer.verdict is SendingVerdict.SENT:
        return DispatchState.SENT
    if answer.verdict is SendingVerdict.REFUSED:
        return DispatchState.REPLACED if refused else DispatchState.DEAD
    return DispatchState.DEAD if piece.attempt >= piece.gives_up_at else DispatchState.RETRYING


def _book(work: UnitOfWork, result: SendingResult, piece: ClaimedPiece, state: DispatchState, pace: Pace) -> bool:
    """One dispatch and its line in the log; False where the lease is no longer ours, and nothing is written."""
    answer = result.answer
    pause = pace.pause(piece.once, piece.attempt, answer.retry_after)
    again = state is DispatchState.RETRYING
    values: dict[str, Any] = {
        "new_status": state,
        "new_due": work.now + pause if again else work.now,
        "new_end": None if again else work.now,
        "new_reason": "" if state is DispatchState.SENT else answer.detail,
    }
    if work.run(_DONE, wanted=piece.dispatch, held=result.job.lease, **values) != 1:
        return False
    work.add(
        SendLog, dispatch_id=piece.dispatch, attempt=piece.attempt, parcel=result.job.key, recipient=piece.reader,
        channel=result.job.channel, kind=piece.kind, wording=result.wording, outcome=answer.verdict,
        detail=answer.detail, repeats=piece.repeats, at=work.now,
    )  # fmt: skip
    return True
