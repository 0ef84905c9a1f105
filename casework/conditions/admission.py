"""The one admission of acts, on one case or on many: may this person do this to that case, as both stand now?

In this order, each refusal with its way out: the version that was looked at; the policy and the rule that binds are here; the duty
whose turn it is, held in the right unit; separation of duties, ties to the applicant, an interest of one's own; the conditions that
stop this act; a benefit that came to light before money is paid. Nothing is written until the act is carried out (`keep_findings`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from casework.conditions.condition_gates import GATE, digest, evaluate_conditions, stopped, store_findings
from casework.forms.typed_forms import content, facts_of, parse
from casework.lifecycle.act_context import ActContext
from casework.lifecycle.authorization import Interests, PriorDuty, admitted
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Act, Action, Certify, File, Waive
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import procedure_of
from casework.lifecycle.rule_binding import require
from casework.lifecycle.second_signature import duties
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference
from casework.stacking.late_benefits import refusals
from models.check_records import GATES
from models.unit_of_work import UnitOfWork
from policies.conditions import ACCOUNT

_PAYING = frozenset({Action.PREPARE, Action.CHECK_BATCH, Action.RELEASE, Action.PAY_OFFLINE})
# Of the payee's account `payee_checks` says more where the order is made.
_SAID_LATER = {Action.PREPARE: ACCOUNT.id}
Refusals = list[tuple[CaseView, Refused]]


def admit(
    work: UnitOfWork,
    reference: Reference,
    person: PersonView,
    asked: Sequence[tuple[CaseView, Act]],
    held: Mapping[UUID, Sequence[PriorDuty]],
) -> tuple[list[ActContext], Refusals]:
    """The acts of one person that may be carried out now, each with its context, and the cases that stand against it, with why.

    `held`: who already had which duty, by case (`authorization.parts`).
    """
    contexts: list[ActContext] = []
    refused: Refusals = []
    interests: Interests = {}
    for case, act in asked:
        try:
            contexts.append(_of_person(work, reference, person, case, act, held[case.id], interests))
        except Refused as no:
            refused.append((case, no))
    return _of_case(work, reference, contexts, refused), refused


def _of_person(
    work: UnitOfWork,
    reference: Reference,
    person: PersonView,
    case: CaseView,
    act: Act,
    held: Sequence[PriorDuty],
    interests: Interests,
) -> ActContext:
    """By every guard that goes by the version seen, the rule and the person."""
    if act.seen is not None and act.seen != case.version:
        raise Refused(
            "stale",
            f"案件 {case.number} 已更新（您看到的是第 {act.seen} 版，现为第 {case.version} 版），请重新查看后再办理",
            f"case {case.number} changed since you looked (version {act.seen}, now {case.version}): look again",
            field="seen",
        )
    procedure = procedure_of(reference, case, work.today)
    require(procedure, case, act.action)
    among = duties(procedure.item, act.check) if isinstance(act, Waive) else None
    standing = admitted(work, reference, procedure, case, person, act.action, held, among, interests)
    return ActContext(work, reference, procedure, case, act, person, standing)


def _of_case(
    work: UnitOfWork, reference: Reference, contexts: Sequence[ActContext], refused: Refusals
) -> list[ActContext]:
    """By what the conditions say just now, and by what came to light; the others join the refused."""
    looked = [context for context in contexts if context.act.action in GATE or isinstance(context.act, Waive)]
    findings = _findings(work, reference, looked) if looked else {}
    paid = [context.case for context in contexts if context.act.action in _PAYING]
    late = refusals(work, paid) if paid else {}
    going = []
    for context in contexts:
        case, action = context.case, context.act.action
        found = findings.get(case.id, ())
        no = _stopped(found, action) or late.get(case.id)
        if no is None:
            kept = digest(found) if found and action in GATES else ""
            going.append(replace(context, findings=found, check_list=kept))
        else:
            refused.append((case, no))
    return going


def _findings(work: UnitOfWork, reference: Reference, contexts: Sequence[ActContext]) -> dict[UUID, Findings]:
    """What the conditions say of these cases; a filing and a certification are judged by what they state themselves."""
    stated: dict[UUID, Any] = {}
    claims: dict[UUID, Mapping[str, Any]] = {}
    for context in contexts:
        act, item = context.act, context.procedure.item
        if isinstance(act, Certify):
            stated[context.case.id] = facts_of(item, act.facts, today=work.today)
        if isinstance(act, File) and act.claim is not None:
            claims[context.case.id] = content(parse(item.claim, act.claim))
    procedures = {context.case.id: context.procedure for context in contexts}
    cases = [context.case for context in contexts]
    return evaluate_conditions(work, reference, lambda case: procedures[case.id], cases, stated, claims)


def _stopped(findings: Findings, action: Action) -> Refused | None:
    later = _SAID_LATER.get(action)
    return (
        stopped(tuple(finding for finding in findings if finding.condition.id != later), action) if findings else None
    )


def keep_findings(contexts: Sequence[ActContext]) -> None:
    """Writes what the conditions said of acts that are carried out now."""
    listed = [context for context in contexts if context.check_list or isinstance(context.act, Waive)]
    if listed:
        store_findings(listed[0].work, {context.case.id: (context.case, context.findings) for context in listed})
