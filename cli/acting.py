"""From an action's word and its options to the casework's request; an option that does not belong is refused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.errors import Trouble, wrong_use
from cli.funds import money

_REASONED = ("reason_code", "clause")
# action word: (Chinese, the options that it takes beside reason, seen and act_id)
ACTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "file": ("申报", ("claim", "on_behalf")),
    "accept": ("受理", ()),
    "return": ("退回补正", ("missing", *_REASONED)),
    "refuse": ("不予支持", _REASONED),
    "screen": ("初审", ("visited",)),
    "certify": ("认定", ("facts",)),  # and --as-claimed, --fact, which become facts before
    "compare": ("比对", ("comparison", "verdict")),
    "opine": ("联审意见", ("negative",)),
    "override": ("否决意见裁定", _REASONED),
    "waive": ("核准例外", ("check", "paper", *_REASONED)),
    "confirm": ("复核金额", ()),
    "decide": ("审定", ("amount", "minutes")),
    "object": ("提出异议", _REASONED),
    "answer": ("答复异议", ("upheld", "objection", *_REASONED)),
    "hold": ("暂停", ("review_on", *_REASONED)),
    "unhold": ("恢复", ()),
    "withdraw": ("撤回", _REASONED),
    "deliver": ("交付", ("document", "result")),
    "report": ("报告进展", ("milestone", "text", "indicators", "period")),
    "review": ("复核成果", ("unsatisfied",)),
    "undo": ("撤销审定", _REASONED),
    "reopen": ("重新办理", _REASONED),
    "rebind": ("另定规则版本", ("rule_version", *_REASONED)),
}
HIDDEN = {"pay_offline": ("登记线下拨付", ("document",))}  # has a command of its own: payments offline
_COMMON = ("reason", "seen", "act_id")
_OPPOSITE = {"negative": "positive", "unsatisfied": "satisfied"}
_REQUIRED = {"certify": ("facts",), "compare": ("comparison", "verdict")}
_VERDICTS = {"same": "same", "相同": "same", "同一": "same", "different": "different", "不同": "different"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An act as asked for: the case's number, the action's word, the options that were given."""

    case: str
    action: str
    options: Mapping[str, Any] = field(default_factory=dict)


def kind_of(action: str) -> Any:
    """The request record of an action's word."""
    from casework import requests as r

    kinds = {
        "file": r.File,
        "accept": r.Accept,
        "return": r.ReturnForCorrection,
        "refuse": r.Refuse,
        "screen": r.Screen,
        "certify": r.Certify,
        "compare": r.Compare,
        "opine": r.Opine,
        "override": r.Override,
        "waive": r.Waive,
        "confirm": r.ConfirmAmount,
        "decide": r.Decide,
        "object": r.Object,
        "answer": r.Answer,
        "hold": r.Hold,
        "unhold": r.Unhold,
        "withdraw": r.Withdraw,
        "deliver": r.Deliver,
        "report": r.Report,
        "review": r.Review,
        "undo": r.Undo,
        "reopen": r.Reopen,
        "rebind": r.Rebind,
        "pay_offline": r.RegisterOffline,
    }
    return kinds[action]


def action_of(text: str) -> str:
    """The action's word, in any case; its Chinese name and the casework's own name will do too."""
    wanted = text.strip().lower().replace("confirm_amount", "confirm")
    for name, (zh, _) in {**ACTIONS, **HIDDEN}.items():
        if wanted in (name, zh):
            return name
    among = "、".join(f"{name}（{zh}）" for name, (zh, _) in ACTIONS.items())
    zh = f"没有动作“{text}”；可用：{among}" if text else f"没有写明动作；可用：{among}"
    raise wrong_use("action", zh, f"no action {text!r}; one of {', '.join(ACTIONS)}", field="ACTION")


def request(wanted: Wanted, known: Mapping[str, uuid.UUID], by: uuid.UUID, act_id: uuid.UUID | None = None) -> Any:
    """The casework's request; Trouble says which case, action or option is wrong."""
    action = action_of(wanted.action)
    options = dict(wanted.options)
    _refuse_strangers(action, options)
    case = known.get(wanted.case)
    if case is None:
        zh, en = f"没有案件“{wanted.case}”，请用 cases 查找编号", f"there is no case {wanted.case}: see duixian cases"
        raise wrong_use("unknown_case", zh, en, field="NO")
    named = options.pop("act_id", None)
    identity = _act_id(named) if named else act_id or uuid.uuid4()
    return kind_of(action)(case=case, by=by, act_id=identity, **_values(options))


def _refuse_strangers(action: str, options: Mapping[str, Any]) -> None:
    allowed = (*{**ACTIONS, **HIDDEN}[action][1], *_COMMON)
    strange = [name for name in options if name not in allowed]
    absent = [name for name in _REQUIRED.get(action, ()) if name not in options]
    if not strange and not absent:
        return
    shown = "、".join(f"--{_flag(name)}" for name in allowed)
    faults = [f"{action} 不用 --{_flag(name)}" for name in strange] + [
        f"{action} 须有 --{_flag(name)}" for name in absent
    ]
    english = [f"{action} takes no --{_flag(name)}" for name in strange]
    english += [f"{action} needs --{_flag(name)}" for name in absent]
    zh, en = f"{'；'.join(faults)}；可用：{shown}", f"{'; '.join(english)}; there are {shown}"
    raise wrong_use("option", zh, en, field=f"--{_flag((strange or absent)[0])}")


def _flag(name: str) -> str:
    return {"indicators": "indicator"}.get(name, name).replace("_", "-")


def _values(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the request's fields."""
    values: dict[str, Any] = {}
    for name, value in options.items():
        if name in _OPPOSITE:
            values[_OPPOSITE[name]] = not value
        elif name == "amount":
            values["amount_fen"] = int(money(str(value), "--amount"))
        elif name == "missing":
            values[name] = tuple(value)
        elif name == "verdict":
            values[name] = _verdict(str(value))
        else:
            values[name] = value
    return values


def _verdict(text: str) -> str:
    known = _VERDICTS.get(text.strip().lower())
    if known is None:
        zh = f"比对结论应为 same（相同）或 different（不同）；现为 {text}"
        raise wrong_use("verdict", zh, f"the verdict is same or different, not {text}", field="--verdict")
    return known


def _act_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        trouble: Trouble = wrong_use(
            "act_id", f"操作编号应为 UUID；现为 {text}", f"{text} is no UUID", field="--act-id"
        )
        raise trouble from error
