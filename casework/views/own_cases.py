"""An applicant's own cases, as its people see them: what is to be done first, then where each stands, with whom, until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.applications.filing_admission import not_now
from casework.lifecycle.act_context import last_award, snapshot
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.case_steps import CaseStep, case_steps
from casework.lifecycle.commands import Action
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import Procedure, procedure_of, procedure_on
from casework.lifecycle.read_access import scope
from casework.lifecycle.step_ratings import RatedStep, rated_steps
from casework.lifecycle.transitions import rows
from casework.lifecycle.wordings import DUTIES, shown_state
from casework.privacy.masking import masked_account
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of, reference
from casework.views.offered_items import unset_parameters
from casework.views.value_wordings import term
from casework.views.values_awaited import named_in
from models import Case, Decision, Duty, Entitlement, Party, PartyAccount, PaymentOrder, Person, State
from models.cases import TERMINAL
from models.clock import end_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Item, Measure
from policies.parameters import Parameter
from policies.policy import Policy

MOST = 1000
_FAR = date(2200, 1, 1)  # after every deadline
# Where an amount stands decided; before it is computed only, and of an ended case what its entitlement says.
_DECIDED = frozenset({State.DECIDED, State.ON_NOTICE, State.PAYABLE, State.ORDERED, State.PAID, State.DELIVERED})
FILEABLE = frozenset({State.DRAFT, State.IN_CORRECTION})


@dataclass(frozen=True, kw_only=True)
class OwnParty:
    """What the state holds of an applicant; `account`: the newest one, masked, "" where none is entered."""

    id: UUID
    kind: str
    name: str
    code: str
    town: str
    account: str = ""
    bank: str = ""
    account_status: str = ""


@dataclass(frozen=True, kw_only=True)
class OwnCase:
    """One case of an applicant: state and holder in the applicant's words, until when, and what its people may do.

    `amount_fen`: decided or computed, whole fen. `closes_on`: of a draft the last day of filing.
    """

    id: UUID
    number: str
    policy: str
    item: Item
    measure: Measure
    state: str
    state_zh: str
    state_en: str
    version: int
    corrections: int
    holder: tuple[str, str]
    due: datetime | None
    due_provisional: bool
    held: bool
    contested: bool
    amount_fen: int | None
    filed_at: datetime | None
    changed_at: datetime
    closes_on: date | None
    can_file: bool
    can_withdraw: bool
    not_now: tuple[str, str] | None = None  # why filing would be refused just now, whatever it says
    awaited: tuple[Parameter, ...] = ()  # that the text leaves open, and without which no amount is computed
    no_money: bool = False  # it waits until a fund has enough

    @property
    def to_do(self) -> bool:
        """Whether the applicant has it in hand."""
        return self.can_file

    @property
    def ended(self) -> bool:
        """Whether nothing more happens of itself."""
        return self.state in TERMINAL


@dataclass(frozen=True, kw_only=True)
class OwnCaseFile:
    """A case of an applicant with its steps and with what came of it. `asked`: what is to be corrected, while it is.

    `granted_fen`: what was decided and stands, whole fen; None where nothing was, or nothing any more.
    """

    case: OwnCase
    steps: tuple[CaseStep, ...]
    granted_fen: int | None
    lowered: tuple[int, str] | None  # what was computed, whole fen, where less stands decided, and why
    claim: Mapping[str, Any]
    asked: tuple[str, ...]
    asked_by: str
    ended_reason: str
    filings: tuple[Mapping[str, Any], ...]  # each filing: at, who, act_id, version, record (its code's)
    payments: tuple[Mapping[str, Any], ...]  # each order: number, amount_fen, state, account (masked), ended_at


def own_party(store: Store, reader: UUID) -> OwnParty:
    """The party for which the reader acts; Refused for who acts for none."""
    with store.read() as work:
        return _party(work, _mine(store, work, reader))


def own_cases(store: Store, reader: UUID) -> tuple[OwnCase, ...]:
    """All cases of the reader's party: what waits for it first, the nearest deadline ahead; ended ones last."""
    with store.read() as work:
        party = _mine(store, work, reader)
        query = view().where(col(Case.party_id) == party).order_by(col(Case.changed_at).desc(), col(Case.number))
        found = [CaseView._make(row) for row in work.execute(query.limit(MOST))]
        shown = [_own(store, work, case) for case in found if is_installed(case.policy)]
    far = end_of(_FAR)
    return tuple(sorted(shown, key=lambda own_case: (not own_case.to_do, own_case.ended, own_case.due or far)))


