"""Certification by the lead unit and the opinions of the joint units."""

from typing import Any, cast

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework import forms
from casework.cases import Change
from casework.desk import Desk, unit
from casework.errors import Refused
from casework.procedure import after_certify, system
from casework.requests import Certify, Opine
from casework.snapshots import freeze
from casework.subjects import subject_keys
from models import CostLine, Duty, JointOpinion, State, SubjectKey
from models.statements import Prepared, given

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
    select(col(JointOpinion.unit), col(JointOpinion.opinion)).where(col(JointOpinion.case_id) == bindparam("wanted"))
)
_OVERRIDDEN = Prepared(
    update(JointOpinion)
    .where(col(JointOpinion.case_id) == bindparam("wanted"), col(JointOpinion.opinion) == "negative")
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
    for key in subject_keys(item, facts, case.party_id):
        work.add(SubjectKey, case_id=case.id, key=key)
    state, following = after_certify(desk.way, work.now)
    for name in desk.way.joint:
        work.add(JointOpinion, case_id=case.id, unit=name)
    asked = tuple(unit(name, Duty.JOINT_REVIEWER, "opinion_asked") for name in desk.way.joint)
    return desk.move(state, following, tell=asked or (desk.tell_applicant("certified"),))


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
    opinions: list[Any] = work.rows(_OPINIONS, wanted=case.id)
    outcome = "positive" if act.positive else "negative"
    if any(one.opinion == "pending" for one in opinions):
        return desk.stay(outcome=outcome)
    if any(one.opinion == "negative" for one in opinions):
        head = desk.way.turn(Duty.HEAD)
        told = (unit(head.unit, Duty.HEAD, "opinions_negative"),)
        return desk.move(State.UNDER_JOINT_REVIEW, head, outcome=outcome, tell=told)
    return desk.move(State.CERTIFIED, system(work.now), outcome=outcome)


def override(desk: Desk) -> Change:
    """A named head overrides negative opinions, with a reason that stays on record."""
    desk.reason_needed()
    desk.work.run(_OVERRIDDEN, wanted=desk.case.id)
    return desk.move(State.CERTIFIED, system(desk.work.now), outcome="overridden")
