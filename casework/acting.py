"""The one door for people's acts: guard, state, decision, audit row, messages and wake-up in one short transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from json import loads
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.cases import BY_ID, CaseView, Change, keyed, load, record
from casework.conditions import GATE, digest, keep, look, stopped, warnings
from casework.desk import Desk
from casework.eligible import helped
from casework.errors import Problem, Refused
from casework.forms import facts_of
from casework.guards import PARTS, Part, disinterested, person, principal_key, separate, standing
from casework.guards import parts as parts_of
from casework.handlers import HANDLERS
from casework.handlers.waive import duties
from casework.procedure import procedure_of
from casework.reference import Reference, reference
from casework.requests import Act, Certify, Undo, Waive, other_content
from casework.rules import require
from casework.second import REQUESTED, awaits
from casework.trouble import as_problem
from models import Case, Decision
from models.conditions import GATES
from models.statements import Prepared
from models.store import Store
from models.trouble import of_database
from models.work import PRICING, Work

CHUNK = 100
_EARLIER = Prepared(
    select(
        col(Decision.act_id),
        col(Decision.case_id),
        col(Decision.version),
        col(Decision.to_state),
        col(Decision.action),
        col(Decision.person_id),
        col(Decision.content),
        col(Case.number),
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .where(col(Decision.act_id) == bindparam("wanted"))
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What an act did: the case's number, state and version after it. `repeated`: it had been done before."""

    act_id: UUID
    case: UUID
    number: str
    state: str
    version: int
    repeated: bool = False
    warnings: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # in two languages: what stops nothing yet
    awaits: tuple[str, str] | None = field(default=None, compare=False)  # of a first signature: who confirms, and how


def act(store: Store, request: Act) -> Receipt:
    """Carries out one act, durable when this returns; Refused says why not and what to do, and leaves nothing behind."""
    answer = act_list(store, [request])[0]
    if isinstance(answer, Problem):
        raise answer
    return answer


def act_list(store: Store, requests: Sequence[Act]) -> list[Receipt | Problem]:
    """Carries out a list in transactions of `CHUNK`; each item is done or refused on its own, in the list's order."""
    answers: list[Receipt | Problem] = []
    for start in range(0, len(requests), CHUNK):
        answers.extend(_chunk(store, requests[start : start + CHUNK]))
    return answers


def _chunk(store: Store, requests: Sequence[Act]) -> list[Receipt | Problem]:
    """One transaction; if it fails as a whole (a race, a database guard) its items are tried one by one."""
    try:
        with store.write() as work:
            if any(
                isinstance(one, Undo) for one in requests
            ):  # a sum may rise again: nothing is priced beside it meanwhile
                work.nothing_arrives(PRICING)
            return _carry_out(store, work, requests)
    except Exception as trouble:
        if not (isinstance(trouble, Problem) or of_database(trouble)):
            raise
        if len(requests) > 1:
            return [answer for one in requests for answer in _chunk(store, [one])]
        return [_answered(store, requests[0], trouble)]


def _carry_out(store: Store, work: Work, requests: Sequence[Act]) -> list[Receipt | Problem]:
    facts = reference(store, work)
    cases, held = _looked_up(work, list(dict.fromkeys(one.case for one in requests)))
    answers: list[Receipt | Problem] = []
    seen: set[UUID] = set()
    for request in requests:
        try:
            if request.case in seen:
                raise Refused("twice", "同一批次中同一案件只能办理一次", "a list names each case once", field="case")
            desk = _admit(work, facts, cases, held, request)
        except Problem as no:
            answers.append(_repeated(work, request, no))
            continue
        seen.add(request.case)
        # From here on rows are written: a refusal now undoes the whole chunk, whose items are then tried one by one.
        answers.append(_carry_out_one(desk))
    return answers


def _looked_up(work: Work, ids: list[UUID]) -> tuple[dict[UUID, CaseView], dict[UUID, list[Part]]]:
    """The cases, and who had which part in them; a single act asks for both in one journey."""
    if len(ids) > 1:
        cases = load(work, ids)
        return cases, parts_of(work, list(cases))
    wanted = {"wanted": ids[0]}
    found, earlier = work.ask((BY_ID, wanted), (PARTS, wanted))
    return keyed(found), {ids[0]: [Part._make(row) for row in earlier]}


