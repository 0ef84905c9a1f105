"""Two heads decide that another version of the rule binds a case than that of its filing; it stays on record for ever."""

from json import loads
from typing import Any, cast

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework import forms
from casework.asked_anew import stated_anew
from casework.cases import Change
from casework.desk import Desk, goes_on, snapshot
from casework.errors import Refused
from casework.requests import Rebind
from casework.rules import bind
from models import Decision, State
from models.statements import Prepared
from policies.measures import Item

_SAID = Prepared(
    select(col(Decision.content)).where(
        col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("seen")
    )
)


def rebind(desk: Desk) -> Change:
    """The first head asks, the second one confirms the same version; a case that stood still for its rule goes on."""
    desk.reason_needed()
    act, case, work = cast(Rebind, desk.act), desk.case, desk.work
    wanted = _version(desk, act.rule_version.strip())
    _must_fit(desk, wanted)
    if not desk.confirmed_by_second():
        return desk.stay(outcome="requested")
    asked = loads(work.rows(_SAID, wanted=case.id, seen=case.version)[0].content)["rule_version"]
    if asked != wanted.version:
        zh = f"另一名负责人提出的是规则版本 {asked}，须就同一版本确认"
        raise Refused("rule_version", zh, f"the other head asked for version {asked}", field="rule_version")
    _known_anew(desk, wanted)
    return desk.move(
        State(case.state),
        goes_on(case, work.now),
        outcome="rebound",
        sets=bind(work, case.policy, wanted, wanted.digest),
        content={"rule_version_before": case.rule_version, "rule_digest_before": case.rule_digest},
    )


def _version(desk: Desk, name: str) -> Item:
    known = {one.version: one for one in desk.way.policy.versions_of(desk.case.item)}
    if name not in known:
        listed = "、".join(known)
        zh = f"{desk.case.item} 没有规则版本“{name}”；现有：{listed}"
        raise Refused("rule_version", zh, f"no rule version {name}; there are {', '.join(known)}", field="rule_version")
    return known[name]


def _known_anew(desk: Desk, wanted: Item) -> None:
    """The other version may know the subject by other fields and for other days: the case's keys are written again."""
    certified = desk.case.state in (State.UNDER_JOINT_REVIEW, State.CERTIFIED)
    content = snapshot(desk.work, desk.case, "facts" if certified else "claim") if wanted.pays else None
    if content is not None:
        form: Any = forms.parse(wanted.facts if certified else wanted.claim, content)
        stated_anew(desk.work, desk.case, wanted, form)


def _must_fit(desk: Desk, wanted: Item) -> None:
    """What was claimed and certified must be readable by the other version's forms."""
    for kind, form in (("claim", wanted.claim), ("facts", wanted.facts)):
        content = snapshot(desk.work, desk.case, kind)
        if content is not None:
            forms.parse(form, content)
