"""An act looked at before it is done: it is carried out for real in a transaction that is rolled back, and what it did is shown.

Confirming binds to what was shown: where that would be another thing by now, nothing is written and it is shown anew. What is
compared leaves out ids, instants (their dates count) and whatever is numbered at the moment of writing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.mail_attachments import papers_in
from casework.command_handler import act
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.commands import Act
from casework.lifecycle.receipts import Receipt
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.reference import is_installed, policy_of, reference
from models import Case, Decision, Duty, Fund, LedgerEntry, Message, Party, Person
from models.clock import business_date
from models.columns import canonical_json
from models.duty_names import DUTIES
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from notifications.wording import Audience, Deadline, Reading, compose
from policies.workdays import Calendar

_MOMENT = timedelta(microseconds=1)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """Where the act leaves its case: state, whose turn and until which day (None at the system's turn), sum in whole fen;
    `pays`: its item is one of money, so that the sum is to be shown."""

    number: str
    from_state: str
    to_state: str
    outcome: str
    next_duty: str | None
    next_unit: str | None
    last_day: date | None
    provisional: bool
    amount_fen: int | None
    pays: bool
    held: bool
    contested: bool


@dataclass(frozen=True, kw_only=True)
class FundMovement:
    """Money that the act moves from one account of a fund to another, in whole fen."""

    fund: str
    case: str
    source: str
    target: str
    fen: int


@dataclass(frozen=True, kw_only=True)
class OutgoingPaper:
    """A document that goes along by e-mail: its file name and its page (HTML of our own making)."""

    name: str
    page: bytes


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """A message that the act sends: to whom, and what it says, in Chinese and English; `content` as it is compared."""

    kind: str
    recipient: str
    to: tuple[str, str]
    heading: tuple[str, str]
    text: tuple[str, str]
    content: Mapping[str, Any]
    papers: tuple[OutgoingPaper, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActPreview:
    """What an act does, before it is done; `digest` is what confirming binds to."""

    case: CaseOutcome
    money: tuple[FundMovement, ...]
    messages: tuple[OutgoingMessage, ...]
    digest: str


class OutcomeChanged(Refused):
    """What was confirmed is not what the act would do now; nothing was written, `preview` is what it would do."""

    def __init__(self, found: ActPreview) -> None:
        zh = "情况已变化：以下是现在办理的结果，与您刚才看到的不同，尚未办理，请核对后再确认"
        super().__init__("changed", zh, "things changed: this is what the act would do now; look again and confirm")
        self.preview = found


class _Seen(Exception):
    """Ends the transaction that was looked at."""

    def __init__(self, found: ActPreview) -> None:
        super().__init__()
        self.found = found


def preview(store: Store, command: Act) -> ActPreview | Receipt:
    """What the act would do; nothing is written. Its receipt where it was done before. Raises what the act itself would."""

    def look(work: UnitOfWork) -> None:
        if (found := _outcome(store, work, command)) is not None:
            raise _Seen(found)

    try:
        return act(store.watched(look), command)
    except _Seen as seen:
        return seen.found


def confirm(store: Store, command: Act, digest: str) -> Receipt:
    """Does the act if it does what was previewed under this digest; else OutcomeChanged. Raises what the act itself would."""

    def look(work: UnitOfWork) -> None:
        found = _outcome(store, work, command)
        if found is not None and found.digest != digest:
            raise OutcomeChanged(found)

    return act(store.watched(look), command)


def _outcome(store: Store, work: UnitOfWork, command: Act) -> ActPreview | None:
    """What this transaction did, read from the rows that it wrote; None where the act was refused or done before."""
    written = work.written or []
    decided = [row for record, row in written if record is Decision and row["act_id"] == command.act_id]
    if not decided:
        return None
    case = CaseView._make(work.execute(view().where(col(Case.id) == command.case)).one())
    told = [row for record, row in written if record is Message]
    calendar = reference(store, work).calendar
    outcome = _case(case, decided[-1])
    money = _money(work, [row for record, row in written if record is LedgerEntry])
    messages = tuple(_message(work, case, row, calendar) for row in told)
    return ActPreview(case=outcome, money=money, messages=messages, digest=_digest(outcome, money, messages))


def _case(case: CaseView, decided: Mapping[str, Any]) -> CaseOutcome:
    waits = case.next_duty not in (None, Duty.SYSTEM) and case.next_due is not None
    return CaseOutcome(
        number=case.number,
        from_state=str(decided["from_state"]),
        to_state=case.state,
        outcome=str(decided["outcome"]),
        next_duty=case.next_duty,
        next_unit=case.next_unit,
        last_day=business_date(case.next_due - _MOMENT) if waits and case.next_due else None,
        provisional=case.due_provisional,
        amount_fen=case.amount_fen,
        pays=_pays(case),
        held=case.held,
        contested=case.contested,
    )


def _pays(case: CaseView) -> bool:
    return not is_installed(case.policy) or policy_of(case.policy).item(case.item).pays


def _money(work: UnitOfWork, rows: list[Mapping[str, Any]]) -> tuple[FundMovement, ...]:
    funds = select(col(Fund.id), col(Fund.unit), col(Fund.year), col(Fund.policy))
    named = {
        fund_row.id: FundKey(fund_row.unit, fund_row.year, fund_row.policy).text
        for fund_row in work.execute(funds.where(col(Fund.id).in_([row["fund_id"] for row in rows])))
    }
    cases = select(col(Case.id), col(Case.number)).where(col(Case.id).in_([row["case_id"] for row in rows]))
    numbers = {case_row.id: case_row.number for case_row in work.execute(cases)}
    moved = (
        FundMovement(
            fund=named[row["fund_id"]],
            case=numbers.get(row["case_id"], ""),
            source=str(row["source"]),
            target=str(row["target"]),
            fen=row["amount_fen"],
        )
        for row in rows
    )
    return tuple(sorted(moved, key=repr))


def _message(work: UnitOfWork, case: CaseView, row: Mapping[str, Any], calendar: Calendar) -> OutgoingMessage:
    content = loads(row["content"])
    whose, _, name = str(row["recipient"]).partition(":")
    unit, _, duty = name.rpartition(":") if whose == "unit" else ("", "", "")
    turn = duty == case.next_duty or (whose == "party" and case.next_duty == Duty.APPLICANT)
    deadline = Deadline.at(case.next_due, provisional=case.due_provisional) if turn and case.next_due else None
    letters = [
        compose(
            row["kind"],
            content,
            Reading(
                audience=Audience.APPLICANT if whose == "party" else Audience.OFFICER,
                today=work.today,
                language=language,
                demo=work.demo,
                calendar=calendar,
                unit=unit,
                duty=duty,
                deadline=deadline,
            ),
        )
        for language in ("zh", "en")
    ]
    papers = papers_in(work, row["id"], kept=False) if whose == "party" else ()
    return OutgoingMessage(
        kind=row["kind"],
        recipient=row["recipient"],
        to=_reader(work, whose, name, unit, duty),
        heading=(letters[0].heading, letters[1].heading),
        text=(letters[0].text, letters[1].text),
        content=_compared(content),
        papers=tuple(OutgoingPaper(name=paper.name, page=paper.content) for paper in papers),
    )


def _reader(work: UnitOfWork, whose: str, name: str, unit: str, duty: str) -> tuple[str, str]:
    """To whom a message goes, in words."""
    if whose == "unit":
        zh, en = DUTIES[Duty(duty)] if duty in set(Duty) else (duty, duty)
        return f"{unit}{zh}", f"{en}{f' of {unit}' if unit else ''}"
    if whose == "party":
        party = work.execute(select(col(Party.kind), col(Party.name)).where(col(Party.id) == UUID(name))).one()
        shown = party_name(party.kind, party.name)
        return f"申报人 {shown}", f"the applicant {shown}"
    found = work.execute(select(col(Person.name)).where(col(Person.id) == UUID(name))).scalar_one_or_none()
    return str(found or ""), str(found or "")


def _digest(case: CaseOutcome, money: tuple[FundMovement, ...], messages: tuple[OutgoingMessage, ...]) -> str:
    told = sorted(
        canonical_json({"kind": message.kind, "to": message.recipient, "content": message.content})
        for message in messages
    )
    stands = {**vars(case), "last_day": str(case.last_day or "")}
    return content_hash(canonical_json({"case": stands, "money": [vars(entry) for entry in money], "told": told}))


def _compared(value: Any) -> Any:
    """Content without ids and with dates for instants: 24:00 is of the day that it ends."""
    if isinstance(value, str):
        return _ID.sub("…", _INSTANT.sub(_day, value))
    if isinstance(value, Mapping):
        return {str(name): _compared(inner) for name, inner in value.items()}
    return [_compared(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _day(found: re.Match[str]) -> str:
    moment = datetime.fromisoformat(found[0])
    return business_date(moment - _MOMENT).isoformat() if moment.tzinfo else found[0]
