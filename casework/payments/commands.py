"""What a person sends in for an act on many cases at once: an allocation, or one step of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar
from uuid import UUID

from casework.forms.act_fields import said
from casework.lifecycle.commands import Action
from casework.shared.fund_key import FundKey

_FUND = said(
    "专项资金", "fund", kind="fund", source="funds", required=True, hint=("单位:年度[:政策代码]", "UNIT:YEAR[:POLICY]")
)
_CASES = said("案件", "cases", source="cases", required=True)
_SEEN = said("清单摘要", "list hash", hint=("您看到的清单；不一致则不办理", "the list that you looked at"), hidden=True)
_ENVELOPE = frozenset(
    {"by", "act_id", "cases", "batch", "seen"}
)  # who, what about and when looked at: no part of what is said


@dataclass(frozen=True, kw_only=True)
class PaymentCommand:
    """An act on many cases by one person; each case's share of it is admitted like every act."""

    action: ClassVar[Action]
    word: ClassVar[str] = ""  # what it is called where that is not the action's own word
    zh: ClassVar[str] = ""  # its Chinese name, where that is not the action's own
    second_factor: ClassVar[bool] = False  # who has an authenticator gives its code again before it

    by: UUID
    act_id: UUID = field(metadata=said("操作编号", "act id", hint=("UUID；重复提交无害", "a UUID"), hidden=True))

    @property
    def content(self) -> dict[str, Any]:
        """What is asked for, beside the cases, the batch and the list that was looked at."""
        own = {
            declared.name: getattr(self, declared.name) for declared in fields(self) if declared.name not in _ENVELOPE
        }
        return {name: _plain(value) for name, value in own.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, FundKey):
        return value.said
    return value.strip() if isinstance(value, str) else dict(value)


@dataclass(frozen=True, kw_only=True)
class AllocateFund(PaymentCommand):
    """资金下达: money of a fund goes to decided cases, by a numbered document."""

    action = Action.ALLOCATE

    number: str = field(metadata=said("资金下达文号", "number of the document", required=True))
    fund: FundKey = field(metadata=_FUND)
    cases: tuple[UUID, ...] = field(metadata=_CASES)
    budget_line: str = field(default="", metadata=said("预算科目", "budget line"))


@dataclass(frozen=True, kw_only=True)
class PrepareBatch(PaymentCommand):
    """拨付制单: a batch of orders; a doubtful payee is left out unless `confirmed` says why, by case number."""

    action = Action.PREPARE

    fund: FundKey = field(metadata=_FUND)
    cases: tuple[UUID, ...] = field(metadata=_CASES)
    confirmed: Mapping[str, str] = field(
        default_factory=dict,
        metadata=said("存疑仍付", "pay a doubtful payee", hint=("案件编号=理由，每行一件", "NO=REASON, one a line")),
    )


@dataclass(frozen=True, kw_only=True)
class BatchCommand(PaymentCommand):
    """A step of a whole batch, known by its number."""

    batch: str = field(metadata=said("拨付批次", "number of the batch", source="batches", required=True))

    @property
    def number(self) -> str:
        """The batch's number in its one spelling."""
        return self.batch.strip().upper()


@dataclass(frozen=True, kw_only=True)
class SeenBatchCommand(BatchCommand):
    """A step that agrees to what the person looked at: `seen` is that list's hash."""

    seen: str = field(default="", metadata=_SEEN)


@dataclass(frozen=True, kw_only=True)
class CheckBatch(SeenBatchCommand):
    """拨付复核: the totals are right."""

    action = Action.CHECK_BATCH


@dataclass(frozen=True, kw_only=True)
class ApproveBatch(SeenBatchCommand):
    """加批: the head approves a checked batch above the threshold."""

    action = Action.CHECK_BATCH
    word = "approve"
    zh = "加批"


@dataclass(frozen=True, kw_only=True)
class ReleaseBatch(SeenBatchCommand):
    """拨付放行: the batch may go to the bank."""

    action = Action.RELEASE
    second_factor = True


@dataclass(frozen=True, kw_only=True)
class RejectBatch(BatchCommand):
    """退回拨付批次: its orders end, its cases are the maker's again."""

    action = Action.REJECT_BATCH

    reason: str = field(default="", metadata=said("退回理由", "reason", kind="passage", required=True))
