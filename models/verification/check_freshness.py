"""Check lists are current: no open case was evaluated last before what its checks read changed.

Papers, corrections of the party and benefits on the case's subject are evaluated with their entry; parameters and payee accounts by
the end of the next daily run at the latest (`casework.conditions.condition_rechecks`), so that they count as soon as one is done.
What came first is told by the audit chain; by two instants only where the chain names one of them not.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, func, or_, select
from sqlmodel import col

from models.audit import AuditEntry
from models.awards import SubjectKey
from models.cases import Case, State
from models.check_records import GATES, CheckRecord, PaperCheck
from models.clock import business_date, start_of
from models.decisions import Decision
from models.evidence import Evidence
from models.external_benefits import BenefitRecord
from models.parameter_values import ParameterValue
from models.parties import PartyAccount
from models.people import Duty
from models.verification.chain_order import newest_places, rows_of, set_back
from models.verification.dual_control import CONFIRMED
from models.verification.invariant import Check, FoundAct, VerifiedScope

EVALUATED = "conditions.look"  # the row of the audit chain that names the cases of an evaluation without an act
RAN = "conditions.daily"  # the row of a daily run: its day, and how far it had read the chain
_OPEN = [
    state.value
    for state in (
        State.FILED, State.IN_CORRECTION, State.ACCEPTED, State.SCREENED, State.PLANNED, State.UNDER_JOINT_REVIEW,
        State.CERTIFIED, State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE,
    )
]  # fmt: skip
_COMPARES = [State.CERTIFIED.value, State.UNDER_JOINT_REVIEW.value]  # what is said of the subject is read there
_BEHIND = ("P-exclusions", "P-registration", "P-sectors", "P-papers", "P-event-basis")
_CASES = select(col(Case.id), col(Case.number), col(Case.policy), col(Case.party_id)).where(
    col(Case.state).in_(_OPEN),
    or_(col(Case.state) != State.FILED.value, col(Case.next_duty) != Duty.SYSTEM.value),
)
_RECORDED = select(col(CheckRecord.case_id), func.max(CheckRecord.looked_at)).group_by(col(CheckRecord.case_id))
_ACTED = (  # an act that evaluated names its check list, or is an override
    select(col(Decision.case_id), func.max(AuditEntry.seq).label("seq"), func.max(Decision.decided_at).label("at"))
    .join(Case, col(Case.id) == col(Decision.case_id))
    .join(
        AuditEntry,
        and_(
            col(AuditEntry.subject) == col(Case.number), col(AuditEntry.version) == col(Decision.version),
            col(AuditEntry.action) == col(Decision.action),
        ),
    )
    .where(
        col(Case.state).in_(_OPEN),
        or_(col(Decision.action).in_([*GATES, "waive"]), col(Decision.content).contains('"check_list":')),
    )
    .group_by(col(Decision.case_id))
)  # fmt: skip
_PAPERS = select(
    col(Evidence.case_id), col(Evidence.slot), col(Evidence.sha256), col(Evidence.added_at)
).join(Case, col(Case.id) == col(Evidence.case_id)).where(col(Case.state).in_(_OPEN))  # fmt: skip
_PAPER_CHECKS = (
    select(
        col(PaperCheck.case_id), col(Case.number), func.max(PaperCheck.sequence).label("last"),
        func.max(PaperCheck.checked_at).label("at"),
    )
    .join(Case, col(Case.id) == col(PaperCheck.case_id))
    .group_by(col(PaperCheck.case_id), col(Case.number))
)  # fmt: skip
_BENEFITS = (
    select(col(SubjectKey.case_id), col(BenefitRecord.id), col(BenefitRecord.entered_at))
    .join(BenefitRecord, col(BenefitRecord.subject) == col(SubjectKey.key))
    .join(Case, col(Case.id) == col(SubjectKey.case_id))
    .where(col(SubjectKey.certain), col(Case.state).in_(_COMPARES))
)
_VALUES = select(
    col(ParameterValue.id), col(ParameterValue.policy), col(ParameterValue.parameter), col(ParameterValue.valid_from),
    col(ParameterValue.confirmed_at),
).where(or_(col(ParameterValue.status) == "confirmed", col(ParameterValue.status) == "ended"))  # fmt: skip
_ACCOUNTS = select(
    col(PartyAccount.id), col(PartyAccount.party_id), col(PartyAccount.entered_at), col(PartyAccount.usable_from)
).where(col(PartyAccount.status) != "replaced")


class _Event(NamedTuple):
    """Something that was done: what it is called, its row in the audit chain where it has one, and when it was."""

    what: str
    seq: int | None
    at: datetime


class _Run(NamedTuple):
    """A daily run: its business date, the row up to which it had read the chain, and when it ended."""

    day: str
    seq: int
    at: datetime


def _stale(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Open cases whose last evaluation is older than what it would read now."""
    cases = {row.id: row for row in connection.execute(_CASES)}
    if not cases:
        return
    evaluations = _evaluations(connection, {row.number: row.id for row in cases.values()})
    back, runs = set_back(connection), _runs(connection)
    by_case, by_party, by_policy = _of_cases(connection), _of_parties(connection, runs), _of_policies(connection, runs)
    for identity, case in sorted(cases.items(), key=lambda pair: pair[1].number):
        if (evaluation := evaluations.get(identity)) is None:  # a plan before its certifier's first act
            continue
        for change in (
            *by_case.get(identity, ()), *by_party.get(case.party_id, ()), *by_policy.get(case.policy, ()),
        ):  # fmt: skip
            if _unseen(change, evaluation, back):
                words = f"looked_at={evaluation.at.isoformat()}, {change.what}={change.at.isoformat()}"
                yield FoundAct(f"{case.number}: {words}", change.seq)
                break


