"""Filing, acceptance, correction, screening, and the plain no."""

from typing import Any, cast

from casework.applications.filing_admission import RETURNED_BEFORE, not_now
from casework.forms import typed_forms
from casework.funds.release_funds import release
from casework.lifecycle.act_context import ActContext, snapshot, unit
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import File, ReturnForCorrection
from casework.lifecycle.procedure import ENDED, after_accept, system
from casework.lifecycle.rule_binding import bind
from casework.lifecycle.snapshots import freeze
from casework.programmes.programme_progress import check_plan
from casework.shared.errors import Refused
from casework.stacking.reopened_comparisons import stated_anew
from casework.stacking.same_subject import twins
from models import Duty, State
from notifications.outbox import Tell
from policies.measures import Chain


def file(context: ActContext) -> Change:
    """Files the draft inside the window, or the corrected claim before its deadline; the receipt's instant counts."""
    act, work, case = cast(File, context.act), context.work, context.case
    first = case.state == State.DRAFT
    if (no := not_now(work, context.procedure, case)) is not None:
        raise no
    claim = act.claim if act.claim is not None else snapshot(work, case, "claim")
    if claim is None:
        raise Refused("claim", "申报内容为空", "nothing is claimed", field="claim")
    form: Any = typed_forms.parse(context.procedure.item.claim, claim)
    if act.claim is not None:
        freeze(work, case, "claim", typed_forms.content(form), by=act.by, version=case.version + 1)
    programme = context.procedure.item.chain is Chain.PROGRAMME
    if programme:
        check_plan(context, form)
    target = State.PLANNED if programme else State.FILED
    following = context.procedure.turn(Duty.CERTIFIER) if programme else system(work.now)
    procedure = context.procedure
    sets = {"filed_at": work.now, **bind(work, case.policy, procedure.item, procedure.digest)} if first else {}
    told, known = _same_subject(context, form)
    filed = context.tell_applicant("filed" if first else "corrected", at=str(work.today))
    return context.move(target, following, sets=sets, content=known, tell=(filed, *told))


def _same_subject(context: ActContext, form: Any) -> tuple[tuple[Tell, ...], dict[str, Any]]:
    """A warning where something under way or registered names the same subject: to the applicant and to the acceptor."""
    if not context.procedure.item.pays:
        return (), {}
    met = twins(context.work, context.case, stated_anew(context.work, context.case, context.procedure.item, form))
    if not met:
        return (), {}
    own = "、".join(dict.fromkeys(claim.told(officer=False)[0] for claim in met))
    every = "、".join(claim.zh for claim in met)
    told = (
        context.tell_applicant("same_subject", note=own),
        unit(context.procedure.turn(Duty.ACCEPTOR).unit, Duty.ACCEPTOR, "same_subject", note=every),
    )
    return told, {"same_subject": [claim.zh for claim in met]}


def accept(context: ActContext) -> Change:
    """Complete: the bureau's clock starts."""
    following = after_accept(context.procedure, context.case.town)
    turn = unit(following.unit, str(following.duty), "turn", due=str(following.due))
    return context.move(State.ACCEPTED, following, tell=(context.tell_applicant("accepted"), turn))


def send_back(context: ActContext) -> Change:
    """一次性告知: once, with everything missing; the clock stops while the case is with the applicant."""
    act = cast(ReturnForCorrection, context.act)
    programme = context.procedure.item.chain is Chain.PROGRAMME
    if context.case.corrections and not programme:
        raise Refused("once", *RETURNED_BEFORE)
    missing = [paper.strip() for paper in act.missing if paper.strip()]
    if not missing:
        raise Refused("missing", "请一次性列明全部需补正的内容", "list everything that is missing", field="missing")
    following = context.procedure.turn(Duty.APPLICANT)
    told = context.tell_applicant("returned", missing=missing, due=str(following.due))
    return context.move(
        State.IN_CORRECTION, following, sets={"corrections": context.case.corrections + 1}, tell=(told,)
    )


def screen(context: ActContext) -> Change:
    """The town recommends the case to the lead unit."""
    following = context.procedure.turn(Duty.CERTIFIER)
    return context.move(State.SCREENED, following, tell=(unit(following.unit, Duty.CERTIFIER, "turn"),))


def refuse(context: ActContext) -> Change:
    """不予支持, with reason and remedies; whatever was reserved is released. A unit's own plan goes back to it instead."""
    reason = context.reason_needed()
    if context.procedure.item.chain is Chain.PROGRAMME:
        following = context.procedure.turn(Duty.APPLICANT)
        told = context.tell_applicant("returned", missing=[reason], due=str(following.due))
        sets = {"corrections": context.case.corrections + 1}
        return context.move(State.IN_CORRECTION, following, outcome="sent_back", sets=sets, tell=(told,))
    release(context.work, context.case, why="refused")
    told = context.tell_applicant("refused", reason=reason)
    return context.move(State.REFUSED, ENDED, outcome="refused", tell=(told,))
