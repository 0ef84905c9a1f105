"""核准例外: one person asks that a condition be overridden as it was found, another one confirms it."""

from json import loads
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.cases import Change
from casework.conditions import Finding
from casework.desk import Desk, goes_on, same_next, unit
from casework.errors import Refused
from casework.procedure import Next
from casework.requests import Waive
from casework.transitions import Action
from casework.words import duty_zh
from models import Decision, Duty, State, Waiver
from models.statements import Prepared
from notifications.outbox import Tell
from policies.conditions import Condition, Override
from policies.measures import Item

_ASKED = Prepared(
    select(
        col(Decision.action), col(Decision.outcome), col(Decision.natural_key), col(Decision.person_id),
        col(Decision.on_behalf_of),
        col(Decision.reason_code), col(Decision.reason), col(Decision.content), col(Decision.decided_at),
    ).where(col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("seen"))
)  # fmt: skip
_LONGEST = 200  # characters of a paper's name


def condition_of(item: Item, check: str) -> tuple[Condition, Override]:
    """The condition to be overridden and who may; Refused where there is none, or nobody may."""
    known = {one.id: one for one in item.conditions}
    if check not in known:
        among = "、".join(f"{one.id}（{one.title.zh}）" for one in known.values() if one.override)
        zh = f"没有核验项“{check}”；可核准例外的有：{among}" if check else f"请写明核验项；可核准例外的有：{among}"
        raise Refused("check", zh, f"no check {check!r}; one of {', '.join(known)}", field="check")
    wanted = known[check]
    if wanted.override is None:
        zh = f"“{wanted.title.zh}”不得例外；{wanted.remedy.zh}"
        raise Refused("no_override", zh, f"{wanted.title.en} knows no override: {wanted.remedy.en}", field="check")
    return wanted, wanted.override


def duties(item: Item, check: str) -> frozenset[Duty]:
    """Who may have a part in overriding this check."""
    _, may = condition_of(item, check)
    return frozenset({Duty(may.duty), Duty(may.second)})


def waive(desk: Desk) -> Change:
    """The first person's request is a decision of the case; the second person's confirmation writes the override."""
    act = cast(Waive, desk.act)
    wanted, may = condition_of(desk.way.item, act.check)
    found = next((one for one in desk.findings if one.result.id == wanted.id), None)
    if found is None or found.waived or found.result.result == "ok":
        zh, en = f"“{wanted.title.zh}”目前没有可例外的问题", f"{wanted.title.en}: nothing to override"
        raise Refused("nothing_to_waive", zh, en, field="check")
    asked = _asked(desk, found)
    if asked is None:
        return _ask(desk, act, wanted, may, found)
    desk.refuse_same_side(asked)
    _must_be(desk, may.second)
    desk.work.add(
        Waiver,
        case_id=desk.case.id,
        name=wanted.id,
        data=found.result.data,
        version=desk.case.version + 1,
        reason_code=asked.reason_code,
        reason=asked.reason,
        paper=loads(asked.content)["paper"],
        asked_by=asked.person_id,
        asked_at=asked.decided_at,
        confirmed_by=desk.who.id,
        confirmed_at=desk.work.now,
    )
    return _changed(desk, "waived", found, following=goes_on(desk.case, desk.work.now))


def _asked(desk: Desk, found: Finding) -> Any | None:
    """The request that this act answers: the same check, as found now, asked at the version that is stored."""
    rows = desk.work.rows(_ASKED, wanted=desk.case.id, seen=desk.case.version)
    if not rows or (rows[0].action, rows[0].outcome) != (Action.WAIVE, "requested"):
        return None
    content = loads(rows[0].content)
    return rows[0] if (content["check"], content["data"]) == (found.result.id, found.result.data) else None


def _ask(desk: Desk, act: Waive, wanted: Condition, may: Override, found: Finding) -> Change:
    """The request: by the right duty, with its reason code, reason and paper."""
    _must_be(desk, may.duty)
    desk.reason_needed()
    if act.reason_code not in may.why:
        among = "、".join(f"{one.value}（{one.zh}）" for one in may.why)
        english = ", ".join(one.value for one in may.why)
        raise Refused("reason_code", f"理由代码应为：{among}", f"one of: {english}", field="reason_code")
    if not act.paper.strip() or len(act.paper) > _LONGEST:
        zh = f"请写明所依据的材料（名称、文号，不超过 {_LONGEST} 字）"
        raise Refused("paper", zh, "name the paper that it rests on", field="paper")
    second = Duty(may.second)
    code = next(one for one in may.why if one == act.reason_code)
    words = f"{wanted.title.zh}（{wanted.id}）：{code.zh}，{act.reason}"
    told = (unit(desk.way.unit_of(second, desk.case.town), second, "waiver_asked", reason=words),)
    return _changed(desk, "requested", found, told=told, following=same_next(desk.case))


def _must_be(desk: Desk, duty: str) -> None:
    if desk.standing.duty == duty:
        return
    name = duty_zh(Duty(duty))
    raise Refused("no_duty", f"此项例外须由{name}办理这一步", f"this step is the {duty}'s", field="by")


def _changed(desk: Desk, outcome: str, found: Finding, *, following: Next, told: tuple[Tell, ...] = ()) -> Change:
    content = {"data": found.result.data, "found": found.result.words.zh}
    return desk.move(State(desk.case.state), following, outcome=outcome, content=content, tell=told)
