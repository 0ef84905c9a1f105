"""What the payment acts share: one person, many cases, the same guards as every act, and a receipt that can be repeated."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import loads
from typing import Any, ClassVar
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from casework.cases import CaseView
from casework.conditions import Findings, digest, keep, look, stopped
from casework.desk import Desk
from casework.errors import Problem, Refused
from casework.guards import parts, person, principal_key, separate, standing
from casework.late import refusals
from casework.procedure import Procedure, procedure_of
from casework.reference import PersonView, Reference, reference
from casework.requests import Act, other_content
from casework.transitions import Action
from casework.trouble import translated
from models import Allocation, AuditEntry, PaymentBatch
from models.columns import canonical_json
from models.conditions import GATES
from models.store import Store
from models.work import Work, content_hash
from policies.conditions import ACCOUNT


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """A case that an act left out, and why. `category` says who can help: payee, duplicate, procedure or fund."""

    case: str
    code: str
    zh: str
    en: str
    category: str = "procedure"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a payment act did: the document's or batch's number, its control totals in fen, and what was left out.

    The same act sent again answers with an equal receipt; only `repeated` tells.
    """

    act_id: UUID
    action: str
    number: str
    count: int
    total_fen: int
    list_hash: str
    excluded: tuple[Excluded, ...] = ()
    repeated: bool = field(default=False, compare=False)


class AllExcluded(Refused):
    """Nothing was left to act on; `excluded` says why, case by case."""

    def __init__(self, excluded: Sequence[Excluded]) -> None:
        first = excluded[0] if excluded else Excluded(case="", code="nothing", zh="没有案件", en="no cases")
        more = f"（共 {len(excluded)} 件未通过）" if len(excluded) > 1 else ""
        super().__init__(
            first.code, f"{first.case} {first.zh}{more}".strip(), f"{first.case}: {first.en}", field="cases"
        )
        self.excluded = tuple(excluded)


@dataclass(frozen=True, kw_only=True)
class PaymentAct(Act):
    """One case's share of a payment act; `details` is what its decision keeps."""

    action: ClassVar[Action]
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        return dict(self.details)

    @property
    def digest(self) -> str:
        """A share says nothing of its own: what the person said stands with the whole act (`note`)."""
        return ""


class Allocate(PaymentAct):
    """资金下达: the case's money is in an allocation document."""

    action = Action.ALLOCATE


class Prepare(PaymentAct):
    """拨付制单: an order is made for the case."""

    action = Action.PREPARE


class CheckBatch(PaymentAct):
    """拨付复核, or the head's approval above the threshold."""

    action = Action.CHECK_BATCH


class RejectBatch(PaymentAct):
    """退回拨付批次: the case is the maker's again."""

    action = Action.REJECT_BATCH


class Release(PaymentAct):
    """拨付放行: the order may go to the bank."""

    action = Action.RELEASE


class Settle(PaymentAct):
    """拨付到账: the bank settled the order."""

    action = Action.SETTLE


class Fail(PaymentAct):
    """拨付失败: the order came to nothing."""

    action = Action.FAIL


class TakeBack(PaymentAct):
    """退汇: settled money came back."""

    action = Action.TAKE_BACK


_PAYING = frozenset({Action.PREPARE, Action.CHECK_BATCH, Action.RELEASE})  # none of it beside an open comparison


