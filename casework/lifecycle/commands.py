"""Everything that can happen to a case (`Action`), and what a person sends in for it: one small typed record an act.

Each command says with its fields what its form asks (`casework/forms/act_fields.py`): the pages, the options of the command line
and the columns of a list are made from here (`casework/act_forms.py`). Every act names its person and carries a client-made id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from casework.forms.act_fields import Word, is_kept, said
from policies.forms import Text

_ENVELOPE = frozenset({"case", "by", "act_id", "seen"})  # who, what about and when looked at: no part of what is said
_COLUMNS = frozenset({"reason", "reason_code", "clause"})  # what a decision keeps in columns of its own
_NOTHING = (None, "", ())


class Action(StrEnum):
    """Everything that can happen to a case, by its word and its Chinese name."""

    zh: str

    def __new__(cls, value: str, zh: str = "") -> "Action":
        member = str.__new__(cls, value)
        member._value_, member.zh = value, zh
        return member

    OPEN = "open", "建档"
    FILE = "file", "申报"
    CHECK = "check", "自动核验"
    ACCEPT = "accept", "受理"
    RETURN = "return", "退回补正"
    REFUSE = "refuse", "不予支持"
    SCREEN = "screen", "初审"
    CERTIFY = "certify", "认定"
    COMPARE = "compare", "比对"
    OPINE = "opine", "联审意见"
    OVERRIDE = "override", "否决意见裁定"
    WAIVE = "waive", "核准例外"
    COMPUTE = "compute", "核算"
    CONFIRM_AMOUNT = "confirm_amount", "复核金额"
    DECIDE = "decide", "审定"
    ANNOUNCE = "announce", "公示"
    END_NOTICE = "end_notice", "公示期满"
    OBJECT = "object", "提出异议"
    ANSWER = "answer", "答复异议"
    ALLOCATE = "allocate", "资金下达"
    PREPARE = "prepare", "拨付制单"
    CHECK_BATCH = "check_batch", "拨付复核"
    REJECT_BATCH = "reject_batch", "退回拨付批次"
    RELEASE = "release", "拨付放行"
    PAY_OFFLINE = "pay_offline", "登记线下拨付"
    SETTLE = "settle", "拨付到账"
    FAIL = "fail", "拨付失败"
    TAKE_BACK = "take_back", "退汇"
    DELIVER = "deliver", "交付"
    REPORT = "report", "报告进展"
    REVIEW = "review", "复核成果"
    CLOSE = "close", "办结"
    WITHDRAW = "withdraw", "撤回"
    LAPSE = "lapse", "逾期终止"
    HOLD = "hold", "暂停"
    UNHOLD = "unhold", "恢复"
    UNDO = "undo", "撤销审定"
    REOPEN = "reopen", "重新办理"
    REBIND = "rebind", "另定规则版本"


VERDICTS = (Word("same", Text("相同", "same"), also=("同一",)), Word("different", Text("不同", "different")))


@dataclass(frozen=True, kw_only=True)
class Act:
    """An act on one case. `seen` is the version that the person looked at; None binds to what is stored (lists, imports)."""

    action: ClassVar[Action]
    word: ClassVar[str] = ""  # what the command line calls it, where that is not the action's own word
    elsewhere: ClassVar[str] = ""  # the command of its own that it has beside `act`
    second_factor: ClassVar[bool] = False  # who has an authenticator gives its code again before it

    case: UUID
    by: UUID
    act_id: UUID = field(
        metadata=said(
            "操作编号", "act id", hint=("UUID；同一编号重复提交无害", "a UUID; a repeat is harmless"), hidden=True
        )
    )
    seen: int | None = field(
        default=None,
        metadata=said(
            "所见版本",
            "version seen",
            hint=("您看到的版本；案件已更新则不办理", "the version you looked at"),
            hidden=True,
        ),
    )
    reason: str = field(default="", metadata=said("理由", "reason", kind="passage"))

    @property
    def content(self) -> dict[str, Any]:
        """What the decision keeps of this act beside its common fields."""
        own = (column for column in fields(self) if column.name not in _ENVELOPE | _COLUMNS)
        return {column.name: _plain(getattr(self, column.name)) for column in own if is_kept(column)}

    @property
    def digest(self) -> str:
        """The hash of all that the person said (reason, amount, facts ...), "" where that is nothing: the same act sent
        again has it again, whatever version was looked at."""
        from models.columns import canonical_json  # here, so that forms and options are known without the records
        from models.unit_of_work import content_hash

        said = [
            f"{name}: {canonical_json(value) if isinstance(value, Mapping) else ascii(value)}"
            for name, value in vars(self).items()
            if name not in _ENVELOPE and value not in _NOTHING
        ]
        return content_hash("\n".join(said)) if said else ""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True, kw_only=True)
class Grounded(Act):
    """An act that may name its grounds: a code and the clause."""

    reason_code: str = field(default="", metadata=said("理由代码", "reason code", source="reason_codes"))
    clause: str = field(default="", metadata=said("依据条款", "the clause it rests on"))


@dataclass(frozen=True, kw_only=True)
class Reasoned(Grounded):
    """An act that means nothing without its reason."""

    reason: str = field(default="", metadata=said("理由", "reason", kind="passage", required=True))


@dataclass(frozen=True, kw_only=True)
class File(Act):
    """The applicant (or a clerk on their behalf) files the draft, or files again after a correction."""

    action = Action.FILE
    claim: Mapping[str, Any] | None = field(
        default=None, metadata=said("申报内容", "the claim", source="claim", kept=False)
    )
    on_behalf: bool = field(default=False, metadata=said("代录", "on behalf of the applicant", kept=False))


@dataclass(frozen=True, kw_only=True)
class Accept(Act):
    """受理: complete, the clock of the bureau starts."""

    action = Action.ACCEPT


@dataclass(frozen=True, kw_only=True)
class ReturnForCorrection(Grounded):
    """补正: once, with everything missing."""

    action = Action.RETURN
    missing: tuple[str, ...] = field(
        default=(),
        metadata=said(
            "需补正的内容",
            "what is missing",
            hint=("一次性列明全部，多项用分号隔开", "all of it at once"),
            required=True,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Refuse(Reasoned):
    """A no with its reason, by whoever has the case in hand."""

    action = Action.REFUSE


@dataclass(frozen=True, kw_only=True)
class Screen(Act):
    """初审 by the town: recommended."""

    action = Action.SCREEN
    visited: bool = field(default=False, metadata=said("已实地核查", "the site was visited"))


@dataclass(frozen=True, kw_only=True)
class Certify(Act):
    """认定: the lead unit freezes the facts and recognises the cost lines."""

    action = Action.CERTIFY
    facts: Mapping[str, Any] = field(
        default_factory=dict, metadata=said("认定事实", "the facts", source="facts", required=True, kept=False)
    )


@dataclass(frozen=True, kw_only=True)
class Compare(Act):
    """比对: whether what came to light is the same benefit as the case's, or another, with the reason."""

    action = Action.COMPARE
    reason: str = field(default="", metadata=said("理由", "reason", kind="passage", required=True))
    comparison: int = field(
        default=0, metadata=said("比对序号", "number of the comparison", source="comparisons", required=True)
    )
    verdict: str = field(
        default="",
        metadata=said(
            "比对结论",
            "verdict",
            choices=VERDICTS,
            hint=("same 相同、different 不同", "same or different"),
            required=True,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Opine(Act):
    """联审: a joint unit's opinion; a negative one needs its reason."""

    action = Action.OPINE
    positive: bool = field(
        default=True,
        metadata=said(
            "意见",
            "opinion",
            choices=(Word("yes", Text("同意", "agree")), Word("no", Text("不同意", "disagree"))),
            contrary=("negative", "不同意", "a negative opinion"),
            hint=("不同意须写理由", "a negative one needs its reason"),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class OverrideOpinion(Reasoned):
    """A named higher level overrides negative opinions."""

    action = Action.OVERRIDE


@dataclass(frozen=True, kw_only=True)
class Waive(Grounded):
    """核准例外: one person asks that a condition be overridden (reason code, reason, paper), a second one confirms it."""

    action = Action.WAIVE
    second_factor = True
    check: str = field(
        default="",
        metadata=said(
            "核验项", "the check", hint=("如 exclusion", "like exclusion"), source="conditions", required=True
        ),
    )
    paper: str = field(default="", metadata=said("例外所依据的材料", "the paper it rests on"))


@dataclass(frozen=True, kw_only=True)
class ConfirmAmount(Act):
    """The amount checker confirms what was computed."""

    action = Action.CONFIRM_AMOUNT
    word = "confirm"


@dataclass(frozen=True, kw_only=True)
class Decide(Act):
    """审定 in a list; the amount may be lowered with a reason, never raised."""

    action = Action.DECIDE
    second_factor = True
    amount_fen: int | None = field(
        default=None,
        metadata=said(
            "审定金额（元）",
            "amount (yuan)",
            name="amount",
            kind="money",
            also=("审定金额", "金额", "金额（元）"),
            hint=("只能调低，调低须写理由；不填为核算金额", "only lower, with a reason; what was computed if left out"),
        ),
    )
    minutes: str = field(default="", metadata=said("会议纪要文号", "number of the minutes"))


@dataclass(frozen=True, kw_only=True)
class Object(Reasoned):
    """异议 or 举报 against a line on notice: freezes this case only."""

    action = Action.OBJECT


@dataclass(frozen=True, kw_only=True)
class AnswerObjection(Reasoned):
    """The investigator's answer to an objection."""

    action = Action.ANSWER
    upheld: bool = field(default=False, metadata=said("异议成立", "the objection is upheld"))
    objection: int | None = field(
        default=None,
        metadata=said(
            "异议序号", "which objection", hint=("有多件待答复时", "where several are open"), source="objections"
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Withdraw(Grounded):
    """The applicant withdraws; what was reserved is released."""

    action = Action.WITHDRAW


@dataclass(frozen=True, kw_only=True)
class Hold(Reasoned):
    """A stop with category, reason and a date on which it is looked at again."""

    action = Action.HOLD
    review_on: str = field(
        default="", metadata=said("复查日期", "when it is looked at again", kind="date", required=True)
    )


@dataclass(frozen=True, kw_only=True)
class Unhold(Act):
    """The stop ends."""

    action = Action.UNHOLD


@dataclass(frozen=True, kw_only=True)
class Deliver(Act):
    """In kind: what was decided was handed over (quota granted, price memo issued, entry made)."""

    action = Action.DELIVER
    document: str = field(
        default="",
        metadata=said("凭据", "the document that shows it", hint=("文号或登记号", "its number"), required=True),
    )
    result: str = field(
        default="",
        metadata=said(  # what became of it, where the item asks for that
            "结果",
            "what became of it",
            hint=("事项要求时，如 selected", "where the item asks for it"),
            source="results",
        ),
    )

    @property
    def content(self) -> dict[str, Any]:
        return {"document": self.document, **({"result": self.result} if self.result else {})}


@dataclass(frozen=True, kw_only=True)
class ReportMilestone(Act):
    """Programme: the unit reports a milestone with figures; with the last one the case is reported."""

    action = Action.REPORT
    milestone: int = field(
        default=0, metadata=said("节点序号", "number of the milestone", source="milestones", required=True)
    )
    text: str = field(default="", metadata=said("进展", "what was done", kind="passage", required=True))
    indicators: Mapping[str, str] = field(
        default_factory=dict,
        metadata=said("指标", "figures", hint=("指标[@对象[@期间]]=数值", "NAME[@WHOSE[@PERIOD]]=VALUE")),
    )
    period: str = field(
        default="",
        metadata=said(
            "指标期间", "period of the figures", hint=("写成 2023-09 或 2023-Q3，文本格式", "like 2023-09 or 2023-Q3")
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Review(Act):
    """Programme: a second officer reviews what was reported; unsatisfied sends it back with a reason."""

    action = Action.REVIEW
    satisfied: bool = field(
        default=True,
        metadata=said(
            "复核意见",
            "finding",
            choices=(Word("yes", Text("通过", "satisfied")), Word("no", Text("不通过", "sent back"))),
            contrary=("unsatisfied", "不通过", "send back"),
            hint=("不通过须写理由", "sent back with a reason"),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class RegisterOffline(Act):
    """A payment made outside the batches is registered under the same guards and in the same table."""

    action = Action.PAY_OFFLINE
    elsewhere = "payments offline"
    document: str = field(default="", metadata=said("支付凭证号", "number of the voucher", required=True))


@dataclass(frozen=True, kw_only=True)
class Undo(Reasoned):
    """A decision is taken back (before any payment order): reason, and a second person by another act."""

    action = Action.UNDO
    second_factor = True


@dataclass(frozen=True, kw_only=True)
class Reopen(Reasoned):
    """A terminal case is opened again; two people: the first asks, the second opens."""

    action = Action.REOPEN
    second_factor = True


@dataclass(frozen=True, kw_only=True)
class Rebind(Reasoned):
    """Another version of the rule binds the case; two people: the first asks, the second confirms the same version."""

    action = Action.REBIND
    second_factor = True
    rule_version: str = field(
        default="", metadata=said("规则版本", "version of the rule", source="rule_versions", required=True)
    )

    @property
    def content(self) -> dict[str, Any]:
        return {"rule_version": self.rule_version.strip()}
