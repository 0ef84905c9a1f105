"""What a person sends in: one small typed record per act. Every act names its person and carries a client-made id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from casework.errors import Refused
from casework.transitions import Action
from models.columns import canonical_json
from models.work import content_hash

_ENVELOPE = frozenset({"case", "by", "act_id", "seen"})  # who, what about and when looked at: no part of what is said
_NOTHING = (None, "", ())


@dataclass(frozen=True, kw_only=True)
class Act:
    """An act on one case. `seen` is the version that the person looked at; None binds to what is stored (lists, imports)."""

    action: ClassVar[Action]

    case: UUID
    by: UUID
    act_id: UUID
    seen: int | None = None
    reason: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """What the decision keeps of this act beside its common fields."""
        return {}

    @property
    def digest(self) -> str:
        """The hash of all that the person said (reason, amount, facts ...), "" where that is nothing: the same act sent
        again has it again, whatever version was looked at."""
        said = [
            f"{name}: {canonical_json(value) if isinstance(value, Mapping) else ascii(value)}"
            for name, value in vars(self).items()
            if name not in _ENVELOPE and value not in _NOTHING
        ]
        return content_hash("\n".join(said)) if said else ""


def other_content() -> Refused:
    """The refusal of an act id that comes again with something else to say."""
    zh = "操作编号已用于内容不同的操作，请换用新的编号"
    return Refused("act_id", zh, "this act id was used for an act with other content: take a new one", field="act_id")


@dataclass(frozen=True, kw_only=True)
class Reasoned(Act):
    """An act that means nothing without its reason."""

    reason_code: str = ""
    clause: str = ""


@dataclass(frozen=True, kw_only=True)
class File(Act):
    """The applicant (or a clerk on their behalf) files the draft, or files again after a correction."""

    action = Action.FILE
    claim: Mapping[str, Any] | None = None
    on_behalf: bool = False


@dataclass(frozen=True, kw_only=True)
class Accept(Act):
    """受理: complete, the clock of the bureau starts."""

    action = Action.ACCEPT


@dataclass(frozen=True, kw_only=True)
class ReturnForCorrection(Reasoned):
    """补正: once, with everything missing."""

    action = Action.RETURN
    missing: tuple[str, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        return {"missing": list(self.missing)}


@dataclass(frozen=True, kw_only=True)
class Refuse(Reasoned):
    """A no with its reason, by whoever has the case in hand."""

    action = Action.REFUSE


@dataclass(frozen=True, kw_only=True)
class Screen(Act):
    """初审 by the town: recommended."""

    action = Action.SCREEN
    visited: bool = False

    @property
    def content(self) -> dict[str, Any]:
        return {"visited": self.visited}


@dataclass(frozen=True, kw_only=True)
class Certify(Act):
    """认定: the lead unit freezes the facts and recognises the cost lines."""

    action = Action.CERTIFY
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Compare(Act):
    """比对: whether what came to light is the same benefit as the case's, or another, with the reason."""

    action = Action.COMPARE
    comparison: int = 0
    verdict: str = ""  # same or different

    @property
    def content(self) -> dict[str, Any]:
        return {"comparison": self.comparison, "verdict": self.verdict}


@dataclass(frozen=True, kw_only=True)
class Opine(Act):
    """联审: a joint unit's opinion; a negative one needs its reason."""

    action = Action.OPINE
    positive: bool = True

    @property
    def content(self) -> dict[str, Any]:
        return {"positive": self.positive}


@dataclass(frozen=True, kw_only=True)
class Override(Reasoned):
    """A named higher level overrides negative opinions."""

    action = Action.OVERRIDE


@dataclass(frozen=True, kw_only=True)
class Waive(Reasoned):
    """核准例外: one person asks that a condition be overridden (reason code, reason, paper), a second one confirms it."""

    action = Action.WAIVE
    check: str = ""
    paper: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {"check": self.check, "paper": self.paper}


@dataclass(frozen=True, kw_only=True)
class ConfirmAmount(Act):
    """The amount checker confirms what was computed."""

    action = Action.CONFIRM_AMOUNT


@dataclass(frozen=True, kw_only=True)
class Decide(Act):
    """审定 in a list; the amount may be lowered with a reason, never raised."""

    action = Action.DECIDE
    amount_fen: int | None = None
    minutes: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {"amount_fen": self.amount_fen, "minutes": self.minutes}


@dataclass(frozen=True, kw_only=True)
class Object(Reasoned):
    """异议 or 举报 against a line on notice: freezes this case only."""

    action = Action.OBJECT


@dataclass(frozen=True, kw_only=True)
class Answer(Reasoned):
    """The investigator's answer to an objection."""

    action = Action.ANSWER
    upheld: bool = False
    objection: int | None = None  # which one, where several are open

    @property
    def content(self) -> dict[str, Any]:
        return {"upheld": self.upheld, "objection": self.objection}


@dataclass(frozen=True, kw_only=True)
class Withdraw(Reasoned):
    """The applicant withdraws; what was reserved is released."""

    action = Action.WITHDRAW


@dataclass(frozen=True, kw_only=True)
class Hold(Reasoned):
    """A stop with category, reason and a date on which it is looked at again."""

    action = Action.HOLD
    review_on: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {"review_on": self.review_on}


@dataclass(frozen=True, kw_only=True)
class Unhold(Act):
    """The stop ends."""

    action = Action.UNHOLD


@dataclass(frozen=True, kw_only=True)
class Deliver(Act):
    """In kind: what was decided was handed over (quota granted, price memo issued, entry made)."""

    action = Action.DELIVER
    document: str = ""
    result: str = ""  # what became of it, where the item asks for that

    @property
    def content(self) -> dict[str, Any]:
        return {"document": self.document, **({"result": self.result} if self.result else {})}


@dataclass(frozen=True, kw_only=True)
class Report(Act):
    """Programme: the unit reports a milestone with figures; with the last one the case is reported."""

    action = Action.REPORT
    milestone: int = 0
    text: str = ""
    indicators: Mapping[str, str] = field(default_factory=dict)
    period: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {
            "milestone": self.milestone,
            "text": self.text,
            "indicators": dict(self.indicators),
            "period": self.period,
        }


@dataclass(frozen=True, kw_only=True)
class Review(Act):
    """Programme: a second officer reviews what was reported; unsatisfied sends it back with a reason."""

    action = Action.REVIEW
    satisfied: bool = True

    @property
    def content(self) -> dict[str, Any]:
        return {"satisfied": self.satisfied}


@dataclass(frozen=True, kw_only=True)
class RegisterOffline(Act):
    """A payment made outside the batches is registered under the same guards and in the same table."""

    action = Action.PAY_OFFLINE
    document: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {"document": self.document}


@dataclass(frozen=True, kw_only=True)
class Undo(Reasoned):
    """A decision is taken back (before any payment order): reason, and a second person by another act."""

    action = Action.UNDO


@dataclass(frozen=True, kw_only=True)
class Reopen(Reasoned):
    """A terminal case is opened again; two people: the first asks, the second opens."""

    action = Action.REOPEN


@dataclass(frozen=True, kw_only=True)
class Rebind(Reasoned):
    """Another version of the rule binds the case; two people: the first asks, the second confirms the same version."""

    action = Action.REBIND
    rule_version: str = ""

    @property
    def content(self) -> dict[str, Any]:
        return {"rule_version": self.rule_version.strip()}
