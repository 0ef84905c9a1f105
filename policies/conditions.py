"""The conditions of an item: which checks are hard or soft, from which act on each needs its data, who may override it.

One list serves every item; an item names in `soft` what only warns there. None of this adds a condition to the text:
exclusion, sector and registration are asked only where a parameter with a citation is in force, and which papers are
required is a setting of the bureau (`P-papers`), by default those that the item marks so. The reason codes are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.forms import Choice, Text
from policies.kinds import ListKind
from policies.parameters import Setting

# An item is read here as it stands: its own file names this one, so that its type has no name here.
PAPER = "paper:"  # the id of a slot's check begins so
NONE = "none"  # in `P-papers`: no slot is required


class Gate(Choice):
    """The acts at which conditions are looked at, in the order of a case's life."""

    FILE = "file", "申报", "filing"
    ACCEPT = "accept", "受理", "acceptance"
    CERTIFY = "certify", "认定", "certification"
    DECIDE = "decide", "审定", "decision"
    PAY = "pay", "拨付或兑现", "payment or delivery"

    @property
    def order(self) -> int:
        """Its place among the gates."""
        return list(Gate).index(self)


class Why(Choice):
    """The reasons for which a condition may be overridden."""

    DOCUMENT = "document", "有主管部门的书面意见", "a competent office says so in writing"
    PROVEN = "proven", "另有证明，已核对原件", "proven otherwise, the original was seen"
    RESTORED = "restored", "已整改或已修复信用", "put right, or credit restored"
    REGISTER = "register", "登记信息有误或滞后", "the register is wrong or late"


