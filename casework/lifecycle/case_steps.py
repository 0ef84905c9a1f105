"""The way of a case in a handful of steps, as an applicant follows it: what is done and since when, where it is, what comes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from casework.lifecycle.procedure import Procedure
from casework.lifecycle.wordings import STATES
from models import State
from models.cases import TERMINAL
from policies.measures import Chain

S = State


Place = Literal["done", "now", "ahead", "ended"]  # seen from the case as it stands; ended: before its way was at an end


STEPS: Mapping[str, tuple[str, str]] = {
    "filed": ("提交申报", "Filed"),
    "accepted": ("受理", "Accepted"),
    "screened": ("镇（街道）初审", "Screened by the town"),
    "certified": ("责任单位认定", "Certified by the unit"),
    "joint_review": ("部门联审", "Joint review"),
    "computed": ("核算", "Computed"),
    "decided": ("审定", "Decided"),
    "on_notice": ("公示", "On public notice"),
    "paid": ("拨付到账", "Paid"),
    "delivered": ("落实支持", "Delivered"),
    "closed": ("办结", "Closed"),
    "planned": ("报送计划", "Plan reported"),
    "plan_reviewed": ("审核计划", "Plan reviewed"),
    "reported": ("实施并报告", "Carried out and reported"),
    "reviewed": ("复核成果", "Result reviewed"),
    "corrected": ("补正", "Corrected by you"),
}
"""Every step that a case may have, by its id: its name in two languages."""


@dataclass(frozen=True, kw_only=True)
class CaseStep:
    """One step: its id, its name in two languages, where it lies, and the instant at which it was done."""

    id: str
    zh: str
    en: str
    place: Place
    at: datetime | None = None


@dataclass(frozen=True)
class _Stretch:
    """A step of a procedure: the states in which it is under way, and those that show that it is done."""

    id: str
    zh: str
    en: str
    under_way: frozenset[State]
    done: tuple[State, ...]


def case_steps(
    procedure: Procedure, state: str, town: str | None, entered: Mapping[str, datetime]
) -> tuple[CaseStep, ...]:
    """The steps in order. `entered`: the last instant at which each state was entered; `town`: the applicant's."""
    now = State(state)
    found = _stretches(procedure, now, town)
    if now in TERMINAL and now is not S.CLOSED:
        done = [_step(stretch, "done", entered) for stretch in found if _reached(stretch, entered)]
        _, zh, en = STATES[now]
        return (*done, CaseStep(id="", zh=zh, en=en, place="ended", at=entered.get(now)))
    here = next((n for n, stretch in enumerate(found) if now in stretch.under_way), len(found))
    return tuple(_step(stretch, _place(n, here), entered) for n, stretch in enumerate(found))


def _place(number: int, here: int) -> Place:
    return "done" if number < here else "now" if number == here else "ahead"


def _step(stretch: _Stretch, place: Place, entered: Mapping[str, datetime]) -> CaseStep:
    at = _reached(stretch, entered) if place == "done" else None
    return CaseStep(id=stretch.id, zh=stretch.zh, en=stretch.en, place=place, at=at)


def _reached(stretch: _Stretch, entered: Mapping[str, datetime]) -> datetime | None:
    return max((entered[state] for state in stretch.done if state in entered), default=None)


def _stretches(procedure: Procedure, state: State, town: str | None) -> list[_Stretch]:
    return _programme(procedure, state) if procedure.item.chain is Chain.PROGRAMME else _support(procedure, state, town)


def _support(procedure: Procedure, state: State, town: str | None) -> list[_Stretch]:
    """Money, or support in kind."""
    screened, on_notice, pays = procedure.screened and bool(town), procedure.notice_days > 0, procedure.item.pays
    found = [
        _one("filed", {S.DRAFT}, S.FILED),
        *([_CORRECTION] if state is S.IN_CORRECTION else ()),
        _one("accepted", {S.FILED}, S.ACCEPTED),
    ]
    if screened:
        found.append(_one("screened", {S.ACCEPTED}, S.SCREENED))
    before = {S.SCREENED} if screened else {S.SCREENED, S.ACCEPTED}
    found.append(_one("certified", before, S.CERTIFIED, S.UNDER_JOINT_REVIEW))
    if procedure.joint:
        found.append(_one("joint_review", {S.UNDER_JOINT_REVIEW}, S.CERTIFIED))
    found.append(_one("computed", {S.CERTIFIED, S.UNDER_JOINT_REVIEW}, S.COMPUTED, S.DECIDED))
    found.append(_one("decided", {S.COMPUTED}, S.DECIDED))
    if on_notice:
        found.append(_one("on_notice", {S.DECIDED, S.ON_NOTICE}, S.PAYABLE, S.DELIVERED))
    last = {S.PAYABLE, S.ORDERED, S.DECIDED, S.ON_NOTICE}
    found.append(_one("paid", last, S.PAID) if pays else _one("delivered", last, S.DELIVERED))
    return [*found, _one("closed", {S.PAID, S.DELIVERED}, S.CLOSED)]


def _programme(procedure: Procedure, state: State) -> list[_Stretch]:
    """A unit's own plan."""
    found = [
        _one("planned", {S.DRAFT}, S.PLANNED),
        *([_CORRECTION] if state is S.IN_CORRECTION else ()),
        _one("plan_reviewed", {S.PLANNED}, S.CERTIFIED, S.UNDER_JOINT_REVIEW),
    ]
    if procedure.joint:
        found.append(_one("joint_review", {S.UNDER_JOINT_REVIEW}, S.CERTIFIED))
    before = {S.CERTIFIED, S.UNDER_JOINT_REVIEW, S.IN_PROGRESS}
    found += [
        _one("reported", before, S.REPORTED),
        _one("reviewed", {S.REPORTED}, S.REVIEWED),
        _one("closed", {S.REVIEWED}, S.CLOSED),
    ]
    return found


def _one(id: str, under_way: Collection[State], *done: State) -> _Stretch:
    return _Stretch(id, *STEPS[id], frozenset(under_way), done)


_CORRECTION = _one("corrected", {S.IN_CORRECTION})  # a step only while it lasts
