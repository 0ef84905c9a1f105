"""Conditions: what must have been settled before a case stands where it does, and what a decision may rest on."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlmodel import col

from models.audit import AuditEntry
from models.cases import Case
from models.clock import business_date
from models.decisions import Decision
from models.statements import Prepared
from models.verification.invariant import Check, VerifiedScope, query

_MOMENT = timedelta(microseconds=1)
_MOVED = Prepared(select(col(Case.number), col(Decision.decided_at)).join(Case, col(Case.id) == col(Decision.case_id)))
_PARKED = Prepared(select(col(AuditEntry.subject), col(AuditEntry.at)).where(col(AuditEntry.action) == "park"))
_TURNS = Prepared(
    select(col(Case.number), col(Case.due_from), col(Case.next_due))
    .where(col(Case.next_duty).is_not(None), col(Case.next_duty) != "system", col(Case.state) != "draft")
    .order_by(col(Case.number))
)
_PRICED = (
    "('certified', 'computed', 'decided', 'on_notice', 'payable', 'ordered', 'paid', 'delivered', 'in_progress',"
    " 'reported', 'reviewed', 'closed')"
)
_LAST_ROUND = (  # of a plan that was sent back and came again, what was said then stays as it was said
    "(SELECT max(l.round) FROM joint_opinion l WHERE l.case_id = o.case_id)"
)
_NEWEST = "(SELECT a.amount_fen FROM award a WHERE a.case_id = c.id ORDER BY a.sequence DESC LIMIT 1)"


def _deadlines(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Turns whose deadline counts from a day on which the case neither moved nor was parked, or from none."""
    days: dict[str, set[str]] = {}
    for number, at in (*_MOVED.rows(connection), *_PARKED.rows(connection)):
        days.setdefault(number, set()).add(business_date(at).isoformat())
    for row in _TURNS.rows(connection):
        if row.due_from not in days.get(row.number, ()) or row.due_from > _last_day(row.next_due):
            yield f"{row.number}: due_from={row.due_from or None}, last_day={_last_day(row.next_due)}"


def _last_day(due: datetime | None) -> str:
    """The business date that ends with a deadline."""
    return business_date(due - _MOMENT).isoformat() if due else ""


CHECKS = (
    query(
        "C1-opinions",
        "联审意见未齐、或反对意见未经裁定的案件没有进入核算",
        "no case is priced while a joint opinion is pending, or negative and not overridden",
        "SELECT c.number, c.state, o.unit, o.opinion FROM joint_opinion o JOIN case_file c ON c.id = o.case_id"
        f" WHERE o.opinion IN ('pending', 'negative') AND c.state IN {_PRICED} AND o.round = {_LAST_ROUND}",
    ),
    query(
        "C2-objections",
        "待答复的异议只在公示中的案件上，且该案件标明有异议",
        "an open objection stands on a case on notice that is marked as contested, and on no other",
        "SELECT c.number, c.state, c.contested, o.position AS objection FROM case_file c"
        " LEFT JOIN objection o ON o.case_id = c.id AND o.outcome = 'open'"
        " WHERE (o.id IS NOT NULL AND (c.state <> 'on_notice' OR NOT c.contested OR c.next_duty <> 'investigator'))"
        " OR (o.id IS NULL AND c.contested)",
    ),
    query(
        "C3-answers",
        "每件已了结的异议都写明如何了结、由谁了结",
        "every objection that is not open says how it ended and by whom",
        "SELECT c.number, o.position AS objection, o.outcome FROM objection o JOIN case_file c ON c.id = o.case_id"
        " WHERE o.outcome <> 'open' AND (o.answer = '' OR o.answered_by IS NULL)",
    ),
    query(
        "C4-refusals",
        "每个不予支持的决定都有理由，规则作出的还有理由代码和依据条款",
        "every refusal has its reason, one by the rule its code and clause too",
        "SELECT c.number, d.version, d.duty, d.reason_code, d.clause FROM decision d"
        " JOIN case_file c ON c.id = d.case_id WHERE d.to_state = 'refused' AND d.from_state <> 'refused'"
        " AND (d.reason = '' OR (d.duty = 'system' AND (d.reason_code = '' OR d.clause = '')))",
    ),
    query(
        "C5-granted",
        "审定从不超过其时的核算金额，撤销的审定也不例外",
        "no decision, undone ones included, granted more than was computed when it was taken",
        "SELECT c.number, e.approved_fen AS approved, a.amount_fen AS computed FROM entitlement e"
        " JOIN case_file c ON c.id = e.case_id LEFT JOIN award a ON a.id = e.award_id AND a.case_id = e.case_id"
        " WHERE e.approved_fen > COALESCE(a.amount_fen, 0)",
    ),
    query(
        "C6-computed",
        "待审定的金额等于最近一次核算的金额",
        "what waits for its decision is what was computed last",
        f"SELECT c.number, c.amount_fen AS amount, {_NEWEST} AS computed FROM case_file c"
        f" WHERE c.state = 'computed' AND (c.amount_fen IS NULL OR c.amount_fen <> COALESCE({_NEWEST}, -1))",
    ),
    Check(
        id="C7-deadlines",
        zh="每个期限都从案件流转或转交的那一天起算",
        en="every deadline counts from a day on which the case moved or was handed on",
        find=_deadlines,
    ),
)