@dataclass(frozen=True, kw_only=True)
class Override:
    """Who may override a condition: one person in `duty` asks with reason code, reason and paper, another in `second` confirms."""

    duty: str
    second: str
    why: tuple[Why, ...] = tuple(Why)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One check. A hard one that fails stops every gate; one without data stops from `needed` on. No `override`: none.

    `applicant`: what the applicant can still do about it; None where only the office can."""

    id: str
    title: Text
    needed: Gate
    remedy: Text  # what to do where it stops
    hard: bool = True
    override: Override | None = None
    applicant: Text | None = None


_BY_ACCEPTOR = Override(duty="acceptor", second="head")
_BY_CERTIFIER = Override(duty="certifier", second="head")
_BY_HEADS = Override(duty="head", second="head")

APPLICANT = Condition(
    id="applicant",
    title=Text("申报主体类别", "kind of applicant"),
    needed=Gate.FILE,
    remedy=Text("请由符合类别的主体申报其适用的事项", "let an applicant of the right kind apply"),
)
WINDOW = Condition(
    id="window",
    title=Text("申报期", "filing window"),
    needed=Gate.FILE,
    remedy=Text("申报期外的申报不予支持", "what was filed outside the window is refused"),
)
CODE = Condition(
    id="code",
    title=Text("统一社会信用代码", "credit code"),
    needed=Gate.ACCEPT,
    remedy=Text("请核对登记证并更正登记", "compare the certificate and correct the register"),
    override=_BY_ACCEPTOR,
    applicant=Text("请携登记证到受理单位更正登记", "bring the certificate to have the register corrected"),
)
EXCLUSION = Condition(
    id="exclusion",
    title=Text("不予支持名单", "exclusion list"),
    needed=Gate.ACCEPT,
    remedy=Text("请先由名单管理单位移出，或作不予支持处理", "let the list's keeper take it off, or refuse the case"),
    override=_BY_HEADS,
    applicant=Text("对名单有异议的，请向名单管理单位申请移出", "ask the list's keeper to be taken off"),
)
REGISTRATION = Condition(
    id="registration",
    title=Text("本区注册", "registration in the district"),
    needed=Gate.ACCEPT,
    remedy=Text("请核对注册地并补登所属镇（街道）", "check the registration and enter the town"),
    override=_BY_CERTIFIER,
    applicant=Text("请携营业执照到受理单位补登所属镇（街道）", "bring the licence to have the town entered"),
)
SECTOR = Condition(
    id="sector",
    title=Text("适用行业", "sector"),
    needed=Gate.ACCEPT,
    remedy=Text("请核对营业执照并更正行业登记", "check the licence and correct the sector"),
    override=_BY_CERTIFIER,
    applicant=Text(
        "行业登记有误的，请携营业执照到受理单位更正",
        "where the register is wrong, bring the licence to have it corrected",
    ),
)
PAPERS = Condition(
    id=PAPER,
    title=Text("必备材料", "required papers"),
    needed=Gate.ACCEPT,
    remedy=Text("请一次性告知补正，或由代录人补录材料", "return it once for correction, or add the paper"),
    override=_BY_ACCEPTOR,
    applicant=Text("请补交或出示原件", "hand it in or show the original"),
)
EVENT = Condition(
    id="event",
    title=Text("事件日期在有效期内", "the event's date lies in the term"),
    needed=Gate.CERTIFY,
    remedy=Text("请核对日期；确在有效期外的不予支持", "check the date; outside the term the case is refused"),
    applicant=Text("日期填错的，可撤回后重新申报", "if the date is a slip, withdraw and file again"),
)
SUBJECT = Condition(
    id="subject",
    title=Text("同一事项未曾享受", "the subject was not supported before"),
    needed=Gate.CERTIFY,
    remedy=Text("已享受的不予支持", "what was supported already is refused"),
)
ACCOUNT = Condition(
    id="account",
    title=Text("收款账户", "payee account"),
    needed=Gate.PAY,
    remedy=Text(
        "请申报人补充账户，由第二人核验", "ask the applicant for an account, and let a second person verify it"
    ),
    applicant=Text(
        "请在拨付前向受理单位提供户名、开户行和账号",
        "give the office the account's name, bank and number before payment",
    ),
)
TWICE = Condition(
    id="twice",
    title=Text("同一事项另有在办申报", "another open case on the same subject"),
    needed=Gate.ACCEPT,
    remedy=Text("请与另一案件比对，避免重复办理", "compare the other case"),
    hard=False,
    applicant=Text("重复提交的，请撤回其中一件", "withdraw one of them if it was sent twice"),
)

GENERAL = (APPLICANT, WINDOW, CODE, REGISTRATION, SECTOR, EXCLUSION, EVENT, SUBJECT, TWICE, ACCOUNT)


def conditions(item: Any) -> tuple[Condition, ...]:
    """Every condition that may be asked of the item's cases, in the order in which they are read."""
    papers = [replace(PAPERS, id=PAPER + slot.id, title=slot.title) for slot in item.evidence]
    known = (one for one in (*GENERAL, *papers) if item.pays or one is not ACCOUNT)
    return tuple(replace(one, hard=False) if one.id in item.soft else one for one in known)


def applicant_can(check: str) -> Text | None:
    """What an applicant can still do about a check that says no; None where only the office can."""
    known = {one.id: one for one in GENERAL}
    one = PAPERS if check.startswith(PAPER) else known.get(check)
    return one.applicant if one else None


def papers_setting(item: Any) -> tuple[Setting, ...]:
    """`P-papers` of an item: which of its slots must be filled. The text names none, so the list is the bureau's."""
    if not item.evidence:
        return ()
    offered = "、".join(f"{slot.id}：{slot.title.zh}" for slot in item.evidence)
    setting = Setting(
        id="P-papers",
        title=Text("必备材料", "required papers"),
        decides=Text(f"哪些材料必备（{offered}；{NONE}：均非必备）", f"which slots must be filled ({NONE}: no slot)"),
        kind=ListKind(among=(*(slot.id for slot in item.evidence), NONE)),
        default=tuple(slot.id for slot in item.evidence if slot.required) or (NONE,),
    )
    return (setting,)


def required(item: Any, *lists: Sequence[str]) -> tuple[Any, ...]:
    """The slots that every one of these lists names (as on the day of filing and as today, say)."""
    return tuple(slot for slot in item.evidence if all(slot.id in one for one in lists))
