"""The one store of receipts: what an act did, found again by its id when it is sent once more, so that a repeat does nothing.

A receipt is no row of its own. An act on one case has it in its decision, an act on many in its own row of the audit chain; each
keeps the hash of what was asked for, and the same id with something else to ask is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.lifecycle.commands import Act
from casework.shared.errors import Problem, Refused
from models import Allocation, AuditEntry, Case, Decision, PaymentBatch
from models.columns import canonical_json
from models.statements import Prepared
from models.unit_of_work import UnitOfWork, content_hash

_EARLIER = Prepared(
    select(
        col(Decision.act_id),
        col(Decision.case_id),
        col(Decision.version),
        col(Decision.to_state),
        col(Decision.action),
        col(Decision.person_id),
        col(Decision.content),
        col(Case.number),
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .where(col(Decision.act_id) == bindparam("wanted"))
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What an act did: the case's number, state and version after it. `repeated`: it had been done before."""

    act_id: UUID
    case: UUID
    number: str
    state: str
    version: int
    repeated: bool = False
    warnings: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # in two languages: what stops nothing yet
    awaits: tuple[str, str] | None = field(default=None, compare=False)  # of a first signature: who confirms, and how
    same_subject: bool = field(default=False, compare=False)  # of a filing: something else names its subject


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """A case that an act left out, and why. `category` says who can help: payee, duplicate, procedure or fund."""

    case: str
    code: str
    zh: str
    en: str
    category: str = "procedure"


@dataclass(frozen=True, kw_only=True)
class BatchReceipt:
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


@dataclass(frozen=True, kw_only=True)
class StatedContent:
    """What an act on many cases was asked for, as hashes: an act sent again must ask for the same. Cases may be left out then."""

    request: str = ""
    cases: str = ""

    @classmethod
    def of(cls, content: Mapping[str, Any], cases: Sequence[UUID] = ()) -> "StatedContent":
        """From an act's own content and the cases that it names."""
        listed = content_hash(canonical_json(sorted({str(case) for case in cases}))) if cases else ""
        return cls(request=content_hash(canonical_json(dict(content))) if content else "", cases=listed)

    def agrees(self, stored: "StatedContent") -> bool:
        """Whether this asks for what was asked for then."""
        return self.request == stored.request and self.cases in ("", stored.cases)


def other_content() -> Refused:
    """The refusal of an act id that comes again with something else to say."""
    zh = "操作编号已用于内容不同的操作，请换用新的编号"
    return Refused("act_id", zh, "this act id was used for an act with other content: take a new one", field="act_id")


def other_act() -> Refused:
    """The refusal of an act id that was used for another act, or by somebody else."""
    return Refused("act_id", "操作编号已用于另一操作", "this act id belongs to another act", field="act_id")


def of_act(work: UnitOfWork, act: Act) -> Receipt | Problem | None:
    """The receipt of the same act done before; a refusal where its id was used otherwise; None where it is new."""
    earlier = work.rows(_EARLIER, wanted=act.act_id)
    if not earlier:
        return None
    row = earlier[0]
    if (row.case_id, row.action, row.person_id) != (act.case, act.action, act.by):
        return other_act()
    if loads(row.content).get("request", "") != act.digest:
        return other_content()
    return Receipt(
        act_id=row.act_id, case=row.case_id, number=row.number, state=row.to_state, version=row.version, repeated=True
    )


def number_of(work: UnitOfWork, act_id: UUID) -> str | None:
    """The number of the allocation or batch that was made under this id; None where none was."""
    for table in (Allocation, PaymentBatch):
        number = work.execute(select(col(table.number)).where(col(table.id) == act_id)).scalar()
        if number is not None:
            return str(number)
    return None


def of_many(
    work: UnitOfWork, number: str, act_id: UUID, action: str, by: UUID, said: StatedContent
) -> BatchReceipt | None:
    """The receipt of this very act on a document or batch, if it was done before; another use of its id is refused."""
    query = select(col(AuditEntry.content), col(AuditEntry.action), col(AuditEntry.actor)).where(
        col(AuditEntry.subject) == number, col(AuditEntry.action).like("payments.%")
    )
    for row in work.execute(query):
        content = loads(row.content)
        if content.get("act_id") != str(act_id):
            continue
        if (row.action, row.actor) != (f"payments.{action}", str(by)):
            raise other_act()
        if not said.agrees(StatedContent(**content.pop("said", {}))):
            raise other_content()
        excluded = tuple(Excluded(**case) for case in content.pop("excluded"))
        return BatchReceipt(**{**content, "act_id": act_id, "excluded": excluded}, repeated=True)
    return None


def keep(work: UnitOfWork, receipt: BatchReceipt, by: UUID, said: StatedContent) -> None:
    """The row of an act on many cases in the audit chain, from which its receipt is read again."""
    excluded = [vars(case) for case in receipt.excluded]
    content = {**vars(receipt), "act_id": str(receipt.act_id), "excluded": excluded, "said": vars(said)}
    del content["repeated"]
    work.audit(actor=str(by), action=f"payments.{receipt.action}", subject=receipt.number, content=content)