def _answered(store: Store, request: Act, trouble: Exception) -> Receipt | Problem:
    """What a single act that did not go through is told: its receipt if it had been done before, else why not."""
    with store.read() as work:
        return _repeated(work, request, as_problem(trouble))


def _repeated(work: Work, request: Act, no: Problem) -> Receipt | Problem:
    """The receipt of the same act done before, else the refusal. Looked up only when an act is refused: an act that was
    done has moved its case on, and the database takes an act id once."""
    earlier = work.rows(_EARLIER, wanted=request.act_id)
    if not earlier:
        return no
    row = earlier[0]
    if (row.case_id, row.action, row.person_id) != (request.case, request.action, request.by):
        return Refused("act_id", "操作编号已用于另一操作", "this act id belongs to another act", field="act_id")
    if loads(row.content).get("request", "") != request.digest:
        return other_content()
    return Receipt(
        act_id=row.act_id, case=row.case_id, number=row.number, state=row.to_state, version=row.version, repeated=True
    )


def _admit(
    work: Work,
    facts: Reference,
    cases: dict[UUID, CaseView],
    held: dict[UUID, list[Part]],
    request: Act,
) -> Desk:
    """Guards one act; nothing is written."""
    case = cases.get(request.case)
    if case is None:
        raise Refused("unknown_case", "没有这个案件", "there is no such case", field="case")
    if request.seen is not None and request.seen != case.version:
        raise Refused(
            "stale",
            f"案件 {case.number} 已更新（您看到的是第 {request.seen} 版，现为第 {case.version} 版），请重新查看后再办理",
            f"case {case.number} changed since you looked (version {request.seen}, now {case.version}): look again",
            field="seen",
        )
    way = procedure_of(facts, case, work.today)
    who = person(work, facts, request.by)
    require(way, case, request.action)
    among = duties(way.item, request.check) if isinstance(request, Waive) else None
    try:
        stands = standing(work, facts, way, case, who, request.action, among)
        stood_in_for = principal_key(facts, who, stands.duty, stands.principal) if stands.principal else who.natural_key
        separate(case, who, stands.duty, held[case.id], stood_in_for, stands.principal)
    except Refused as no:
        raise helped(no, facts, who, request.action, [case], held, work.now) from no
    disinterested(work, facts, way, case, who, stands)
    return _looked(Desk(work, facts, way, case, request, who, stands))


def _looked(desk: Desk) -> Desk:
    """The desk with what the conditions say just now; Refused where one of them stops the act."""
    act, case = desk.act, desk.case
    if act.action not in GATE and not isinstance(act, Waive):
        return desk
    stated = {}
    if isinstance(act, Certify):
        stated[case.id] = facts_of(desk.way.item, act.facts, today=desk.work.today)
    findings = look(desk.work, desk.reference, lambda _: desk.way, [case], stated)[case.id]
    no = stopped(findings, act.action) if act.action in GATE else None
    if no is not None:
        raise no
    kept = digest(findings) if act.action in GATES else ""
    return replace(desk, findings=findings, check_list=kept)


def _carry_out_one(desk: Desk) -> Receipt:
    """Carries out one admitted act."""
    if desk.check_list or isinstance(desk.act, Waive):
        keep(desk.work, {desk.case.id: (desk.case, desk.findings)})
    change = HANDLERS[desk.act.action](desk)
    record(desk.work, [change])
    return _receipt(change, desk)


def _receipt(change: Change, desk: Desk) -> Receipt:
    request = desk.act
    asked = change.outcome == REQUESTED
    findings = desk.findings
    if isinstance(request, Waive) and not asked:
        findings = tuple(replace(one, waived=one.waived or one.result.id == request.check) for one in findings)
    return Receipt(
        warnings=warnings(findings),
        awaits=awaits(desk.way, desk.case, request.action, change.content) if asked else None,
        act_id=request.act_id,
        case=change.case.id,
        number=change.case.number,
        state=change.target,
        version=change.version,
    )