def own_case(store: Store, reader: UUID, number: str) -> OwnCaseFile:
    """One case of the reader's party; one of others, or of nobody, is refused alike."""
    with store.read() as work:
        case = mine(store, work, reader, number)
        facts = reference(store, work)
        procedure = procedure_of(facts, case, work.today)
        decided = _decisions(work, case.id)
        entered = {str(row.to_state): row.decided_at for row in decided if row.to_state != row.from_state}
        if case.filed_at:
            entered.setdefault(State.FILED, case.filed_at)
        asked, asked_by = _asked(case, decided)
        granted = _granted(work, case)
        return OwnCaseFile(
            case=_own(store, work, case),
            steps=case_steps(procedure, case.state, case.town, entered),
            granted_fen=granted,
            lowered=_lowered(work, case, granted, decided),
            claim=snapshot(work, case, "claim") or {},
            asked=asked,
            asked_by=asked_by,
            ended_reason=str(decided[-1].reason) if decided and case.state in TERMINAL else "",
            filings=_filings(work, decided),
            payments=_payments(work, case.id),
        )


def own_ratings(store: Store, reader: UUID, number: str) -> tuple[RatedStep, ...]:
    """The finished steps of a case of the reader's party, with what was said of each."""
    with store.read() as work:
        return rated_steps(store, work, mine(store, work, reader, number))


def mine(store: Store, work: UnitOfWork, reader: UUID, number: str) -> CaseView:
    """A case of the reader's own party by its number; any other is refused as if there were none."""
    party = _mine(store, work, reader)
    row = work.execute(view().where(col(Case.number) == number.strip().upper(), col(Case.party_id) == party)).first()
    if row is None:
        raise Refused("not_yours", "没有这个案件，或不是本单位的", "no such case, or not yours", field="case")
    return CaseView._make(row)


def _mine(store: Store, work: UnitOfWork, reader: UUID) -> UUID:
    found = scope(work, reference(store, work), reader).who
    if found.party_id is None:
        zh = f"{found.name} 不属于任何申报主体；企业请先注册，自然人由窗口代录人登记"
        raise Refused("no_party", zh, f"{found.name} acts for no applicant: firms register first", field="by")
    return found.party_id


def _party(work: UnitOfWork, party: UUID) -> OwnParty:
    row = work.execute(select(Party.__table__).where(col(Party.id) == party)).one()  # type: ignore[attr-defined]
    newest = (col(PartyAccount.party_id) == party, col(PartyAccount.status) != "replaced")
    account = work.execute(select(PartyAccount.__table__).where(*newest)).first()  # type: ignore[attr-defined]
    return OwnParty(
        id=party,
        kind=row.kind,
        name=row.name,
        code=row.code_masked or row.code,
        town=row.town or "",
        account=masked_account(account.number) if account else "",
        bank=account.bank if account else "",
        account_status=account.status if account else "",
    )


def _own(store: Store, work: UnitOfWork, case: CaseView) -> OwnCase:
    procedure = procedure_of(reference(store, work), case, work.today)
    state = State(case.state)
    in_hand = state in FILEABLE and case.next_duty == Duty.APPLICANT and not case.held
    no = not_now(work, procedure, case) if in_hand else None
    said = shown_state(case.state, case.next_duty)
    return OwnCase(
        id=case.id,
        number=case.number,
        policy=case.policy,
        item=procedure.item,
        measure=policy_of(case.policy).measure(case.measure),
        state=state.value,
        state_zh=said[1],
        state_en=said[2],
        version=case.version,
        corrections=case.corrections,
        holder=_holder(case),
        due=case.next_due if case.next_duty != Duty.SYSTEM else None,
        due_provisional=case.due_provisional,
        held=case.held,
        contested=case.contested,
        amount_fen=case.amount_fen,
        filed_at=case.filed_at,
        changed_at=case.changed_at,
        closes_on=_closes(procedure) if state is State.DRAFT else None,
        can_file=in_hand,
        can_withdraw=any(row.duty is Duty.APPLICANT for row in rows(Action.WITHDRAW, state)),
        not_now=(no.zh, no.en) if no else None,
        awaited=_awaited(procedure, case),
        no_money=case.next_duty == Duty.FUND_OFFICER,
    )


def _awaited(procedure: Procedure, case: CaseView) -> tuple[Parameter, ...]:
    named = named_in(case.problem) if case.next_duty == Duty.PARAMETER_AUTHOR else ()
    return tuple(parameter for parameter in procedure.item.parameters if parameter.id in named)


def _closes(procedure: Procedure) -> date:
    return window(procedure).last_filing_day


def _holder(case: CaseView) -> tuple[str, str]:
    """Who has it in hand, in two languages; two empty texts where nobody has."""
    if case.next_duty is None:
        return "", ""
    duty = Duty(case.next_duty)
    if duty is Duty.APPLICANT:
        return "本单位", "you"
    if duty is Duty.SYSTEM:
        return "系统自动办理", "the system"
    zh, en = DUTIES[duty]
    return f"{case.next_unit or ''}{zh}", f"{en}, {case.next_unit}" if case.next_unit else en


