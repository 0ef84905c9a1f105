"""Certification by the lead unit and the opinions of the joint units."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework.forms import typed_forms
from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Certify, Opine
from casework.lifecycle.procedure import Next, system
from casework.lifecycle.snapshots import freeze
from casework.shared.errors import Refused
from casework.shared.reference import in_force
from casework.stacking.reopened_comparisons import stated_anew
from models import CostLineRecord, Duty, JointOpinion, State
from models.statements import Prepared, given
from notifications.outbox import Tell
from policies.forms import WrongFacts

_GIVEN = Prepared(
    update(JointOpinion)
    .where(
        col(JointOpinion.case_id) == bindparam("wanted"),
        col(JointOpinion.unit) == bindparam("wanted_unit"),
        col(JointOpinion.opinion) == "pending",
    )
    .values(
        opinion=bindparam("new_opinion"),
        reason=bindparam("new_reason"),
        person_id=given("new_person", JointOpinion.person_id),
        given_at=given("new_at", JointOpinion.given_at),
    )
)
_OPINIONS = Prepared(
    select(col(JointOpinion.unit), col(JointOpinion.opinion), col(JointOpinion.round))
    .where(col(JointOpinion.case_id) == bindparam("wanted"))
    .order_by(col(JointOpinion.round))
)
_OVERRIDDEN = Prepared(
    update(JointOpinion)
    .where(
        col(JointOpinion.case_id) == bindparam("wanted"),
        col(JointOpinion.round) == bindparam("last"),
        col(JointOpinion.opinion) == "negative",
    )
    .values(opinion="overridden")
)


def certify(context: ActContext) -> Change:
    """Freezes the certified facts, recognises the cost lines and says what the money is for."""
    work, case, item = context.work, context.case, context.procedure.item
    facts: Any = typed_forms.facts_of(item, cast(Certify, context.act).facts, today=work.today)
    freeze(work, case, "facts", typed_forms.content(facts), by=context.act.by, version=case.version + 1)
    for line in getattr(facts, "cost_lines", ()):
        work.add(
            CostLineRecord,
            case_id=case.id,
            document=line.key,
            description=line.description,
            claimed_fen=int(line.claimed),
            recognised_fen=int(line.recognised),
            reason=line.reason,
        )
    stated_anew(work, case, item, facts)
    price_once(context, facts)
    state, following, told = after_opinions(context, {})
    return context.move(state, following, tell=told or (context.tell_applicant("certified"),))


def price_once(context: ActContext, facts: Any) -> None:
    """Facts that the rule cannot work with are told to whoever certifies them, not to nobody at the computation."""
    item, work = context.procedure.item, context.work
    now = in_force(context.reference, context.procedure.policy.code, work.today, item.id)
    day = item.event_date(facts, now) or work.today
    try:
        item.award(facts, {**in_force(context.reference, context.procedure.policy.code, day, item.id), **_basis(now)})
    except WrongFacts as wrong:
        raise Refused("facts", wrong.zh, wrong.en or wrong.zh, field=wrong.field) from wrong


def _basis(now: Mapping[str, Any]) -> dict[str, Any]:
    return {name: now[name] for name in ("P-event-basis",) if name in now}


def opinions_of(context: ActContext) -> dict[str, str]:
    """What each unit that was asked has said so far; of a plan that came back, in its last round."""
    rows: list[Any] = context.work.rows(_OPINIONS, wanted=context.case.id)
    return {row.unit: row.opinion for row in rows if row.round == rows[-1].round}


def after_opinions(context: ActContext, opinions: Mapping[str, str]) -> tuple[State, Next, tuple[Tell, ...]]:
    """Where a certified claim stands by its opinions: one is waited for, the head settles a negative one, or all is said.

    The only way from certified facts to a price, whether for the first time or after a reopening. Units of the item that
    were never asked are asked here.
    """
    fresh = [name for name in context.procedure.joint if name not in opinions]
    rows: list[Any] = context.work.rows(_OPINIONS, wanted=context.case.id) if fresh else []
    last = rows[-1].round if rows else 0
    for name in fresh:
        context.work.add(JointOpinion, case_id=context.case.id, unit=name, round=max(last, 1) if opinions else last + 1)
    silent = [name for name, said in opinions.items() if said == "pending"] + fresh
    if silent:
        asked = tuple(unit(name, Duty.JOINT_REVIEWER, "opinion_asked") for name in silent)
        return State.UNDER_JOINT_REVIEW, context.procedure.turn(Duty.JOINT_REVIEWER), asked
    if "negative" in opinions.values():
        head = context.procedure.turn(Duty.HEAD)
        return State.UNDER_JOINT_REVIEW, head, (unit(head.unit, Duty.HEAD, "opinions_negative"),)
    return State.CERTIFIED, system(context.work.now), ()


def opine(context: ActContext) -> Change:
    """One unit's opinion; the last one moves the case, a negative one sends it to the head of the lead unit."""
    act, work, case = cast(Opine, context.act), context.work, context.case
    if not act.positive:
        context.reason_needed()
    own = {
        "wanted": case.id,
        "wanted_unit": context.standing.unit,
        "new_opinion": "positive" if act.positive else "negative",
        "new_reason": act.reason,
        "new_person": act.by,
        "new_at": work.now,
    }
    if work.run(_GIVEN, **own) != 1:
        raise Refused("opinion", "本单位意见已提交", "this unit's opinion is already given")
    outcome = "positive" if act.positive else "negative"
    opinions = opinions_of(context)
    if "pending" in opinions.values():
        return context.stay(outcome=outcome)
    state, following, told = after_opinions(context, opinions)
    return context.move(state, following, outcome=outcome, tell=told)


def override(context: ActContext) -> Change:
    """A named head overrides the negative opinions of the last round, with a reason that stays on record."""
    context.reason_needed()
    rows: list[Any] = context.work.rows(_OPINIONS, wanted=context.case.id)
    context.work.run(_OVERRIDDEN, wanted=context.case.id, last=rows[-1].round)
    return context.move(State.CERTIFIED, system(context.work.now), outcome="overridden")
