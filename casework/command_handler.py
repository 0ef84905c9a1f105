"""The single entry point for people's acts: guard, state, decision, audit row, messages and wake-up in one short transaction."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import overload
from uuid import UUID

from casework.composition import HANDLERS, PAYMENT_HANDLERS
from casework.conditions.admission import admit, keep_findings
from casework.conditions.condition_gates import warnings
from casework.lifecycle import receipts
from casework.lifecycle.act_context import ActContext
from casework.lifecycle.authorization import PARTS, PriorDuty
from casework.lifecycle.authorization import parts as parts_of
from casework.lifecycle.case_changes import BY_ID, CaseView, Change, keyed, load, record
from casework.lifecycle.commands import Act, Undo, Waive
from casework.lifecycle.eligible_officers import PERSONAL, helped
from casework.lifecycle.receipts import BatchReceipt, Receipt, StatedContent
from casework.lifecycle.resume import MOMENT, TRIES, Busy
from casework.lifecycle.second_signature import REQUESTED, awaits
from casework.payments.commands import BatchCommand, PaymentCommand
from casework.payments.payment_context import at_work
from casework.shared.error_translation import as_problem
from casework.shared.errors import Broken, Problem, Refused
from casework.shared.reference import Reference, person, reference
from models import Duty
from models.database_errors import of_database
from models.store import Store
from models.unit_of_work import PRICING, UnitOfWork

CHUNK = 100
log = logging.getLogger("duixian.acts")


@overload
def act(store: Store, command: Act) -> Receipt: ...
@overload
def act(store: Store, command: PaymentCommand) -> BatchReceipt: ...
def act(store: Store, command: Act | PaymentCommand) -> Receipt | BatchReceipt:
    """Carries out one act, durable when this returns; Refused says why not and what to do, and leaves nothing behind."""
    if isinstance(command, PaymentCommand):
        return _on_many(store, command)
    answer = act_list(store, [command])[0]
    if isinstance(answer, Problem):
        raise answer
    return answer


def _on_many(store: Store, command: PaymentCommand) -> BatchReceipt:
    """An act on many cases: whole in one transaction, with its receipt."""
    said = StatedContent.of(command.content, getattr(command, "cases", ()))
    with at_work(store, command.by) as context:
        earlier = _done_before(context.work, command, said)
        if earlier is not None:
            return earlier
        receipt = PAYMENT_HANDLERS[type(command)](context, command)
        receipts.keep(context.work, receipt, command.by, said)
        return receipt


def _done_before(work: UnitOfWork, command: PaymentCommand, said: StatedContent) -> BatchReceipt | None:
    """The receipt of the same act on many done before: of a batch by its number, of what makes one by the act's id."""
    word = command.word or command.action
    if isinstance(command, BatchCommand):
        return receipts.of_many(work, command.number, command.act_id, word, command.by, said)
    number = receipts.number_of(work, command.act_id)
    if number is None:
        return None
    receipt = receipts.of_many(work, number, command.act_id, word, command.by, said)
    if receipt is None:
        raise Broken("receipt", f"{number} 缺少办理记录", f"{number} has no row in the audit chain")
    return receipt


def act_list(store: Store, requests: Sequence[Act]) -> list[Receipt | Problem]:
    """Carries out a list in transactions of `CHUNK`; each item is done or refused on its own, in the list's order."""
    answers: list[Receipt | Problem] = []
    for start in range(0, len(requests), CHUNK):
        answers.extend(_chunk(store, requests[start : start + CHUNK]))
    return answers