def _unseen(change: _Event, evaluation: _Event, back: list[tuple[datetime, datetime]]) -> bool:
    """Whether a change came after an evaluation; where the clock was set back in between, instants do not say."""
    if change.seq is not None and evaluation.seq is not None:
        return change.seq > evaluation.seq
    return change.at > evaluation.at and not any(low <= evaluation.at and change.at <= high for low, high in back)


def _evaluations(connection: Connection, numbers: Mapping[str, UUID]) -> dict[UUID, _Event]:
    """When each case was evaluated last: with an act, by the system, or again because a register changed."""
    found: dict[UUID, _Event] = {}

    def add(identity: UUID, seq: int | None, at: datetime) -> None:
        known = found.get(identity, _Event("evaluation", seq, at))
        places = [place for place in (seq, known.seq) if place is not None]
        found[identity] = _Event("evaluation", max(places, default=None), max(at, known.at))

    for identity, at in connection.execute(_RECORDED):
        add(identity, None, at)
    for row in connection.execute(_ACTED):
        add(row.case_id, row.seq, row.at)
    for entry in rows_of(connection, EVALUATED):
        for number in loads(entry.content)["cases"]:
            if (case := numbers.get(number)) is not None:
                add(case, entry.seq, entry.at)
    return found


def _runs(connection: Connection) -> list[_Run]:
    """The daily runs, the first one first."""
    return [_Run(row.subject, loads(row.content)["place"], row.at) for row in rows_of(connection, RAN)]


def _of_cases(connection: Connection) -> dict[UUID, list[_Event]]:
    """By case: papers that were added or seen off line, and what was entered or given back of benefits on its subject."""
    found: dict[UUID, list[_Event]] = {}
    for case, event in (*_papers(connection), *_papers_seen(connection), *_benefits(connection)):
        found.setdefault(case, []).append(event)
    return found


def _papers(connection: Connection) -> Iterator[tuple[UUID, _Event]]:
    rows = connection.execute(_PAPERS).all()
    added = {_paper(entry): entry.seq for entry in rows_of(connection, "evidence.add")} if rows else {}
    for row in rows:
        yield row.case_id, _Event("paper", added.get((str(row.case_id), row.slot, row.sha256)), row.added_at)


def _papers_seen(connection: Connection) -> Iterator[tuple[UUID, _Event]]:
    seen: dict[str, list[int]] = {}
    for entry in rows_of(connection, "evidence.seen"):
        seen.setdefault(entry.subject, []).append(entry.seq)
    for row in connection.execute(_PAPER_CHECKS):
        known = seen.get(row.number, ())
        yield row.case_id, _Event("paper_check", known[row.last - 1] if len(known) >= row.last else None, row.at)


def _benefits(connection: Connection) -> Iterator[tuple[UUID, _Event]]:
    rows = connection.execute(_BENEFITS).all()
    entered = newest_places(connection, "benefits.add") if rows else {}
    returned = {entry.subject: entry for entry in rows_of(connection, "benefits.returned")} if rows else {}
    for row in rows:
        yield row.case_id, _Event("benefit", entered.get(str(row.id)), row.entered_at)
        if back := returned.get(str(row.id)):
            yield row.case_id, _Event("benefit_returned", back.seq, back.at)


def _paper(row: Any) -> tuple[str, str, str]:
    """Which paper an audit row put into which slot of which case."""
    said = loads(row.content)
    return row.subject, str(said.get("slot")), str(said.get("sha256"))


def _of_parties(connection: Connection, runs: list[_Run]) -> dict[UUID, list[_Event]]:
    """By party: changes that were confirmed, and accounts that a daily run has met."""
    found: dict[UUID, list[_Event]] = {}
    for row in rows_of(connection, CONFIRMED):
        found.setdefault(UUID(loads(row.content)["party"]), []).append(_Event("party", row.seq, row.at))
    if runs:
        entered, verified = newest_places(connection, "accounts.enter"), newest_places(connection, "accounts.verify")
        for row in connection.execute(_ACCOUNTS):
            events = [_Event("account", entered.get(str(row.id)), row.entered_at)]
            if row.usable_from is not None:
                events.append(_Event("account", verified.get(str(row.id)), row.usable_from))
            found.setdefault(row.party_id, []).extend(event for event in events if _met(event, runs[-1]))
    return found


def _met(event: _Event, run: _Run) -> bool:
    """Whether a run came after it."""
    return event.at <= run.at if event.seq is None else event.seq <= run.seq


def _of_policies(connection: Connection, runs: list[_Run]) -> dict[str, list[_Event]]:
    """By policy: values that checks read, from their confirmation on, or from the run of the day that they begin with."""
    found: dict[str, list[_Event]] = {}
    confirmed = newest_places(connection, "parameters.confirm") if runs else {}
    for row in connection.execute(_VALUES) if runs else ():
        if row.parameter.partition(":")[0] not in _BEHIND or row.confirmed_at is None:
            continue
        begins = max(row.confirmed_at, start_of(date.fromisoformat(row.valid_from)))
        event = _Event(row.parameter, confirmed.get(str(row.id)), begins)
        run = next((run for run in runs if _met(event, run) and row.valid_from <= run.day), None)
        if run is not None:
            later = event.seq is not None and row.valid_from > business_date(row.confirmed_at).isoformat()
            found.setdefault(row.policy, []).append(event._replace(seq=run.seq) if later else event)
    return found


CHECKS = (
    Check(
        id="I25-current",
        zh="每个在办案件的核验清单不早于其所依据的材料、登记、补助和参数",
        en="no open case was evaluated last before the papers, registers, benefits and parameters that its checks read changed",
        find=_stale,
    ),
)
