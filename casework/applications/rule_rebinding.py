"""Two heads decide that another version of the rule binds a case than that of its filing; it stays on record for ever."""

from datetime import datetime
from json import loads
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.forms import typed_forms
from casework.lifecycle.act_context import ActContext, goes_on, snapshot
from casework.lifecycle.case_changes import CaseView, Change, put_off
from casework.lifecycle.commands import Rebind
from casework.lifecycle.procedure import Next, system
from casework.lifecycle.rule_binding import bind
from casework.shared.errors import Refused
from casework.stacking.reopened_comparisons import stated_anew
from models import Decision, Duty, State
from models.statements import Prepared
from policies.measures import Item

_SAID = Prepared(
    select(col(Decision.content)).where(
        col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("seen")
    )
)


def rebind(context: ActContext) -> Change:
    """The first head asks, the second one confirms the same version; a case that stood still for its rule goes on."""
    context.reason_needed()
    act, case, work = cast(Rebind, context.act), context.case, context.work
    wanted = _version(context, act.rule_version.strip())
    _must_fit(context, wanted)
    if not context.confirmed_by_second():
        return context.stay(outcome="requested")
    asked = loads(work.rows(_SAID, wanted=case.id, seen=case.version)[0].content)["rule_version"]
    if asked != wanted.version:
        zh = f"另一名负责人提出的是规则版本 {asked}，须就同一版本确认"
        raise Refused("rule_version", zh, f"the other head asked for version {asked}", field="rule_version")
    _known_anew(context, wanted)
    return context.move(
        State(case.state),
        _following(case, work.now),
        outcome="rebound",
        sets=bind(work, case.policy, wanted, wanted.digest),
        content={"rule_version_before": case.rule_version, "rule_digest_before": case.rule_digest},
    )


def _following(case: CaseView, now: datetime) -> Next:
    """What waits for a value or for money may need less of it by the other version: it is priced anew, in its place."""
    if case.state != State.CERTIFIED or case.next_duty not in (Duty.PARAMETER_AUTHOR, Duty.FUND_OFFICER):
        return goes_on(case, now)
    if case.next_duty == Duty.PARAMETER_AUTHOR:
        return system(now)
    return put_off(case, now)


def _version(context: ActContext, name: str) -> Item:
    known = {version.version: version for version in context.procedure.policy.versions_of(context.case.item)}
    if name not in known:
        listed = "、".join(known)
        zh = f"{context.case.item} 没有规则版本“{name}”；现有：{listed}"
        raise Refused("rule_version", zh, f"no rule version {name}; there are {', '.join(known)}", field="rule_version")
    return known[name]


def _known_anew(context: ActContext, wanted: Item) -> None:
    """The other version may know the subject by other fields and for other days: the case's keys are written again."""
    certified = context.case.state in (State.UNDER_JOINT_REVIEW, State.CERTIFIED)
    content = snapshot(context.work, context.case, "facts" if certified else "claim") if wanted.pays else None
    if content is not None:
        form: Any = typed_forms.parse(wanted.facts if certified else wanted.claim, content)
        stated_anew(context.work, context.case, wanted, form)


def _must_fit(context: ActContext, wanted: Item) -> None:
    """What was claimed and certified must be readable by the other version's forms."""
    for kind, form in (("claim", wanted.claim), ("facts", wanted.facts)):
        content = snapshot(context.work, context.case, kind)
        if content is not None:
            typed_forms.parse(form, content)
