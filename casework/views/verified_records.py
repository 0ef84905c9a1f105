"""Checking a receipt or a letter by its code: what the record behind it is, as anybody may read it.

Whoever tries codes in vain waits, and what is no code, or nobody's, always meets the same answer. `now` is real time.
"""

from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.letter_page import StatedLetter
from casework.awards.mail_attachments import TITLES, stated
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.commands import Action
from casework.lifecycle.wordings import shown_state
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of
from casework.shared.tries_in_vain import NAME_TRIES, TriesInVain, TriesOfVisitor
from casework.shared.verification_codes import code_of, record_of
from models import AuditEntry, Case, Decision, Message, NoticeLine, PartyKind
from models.sealing import Anonymised
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.forms import Text

CODE, VISITOR = "verification-code", "verification-visitor"  # what is counted in vain
RECEIPT = Text("提交回执", "receipt of filing")
_PAPERS = {
    "审定决定书": "letter of decision",
    "不予支持告知书": "letter of refusal",
    "一次性补正告知书": "letter asking for corrections",
    "终止办理告知书": "letter that the case has lapsed",
    "资金拨付通知单": "sheet of a payment",
    "出让起始价备忘录": "memo of a starting price",
}


@dataclass(frozen=True, kw_only=True)
class VerifiedRecord:
    """What a receipt (`receipt`) or letter is. Of natural persons no more than the public lists say: a first character, no reason,
    an amount only where the case stood on a notice.

    `digest`: of all that a letter states, "" of a receipt and of one whose personal data are destroyed; `entry`: the row of
    the audit chain that holds the act, with its hash.
    """

    code: str
    receipt: bool
    kind: Text
    number: str
    policy: Text
    item_id: str
    item: Text
    applicant: str
    at: datetime
    then: Text
    now: Text
    amount_fen: int | None
    digest: str
    entry: int
    entry_hash: str


def verify_record(store: Store, typed: str, *, visitor: str, now: datetime) -> VerifiedRecord:
    """The record that a code names; Refused alike for every other code, and after too many of them.

    `visitor`: the address that the request came from, "" where it is not known.
    """
    record = record_of(typed)
    tries = TriesInVain(kind=CODE, name=record.hex if record else "", source=visitor, unknown=NAME_TRIES)
    of_visitor = TriesOfVisitor(kind=VISITOR, source=visitor)
    with store.read() as work:
        of_visitor.refuse(work, now, field="code")
        if record is not None:
            tries.refuse(work, now, field="code")
        found = _found(work, record) if record is not None else None
    if found is None:
        if record is not None:  # what cannot be a code guesses at nothing
            tries.failed(store, now)
            of_visitor.failed(store, now)
        raise _unknown()
    return found


def _unknown() -> Refused:
    zh = "没有查到这个核验码：请核对后重试。确认无误仍查不到的，纸面所载内容不能作为依据，请向责任单位核实"
    en = "no record has this code: check it and try again. If it is right, do not rely on the paper: ask the unit in charge"
    return Refused("verify", zh, en, field="code")


def _found(work: UnitOfWork, record: UUID) -> VerifiedRecord | None:
    filing = (col(Decision.id) == record, col(Decision.action) == Action.FILE.value)
    decided = work.execute(_DECISION.where(*filing)).first()
    if decided is not None:
        return _verified(work, record, decided, None)
    known = (col(Message.id) == record, col(Message.kind).in_(TITLES), col(Message.recipient).like("party:%"))
    told = work.execute(select(col(Message.case_id)).where(*known)).first()
    letter = stated(work, record) if told is not None and is_installed(_case(work, told.case_id).policy) else None
    if letter is None:
        return None
    reported = (col(Decision.case_id) == letter.told.case, col(Decision.version) == letter.told.version)
    decided = work.execute(_DECISION.where(*reported)).first()
    return _verified(work, record, decided, letter) if decided is not None else None


_DECISION = select(
    col(Decision.id),
    col(Decision.case_id),
    col(Decision.version),
    col(Decision.action),
    col(Decision.to_state),
    col(Decision.decided_at),
)


def _verified(work: UnitOfWork, record: UUID, decided: Any, letter: StatedLetter | None) -> VerifiedRecord:
    case = _case(work, decided.case_id)
    entry = _entry(work, case.number, decided)
    policy = policy_of(case.policy).title if is_installed(case.policy) else Text(case.policy, case.policy)
    item = policy_of(case.policy).item(case.item).title if is_installed(case.policy) else Text(case.item, case.item)
    gone = isinstance(case.party_name, Anonymised)
    shown = letter is not None and letter.amount is not None and _amount_is_public(work, case)
    return VerifiedRecord(
        code=code_of(record),
        receipt=letter is None,
        kind=Text(letter.title, _PAPERS[letter.title]) if letter else RECEIPT,
        number=case.number,
        policy=Text(policy.zh, policy.en),
        item_id=case.item,
        item=Text(item.zh, item.en),
        applicant=case.party_name if gone else party_name(case.party_kind, case.party_name),
        at=letter.at if letter else decided.decided_at,
        then=_state(decided.to_state),
        now=_state(case.state, case.next_duty),
        amount_fen=int(letter.amount) if shown and letter and letter.amount is not None else None,
        digest=letter.digest if letter and not gone else "",
        entry=entry.seq if entry else 0,
        entry_hash=entry.hash if entry else "",
    )


def _case(work: UnitOfWork, case: UUID) -> CaseView:
    return CaseView._make(work.execute(view().where(col(Case.id) == case)).one())


def _state(state: str, turn: str | None = None) -> Text:
    _, zh, en = shown_state(state, turn)
    return Text(zh, en)


def _entry(work: UnitOfWork, number: str, decided: Any) -> Any:
    """The row of the audit chain that holds an act on a case."""
    query = select(col(AuditEntry.seq), col(AuditEntry.hash), col(AuditEntry.content)).where(
        col(AuditEntry.subject) == number,
        col(AuditEntry.version) == decided.version,
        col(AuditEntry.action) == decided.action,
    )
    return next((row for row in work.execute(query) if loads(row.content).get("decision") == str(decided.id)), None)


def _amount_is_public(work: UnitOfWork, case: CaseView) -> bool:
    """Firms' amounts are published with the decision; a natural person's are not before the case stood on a notice."""
    if case.party_kind != PartyKind.PERSON:
        return True
    line = select(col(NoticeLine.id)).where(col(NoticeLine.case_id) == case.id).limit(1)
    return work.execute(line).first() is not None
