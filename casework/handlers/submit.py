"""Filing, acceptance, correction, screening, and the plain no."""

from typing import Any, cast

from casework import forms
from casework.asked_anew import stated_anew
from casework.cases import Change
from casework.desk import Desk, snapshot, unit
from casework.errors import Refused
from casework.filing import window
from casework.handlers.release import release
from casework.procedure import ENDED, after_accept, system
from casework.programmes import check_plan
from casework.registers.successors import refuse_merged
from casework.requests import File, ReturnForCorrection
from casework.rules import bind
from casework.snapshots import freeze
from casework.subjects import twins
from models import Duty, State
from notifications.outbox import Tell
from policies.measures import Chain


def file(desk: Desk) -> Change:
    """Files the draft inside the window, or the corrected claim before its deadline; the receipt's instant counts."""
    act, work, case = cast(File, desk.act), desk.work, desk.case
    first = case.state == State.DRAFT
    if first and not window(desk.way).inside(work.now):
        raise Refused("outside_window", _outside(desk), "filing is outside the window")
    if not first and case.next_due is not None and work.now >= case.next_due:
        raise Refused("correction_over", "补正期限已过", "the time for correction is over")
    if first:
        refuse_merged(work, case.party_id, "申报，本草稿可撤回（withdraw）", "file: withdraw this draft", field="case")
    claim = act.claim if act.claim is not None else snapshot(work, case, "claim")
    if claim is None:
        raise Refused("claim", "申报内容为空", "nothing is claimed", field="claim")
    form: Any = forms.parse(desk.way.item.claim, claim)
    if act.claim is not None:
        freeze(work, case, "claim", forms.content(form), by=act.by, version=case.version + 1)
    programme = desk.way.item.chain is Chain.PROGRAMME
    if programme:
        check_plan(desk, form)
    target = State.PLANNED if programme else State.FILED
    following = desk.way.turn(Duty.CERTIFIER) if programme else system(work.now)
    way = desk.way
    sets = {"filed_at": work.now, **bind(work, case.policy, way.item, way.digest)} if first else {}
    told, known = _same_subject(desk, form)
    filed = desk.tell_applicant("filed", at=str(work.today))
    return desk.move(target, following, sets=sets, content=known, tell=(filed, *told))


def _same_subject(desk: Desk, form: Any) -> tuple[tuple[Tell, ...], dict[str, Any]]:
    """A warning where something under way or registered names the same subject: to the applicant and to the acceptor."""
    if not desk.way.item.pays:
        return (), {}
    met = twins(desk.work, desk.case, stated_anew(desk.work, desk.case, desk.way.item, form))
    if not met:
        return (), {}
    own = "、".join(dict.fromkeys(one.told(officer=False)[0] for one in met))
    every = "、".join(one.zh for one in met)
    told = (
        desk.tell_applicant("same_subject", note=own),
        unit(desk.way.turn(Duty.ACCEPTOR).unit, Duty.ACCEPTOR, "same_subject", note=every),
    )
    return told, {"same_subject": [one.zh for one in met]}


def _outside(desk: Desk) -> str:
    """Why now is not the time, to the day."""
    span = window(desk.way)
    if desk.work.now < span.opens_at:
        return f"申报尚未开始，{span.first} 00:00 起受理申报"
    return f"申报已于 {span.last_filing_day} 24:00 截止，本次提交未被接收"


def accept(desk: Desk) -> Change:
    """Complete: the bureau's clock starts."""
    following = after_accept(desk.way, desk.case.town)
    turn = unit(following.unit, str(following.duty), "turn", due=str(following.due))
    return desk.move(State.ACCEPTED, following, tell=(desk.tell_applicant("accepted"), turn))


def send_back(desk: Desk) -> Change:
    """一次性告知: once, with everything missing; the clock stops while the case is with the applicant."""
    act = cast(ReturnForCorrection, desk.act)
    programme = desk.way.item.chain is Chain.PROGRAMME
    if desk.case.corrections and not programme:
        raise Refused("once", "补正只能一次性告知，本案已退回过", "a case is returned for correction once only")
    missing = [one.strip() for one in act.missing if one.strip()]
    if not missing:
        raise Refused("missing", "请一次性列明全部需补正的内容", "list everything that is missing", field="missing")
    following = desk.way.turn(Duty.APPLICANT)
    told = desk.tell_applicant("returned", missing=missing, due=str(following.due))
    return desk.move(State.IN_CORRECTION, following, sets={"corrections": desk.case.corrections + 1}, tell=(told,))


def screen(desk: Desk) -> Change:
    """The town recommends the case to the lead unit."""
    following = desk.way.turn(Duty.CERTIFIER)
    return desk.move(State.SCREENED, following, tell=(unit(following.unit, Duty.CERTIFIER, "turn"),))


def refuse(desk: Desk) -> Change:
    """不予支持, with reason and remedies; whatever was reserved is released. A unit's own plan goes back to it instead."""
    reason = desk.reason_needed()
    if desk.way.item.chain is Chain.PROGRAMME:
        following = desk.way.turn(Duty.APPLICANT)
        told = desk.tell_applicant("returned", missing=[reason], due=str(following.due))
        sets = {"corrections": desk.case.corrections + 1}
        return desk.move(State.IN_CORRECTION, following, outcome="sent_back", sets=sets, tell=(told,))
    release(desk.work, desk.case, why="refused")
    told = desk.tell_applicant("refused", reason=reason)
    return desk.move(State.REFUSED, ENDED, outcome="refused", tell=(told,))
