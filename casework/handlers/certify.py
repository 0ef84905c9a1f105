"""Certification by the lead unit and the opinions of the joint units."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework import forms
from casework.asked_anew import stated_anew
from casework.cases import Change
from casework.desk import Desk, unit
from casework.errors import Refused
from casework.procedure import Next, system
from casework.reference import in_force
from casework.requests import Certify, Opine
from casework.snapshots import freeze
from models import CostLine, Duty, JointOpinion, State
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


def certify(desk: Desk) -> Change:
    """Freezes the certified facts, recognises the cost lines and says what the money is for."""
    work, case, item = desk.work, desk.case, desk.way.item
    facts: Any = forms.facts_of(item, cast(Certify, desk.act).facts, today=work.today)
    freeze(work, case, "facts", forms.content(facts), by=desk.act.by, version=case.version + 1)
    for line in getattr(facts, "cost_lines", ()):
        work.add(
            CostLine,
            case_id=case.id,
            document=line.key,
            description=line.description,
            claimed_fen=int(line.claimed),
            recognised_fen=int(line.recognised),
            reason=line.reason,
        )
    stated_anew(work, case, item, facts)
    price_once(desk, facts)
    state, following, told = after_opinions(desk, {})
    return desk.move(state, following, tell=told or (desk.tell_applicant("certified"),))


def price_once(desk: Desk, facts: Any) -> None:
    """Facts that the rule cannot work with are told to whoever certifies them, not to nobody at the computation."""
    item, work = desk.way.item, desk.work
    now = in_force(desk.reference, desk.way.policy.code, work.today, item.id)
    day = item.event_date(facts, now) or work.today
    try:
        item.award(facts, {**in_force(desk.reference, desk.way.policy.code, day, item.id), **_basis(now)})
    except WrongFacts as wrong:
        raise Refused("facts", wrong.zh, wrong.en or wrong.zh, field=wrong.field) from wrong


def _basis(now: Mapping[str, Any]) -> dict[str, Any]:
    return {name: now[name] for name in ("P-event-basis",) if name in now}


def opinions_of(desk: Desk) -> dict[str, str]:
    """What each unit that was asked has said so far; of a plan that came back, in its last round."""
    rows: list[Any] = desk.work.rows(_OPINIONS, wanted=desk.case.id)
    return {one.unit: one.opinion for one in rows if one.round == rows[-1].round}


def after_opinions(desk: Desk, opinions: Mapping[str, str]) -> tuple[State, Next, tuple[Tell, ...]]:
    """Where a certified claim stands by its opinions: one is waited for, the head settles a negative one, or all is said.

    The only way from certified facts to a price, whether for the first time or after a reopening. Units of the item that
    were never asked are asked here.
    """
    fresh = [name for name in desk.way.joint if name not in opinions]
    rows: list[Any] = desk.work.rows(_OPINIONS, wanted=desk.case.id) if fresh else []
    last = rows[-1].round if rows else 0
    for name in fresh:
        desk.work.add(JointOpinion, case_id=desk.case.id, unit=name, round=max(last, 1) if opinions else last + 1)
    silent = [name for name, said in opinions.items() if said == "pending"] + fresh
    if silent:
        asked = tuple(unit(name, Duty.JOINT_REVIEWER, "opinion_asked") for name in silent)
        return State.UNDER_JOINT_REVIEW, desk.way.turn(Duty.JOINT_REVIEWER), asked
    if "negative" in opinions.values():
        head = desk.way.turn(Duty.HEAD)
        return State.UNDER_JOINT_REVIEW, head, (unit(head.unit, Duty.HEAD, "opinions_negative"),)
    return State.CERTIFIED, system(desk.work.now), ()


def opine(desk: Desk) -> Change:
    """One unit's opinion; the last one moves the case, a negative one sends it to the head of the lead unit."""
    act, work, case = cast(Opine, desk.act), desk.work, desk.case
    if not act.positive:
        desk.reason_needed()
    own = {
        "wanted": case.id,
        "wanted_unit": desk.standing.unit,
        "new_opinion": "positive" if act.positive else "negative",
        "new_reason": act.reason,
        "new_person": act.by,
        "new_at": work.now,
    }
    if work.run(_GIVEN, **own) != 1:
        raise Refused("opinion", "本单位意见已提交", "this unit's opinion is already given")
    outcome = "positive" if act.positive else "negative"
    opinions = opinions_of(desk)
    if "pending" in opinions.values():
        return desk.stay(outcome=outcome)
    state, following, told = after_opinions(desk, opinions)
    return desk.move(state, following, outcome=outcome, tell=told)


def override(desk: Desk) -> Change:
    """A named head overrides the negative opinions of the last round, with a reason that stays on record."""
    desk.reason_needed()
    rows: list[Any] = desk.work.rows(_OPINIONS, wanted=desk.case.id)
    desk.work.run(_OVERRIDDEN, wanted=desk.case.id, last=rows[-1].round)
    return desk.move(State.CERTIFIED, system(desk.work.now), outcome="overridden")