def _decisions(work: UnitOfWork, case: UUID) -> list[Any]:
    columns = (
        col(Decision.action), col(Decision.from_state), col(Decision.to_state), col(Decision.decided_at),
        col(Decision.reason), col(Decision.unit), col(Decision.content), col(Decision.person_id),
        col(Decision.act_id), col(Decision.version), col(Decision.id),
    )  # fmt: skip
    return list(work.execute(select(*columns).where(col(Decision.case_id) == case).order_by(col(Decision.version))))


def _asked(case: CaseView, decided: list[Any]) -> tuple[tuple[str, ...], str]:
    """What the newest return asks for, and which unit asks; nothing while the case is not with the applicant."""
    if case.state != State.IN_CORRECTION:
        return (), ""
    last = next((row for row in reversed(decided) if row.to_state == State.IN_CORRECTION), None)
    if last is None:
        return (), ""
    listed = loads(last.content).get("missing") or ([last.reason] if last.reason else [])
    return tuple(str(unit) for unit in listed), last.unit or ""


def _granted(work: UnitOfWork, case: CaseView) -> int | None:
    if case.state in _DECIDED:
        return case.amount_fen
    if case.state not in TERMINAL:
        return None
    standing = (col(Entitlement.case_id) == case.id, ~col(Entitlement.ended))
    return work.execute(select(col(Entitlement.approved_fen)).where(*standing)).scalar_one_or_none()


def _lowered(work: UnitOfWork, case: CaseView, granted: int | None, decided: list[Any]) -> tuple[int, str] | None:
    award = last_award(work, case) if granted is not None else None
    if award is None or granted is None or award.amount_fen <= granted:
        return None
    reasons = [str(row.reason) for row in decided if row.action == Action.DECIDE]
    return (award.amount_fen, reasons[-1]) if reasons else None


def _filings(work: UnitOfWork, decided: list[Any]) -> tuple[Mapping[str, Any], ...]:
    filed = [row for row in decided if row.action == Action.FILE]
    ids = [row.person_id for row in filed if row.person_id]
    named = work.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids)))
    names = {row.id: row.name for row in named}
    return tuple(
        {
            "at": row.decided_at,
            "who": names.get(row.person_id, ""),
            "act_id": row.act_id,
            "version": row.version,
            "record": row.id,
        }
        for row in filed
    )


def _payments(work: UnitOfWork, case: UUID) -> tuple[Mapping[str, Any], ...]:
    columns = (
        col(PaymentOrder.number), col(PaymentOrder.amount_fen), col(PaymentOrder.state), col(PaymentOrder.payee_account),
        col(PaymentOrder.ended_at),
    )  # fmt: skip
    rows = work.execute(select(*columns).where(col(PaymentOrder.case_id) == case).order_by(col(PaymentOrder.attempt)))
    return tuple(
        {
            "number": row.number,
            "amount_fen": row.amount_fen,
            "state": term("order", row.state),
            "account": masked_account(row.payee_account),
            "ended_at": row.ended_at,
        }
        for row in rows
    )


@dataclass(frozen=True, kw_only=True)
class ItemStart:
    """What somebody is told before a draft of an item is opened. `fits`: the item takes applicants of this kind."""

    party: OwnParty
    policy: Policy
    measure: Measure
    item: Item
    first_day: date
    last_day: date
    fits: bool
    open_now: bool
    drafts: tuple[OwnCase, ...]  # of the same item, not filed yet
    unset: tuple[Parameter, ...]  # without which no amount is computed


def item_start(store: Store, reader: UUID, policy: str, item: str) -> ItemStart:
    """An item as the reader's party may begin to apply for it; Refused where there is no such item."""
    drafts = tuple(
        case
        for case in own_cases(store, reader)
        if (case.policy, case.item.id, case.state) == (policy, item, State.DRAFT)
    )
    with store.read() as work:
        party = _party(work, _mine(store, work, reader))
        try:
            facts = reference(store, work)
            procedure = procedure_on(facts, policy_of(policy), item, work.today)
        except LookupError as unknown:
            raise Refused("unknown_item", "没有这个事项", "there is no such item", field="item") from unknown
        span = window(procedure)
        return ItemStart(
            party=party,
            policy=procedure.policy,
            measure=procedure.measure,
            item=procedure.item,
            first_day=span.first,
            last_day=span.last_filing_day,
            fits=party.kind in procedure.item.applicants,
            open_now=span.inside(work.now),
            drafts=drafts,
            unset=unset_parameters(procedure, facts),
        )