@dataclass(frozen=True)
class Office:
    """A person at work on payments, in one transaction, with the reference data of that instant."""

    work: Work
    facts: Reference
    who: PersonView

    def way(self, case: CaseView) -> Procedure:
        """How the case's item goes today."""
        return procedure_of(self.facts, case, self.work.today)

    def admit(
        self,
        cases: Sequence[CaseView],
        kind: type[PaymentAct],
        act_id: UUID,
        *,
        reason: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> tuple[list[Desk], list[Excluded]]:
        """The cases on which the person may do this now, each on a desk, and those on which not, each with why."""
        held = parts(self.work, [case.id for case in cases])
        found = look(self.work, self.facts, self.way, cases) if kind.action in GATES and cases else {}
        late = refusals(self.work, cases) if kind.action in _PAYING else {}
        desks: list[Desk] = []
        excluded: list[Excluded] = []
        for case in cases:
            way = self.way(case)
            try:
                stands = standing(self.work, self.facts, way, case, self.who, kind.action)
                principal = stands.principal
                key = principal_key(self.facts, self.who, stands.duty, principal) if principal else self.who.natural_key
                separate(case, self.who, stands.duty, held[case.id], key, principal)
                _bound(found.get(case.id, ()), kind.action)
                if case.id in late:
                    raise late[case.id]
            except Refused as no:
                excluded.append(out(case, no))
                continue
            share = kind(
                case=case.id,
                by=self.who.id,
                act_id=uuid5(act_id, str(case.id)),
                seen=case.version,
                reason=reason,
                details=details or {},
            )
            findings = found.get(case.id, ())
            kept = digest(findings) if findings else ""
            desks.append(Desk(self.work, self.facts, way, case, share, self.who, stands, findings, kept))
        keep(self.work, {desk.case.id: (desk.case, desk.findings) for desk in desks if desk.findings})
        return desks, excluded


def _bound(findings: Findings, action: Action) -> None:
    """Refuses where a condition stops the act; of the payee's account `payees` says more where the order is made."""
    elsewhere = ACCOUNT.id if action is Action.PREPARE else ""
    no = stopped(tuple(one for one in findings if one.condition.id != elsewhere), action)
    if no is not None:
        raise no


@contextmanager
def at_work(store: Store, by: UUID) -> Iterator[Office]:
    """One write transaction of one person; what the database itself refuses is told in words."""
    with translated(), store.write() as work:
        facts = reference(store, work)
        yield Office(work, facts, person(work, facts, by))


def out(case: CaseView, no: Problem, category: str = "procedure") -> Excluded:
    """A case left out for a problem."""
    return Excluded(case=case.number, code=no.code, zh=no.zh, en=no.en, category=category)


def unknown(cases: Sequence[UUID], views: Mapping[UUID, CaseView]) -> list[Excluded]:
    """The ids that are no case."""
    return [
        Excluded(case=str(one), code="unknown_case", zh="没有这个案件", en="there is no such case")
        for one in dict.fromkeys(cases)
        if one not in views
    ]


def whole(excluded: Sequence[Excluded], way_out: str = "") -> None:
    """Refuses an act that is done on all of its cases or on none, naming the cases that stand in the way."""
    if not excluded:
        return
    named = "；".join(f"{one.case}：{one.zh}" for one in excluded[:5])
    more = f" 等 {len(excluded)} 件" if len(excluded) > 5 else ""
    english = "; ".join(f"{one.case}: {one.en}" for one in excluded[:5])
    raise Refused(excluded[0].code, f"{named}{more}{way_out}", english, field="batch")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a payment act was asked for, as hashes: an act sent again must ask for the same. Cases may be left out then."""

    request: str = ""
    cases: str = ""

    @classmethod
    def of(cls, *, cases: Sequence[UUID] = (), **content: Any) -> "Said":
        """From the act's own arguments."""
        listed = content_hash(canonical_json(sorted({str(one) for one in cases}))) if cases else ""
        return cls(request=content_hash(canonical_json(content)), cases=listed)

    def agrees(self, stored: "Said") -> bool:
        """Whether this asks for what was asked for then."""
        return self.request == stored.request and self.cases in ("", stored.cases)


NOTHING_MORE = Said()  # of an act on a batch that says nothing beside its name


def done_before(work: Work, act_id: UUID) -> bool:
    """Whether an allocation or a batch was made under this id."""
    return any(
        work.execute(select(col(table.id)).where(col(table.id) == act_id)).first()
        for table in (Allocation, PaymentBatch)
    )


def note(office: Office, receipt: Receipt, said: Said = NOTHING_MORE) -> None:
    """The act's own row in the audit chain, from which the receipt is read again when the act is repeated."""
    excluded = [vars(one) for one in receipt.excluded]
    content = {**vars(receipt), "act_id": str(receipt.act_id), "excluded": excluded, "said": vars(said)}
    del content["repeated"]
    office.work.audit(
        actor=str(office.who.id), action=f"payments.{receipt.action}", subject=receipt.number, content=content
    )


def noted(work: Work, number: str, act_id: UUID, action: str, by: UUID, said: Said = NOTHING_MORE) -> Receipt | None:
    """The receipt of this very act on a document or batch, if it was done before; another use of its id is refused."""
    query = select(col(AuditEntry.content), col(AuditEntry.action), col(AuditEntry.actor)).where(
        col(AuditEntry.subject) == number, col(AuditEntry.action).like("payments.%")
    )
    for row in work.execute(query):
        content = loads(row.content)
        if content.get("act_id") != str(act_id):
            continue
        if (row.action, row.actor) != (f"payments.{action}", str(by)):
            raise Refused("act_id", "操作编号已用于另一操作", "this act id belongs to another act", field="act_id")
        if not said.agrees(Said(**content.pop("said", {}))):
            raise other_content()
        excluded = tuple(Excluded(**one) for one in content.pop("excluded"))
        return Receipt(**{**content, "act_id": act_id, "excluded": excluded}, repeated=True)
    return None
