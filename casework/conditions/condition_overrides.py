"""核准例外: one person asks that a condition be overridden as it was found, another one confirms it."""

from json import loads
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.lifecycle.act_context import ActContext, goes_on, same_next, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Action, Waive
from casework.lifecycle.findings import Finding
from casework.lifecycle.procedure import Next
from casework.lifecycle.second_signature import condition_of
from casework.shared.errors import Refused
from models import Decision, Duty, State, Waiver
from models.duty_names import duty_zh
from models.statements import Prepared
from notifications.outbox import Tell
from policies.conditions import Condition, Override

_ASKED = Prepared(
    select(
        col(Decision.action), col(Decision.outcome), col(Decision.natural_key), col(Decision.person_id),
        col(Decision.on_behalf_of),
        col(Decision.reason_code), col(Decision.reason), col(Decision.content), col(Decision.decided_at),
    ).where(col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("seen"))
)  # fmt: skip
_LONGEST = 200  # characters of a paper's name


def waive(context: ActContext) -> Change:
    """The first person's request is a decision of the case; the second person's confirmation writes the override."""
    act = cast(Waive, context.act)
    wanted, may = condition_of(context.procedure.item, act.check)
    found = next((finding for finding in context.findings if finding.result.id == wanted.id), None)
    if found is None or found.waived or found.result.result == "ok":
        zh, en = f"“{wanted.title.zh}”目前没有可例外的问题", f"{wanted.title.en}: nothing to override"
        raise Refused("nothing_to_waive", zh, en, field="check")
    asked = _asked(context, found)
    if asked is None:
        return _ask(context, act, wanted, may, found)
    context.refuse_same_side(asked)
    _must_be(context, may.second)
    context.work.add(
        Waiver,
        case_id=context.case.id,
        name=wanted.id,
        data=found.result.data,
        version=context.case.version + 1,
        reason_code=asked.reason_code,
        reason=asked.reason,
        paper=loads(asked.content)["paper"],
        asked_by=asked.person_id,
        asked_at=asked.decided_at,
        confirmed_by=context.who.id,
        confirmed_at=context.work.now,
    )
    return _changed(context, "waived", found, following=goes_on(context.case, context.work.now))


def _asked(context: ActContext, found: Finding) -> Any | None:
    """The request that this act answers: the same check, as found now, asked at the version that is stored."""
    rows = context.work.rows(_ASKED, wanted=context.case.id, seen=context.case.version)
    if not rows or (rows[0].action, rows[0].outcome) != (Action.WAIVE, "requested"):
        return None
    content = loads(rows[0].content)
    return rows[0] if (content["check"], content["data"]) == (found.result.id, found.result.data) else None


def _ask(context: ActContext, act: Waive, wanted: Condition, may: Override, found: Finding) -> Change:
    """The request: by the right duty, with its reason code, reason and paper."""
    _must_be(context, may.duty)
    context.reason_needed()
    if act.reason_code not in may.why:
        among = "、".join(f"{reason.value}（{reason.zh}）" for reason in may.why)
        english = ", ".join(reason.value for reason in may.why)
        raise Refused("reason_code", f"理由代码应为：{among}", f"one of: {english}", field="reason_code")
    if not act.paper.strip() or len(act.paper) > _LONGEST:
        zh = f"请写明所依据的材料（名称、文号，不超过 {_LONGEST} 字）"
        raise Refused("paper", zh, "name the paper that it rests on", field="paper")
    second = Duty(may.second)
    code = next(reason for reason in may.why if reason == act.reason_code)
    words = f"{wanted.title.zh}（{wanted.id}）：{code.zh}，{act.reason}"
    told = (unit(context.procedure.unit_of(second, context.case.town), second, "waiver_asked", reason=words),)
    return _changed(context, "requested", found, told=told, following=same_next(context.case))


def _must_be(context: ActContext, duty: str) -> None:
    if context.standing.duty == duty:
        return
    name = duty_zh(Duty(duty))
    raise Refused("no_duty", f"此项例外须由{name}办理这一步", f"this step is the {duty}'s", field="by")


def _changed(
    context: ActContext, outcome: str, found: Finding, *, following: Next, told: tuple[Tell, ...] = ()
) -> Change:
    content = {"data": found.result.data, "found": found.result.words.zh}
    return context.move(State(context.case.state), following, outcome=outcome, content=content, tell=told)