def _chunk(store: Store, requests: Sequence[Act], again: int = TRIES) -> list[Receipt | Problem]:
    """One transaction; if it fails as a whole (a race, a database guard) its items are tried one by one."""
    try:
        with store.write() as work:
            if any(
                isinstance(request, Undo) for request in requests
            ):  # a sum may rise again: nothing is priced beside it meanwhile
                work.nothing_arrives(PRICING)
            return _carry_out(store, work, requests)
    except Exception as trouble:
        if not (isinstance(trouble, Problem) or of_database(trouble)):
            raise
        if len(requests) > 1:
            return [answer for request in requests for answer in _chunk(store, [request])]
        if isinstance(trouble, Busy) and again:
            log.info("an act looks again in a moment: %s", trouble.en)
            time.sleep(MOMENT.total_seconds())
            return _chunk(store, requests, again - 1)
        return [_answered(store, requests[0], trouble)]


def _carry_out(store: Store, work: UnitOfWork, requests: Sequence[Act]) -> list[Receipt | Problem]:
    known = reference(store, work)
    cases, held = _looked_up(work, list(dict.fromkeys(asked.case for asked in requests)))
    answers: list[Receipt | Problem] = []
    seen: set[UUID] = set()
    for request in requests:
        try:
            if request.case in seen:
                raise Refused("twice", "同一批次中同一案件只能办理一次", "a list names each case once", field="case")
            context = _admit(work, known, cases, held, request)
        except Problem as no:
            earlier = receipts.of_act(work, request)
            if earlier is None and no.code in PERSONAL:
                log.info("refused to %s: %s on case %s (%s)", request.by, request.action, request.case, no.code)
            answers.append(earlier or no)
            continue
        seen.add(request.case)
        # From here on rows are written: a refusal now undoes the whole chunk, whose items are then tried one by one.
        answers.append(_carry_out_one(context))
    return answers


def _looked_up(work: UnitOfWork, ids: list[UUID]) -> tuple[dict[UUID, CaseView], dict[UUID, list[PriorDuty]]]:
    """The cases, and who had which part in them; a single act asks for both in one round trip."""
    if len(ids) > 1:
        cases = load(work, ids)
        return cases, parts_of(work, list(cases))
    wanted = {"wanted": ids[0]}
    found, earlier = work.ask((BY_ID, wanted), (PARTS, wanted))
    return keyed(found), {ids[0]: [PriorDuty._make(row) for row in earlier]}


def _answered(store: Store, request: Act, trouble: Exception) -> Receipt | Problem:
    """What a single act that did not go through is told: its receipt if it had been done before, else why not.

    Receipts are looked up only when an act is refused: one that was done has moved its case on, and the database takes an
    act id once."""
    no = as_problem(trouble)
    with store.read() as work:
        return receipts.of_act(work, request) or no


def _admit(
    work: UnitOfWork,
    reference: Reference,
    cases: dict[UUID, CaseView],
    held: dict[UUID, list[PriorDuty]],
    request: Act,
) -> ActContext:
    """The context of one act; Refused says why not, and who could instead."""
    case = cases.get(request.case)
    if case is None:
        raise Refused("unknown_case", "没有这个案件", "there is no such case", field="case")
    who = person(work, reference, request.by)
    admitted, refused = admit(work, reference, who, [(case, request)], held)
    if refused:
        raise helped(work, refused[0][1], reference, who, request.action, [case], held)
    return admitted[0]


def _carry_out_one(context: ActContext) -> Receipt:
    """Carries out one admitted act."""
    keep_findings([context])
    change = HANDLERS[context.act.action](context)
    record(context.work, [change])
    return _receipt(change, context)


def _receipt(change: Change, context: ActContext) -> Receipt:
    request = context.act
    asked = change.outcome == REQUESTED
    findings = context.findings
    if isinstance(request, Waive) and not asked:
        findings = tuple(
            replace(finding, waived=finding.waived or finding.result.id == request.check) for finding in findings
        )
    return Receipt(
        warnings=warnings(findings, applicant=context.standing.duty is Duty.APPLICANT),
        same_subject="same_subject" in change.content,
        awaits=awaits(context.procedure, context.case, request.action, change.content) if asked else None,
        act_id=request.act_id,
        case=change.case.id,
        number=change.case.number,
        state=change.target,
        version=change.version,
    )
