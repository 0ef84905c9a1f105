"""Cases: their states and decisions fit together, somebody has each in hand, ended ones stay ended."""

from collections.abc import Iterator
from datetime import date, datetime
from json import loads

from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlmodel import col

from models.cases import TERMINAL, Case
from models.clock import end_of
from models.notices import Notice, NoticeLine
from models.parameter_values import ParameterValue
from models.payments import PaymentOrder
from models.statements import Prepared, given
from models.store_marks import HolidayOverride
from models.verification.invariant import Check, VerifiedScope, query
from models.verification.people_invariants import ASKED_BY_ANOTHER, SEQ_IF_LAWFUL_THEN
from policies.window import Extension, Window
from policies.workdays import Calendar, Day

_ENDED = ", ".join(f"'{state}'" for state in sorted(TERMINAL))
_DECIDED = "decision d JOIN case_file c ON c.id = d.case_id"
# Read once and joined by case: as a plain join on the stored table SQLite reads all messages again for each case that ended.
_TO_PARTIES = "SELECT DISTINCT case_id, once FROM message WHERE substr(recipient, 1, 6) = 'party:'"
_FILED = Prepared(select(col(Case.policy)).where(col(Case.filed_at).is_not(None)).distinct())
_OUTSIDE = Prepared(
    select(col(Case.number), col(Case.filed_at))
    .where(
        col(Case.policy) == bindparam("wanted"),
        or_(col(Case.filed_at) < given("opens", Case.filed_at), col(Case.filed_at) >= given("closes", Case.filed_at)),
    )
    .order_by(col(Case.number))
)
_EVER_IN_FORCE = Prepared(
    select(
        col(ParameterValue.parameter),
        col(ParameterValue.value),
        col(ParameterValue.valid_from),
        col(ParameterValue.citation),
    ).where(
        col(ParameterValue.policy) == bindparam("wanted"),
        or_(col(ParameterValue.status) == "confirmed", col(ParameterValue.status) == "ended"),
        or_(col(ParameterValue.parameter) == "P-filing-deadline", col(ParameterValue.parameter) == "P-window-end"),
    )
)
_OVERRIDES = Prepared(select(col(HolidayOverride.day), col(HolidayOverride.works)))

_NOTICED = Prepared(
    select(col(PaymentOrder.number), col(PaymentOrder.made_at), func.max(Notice.closes_on).label("closes_on"))
    .join(NoticeLine, col(NoticeLine.case_id) == PaymentOrder.case_id)
    .join(Notice, and_(col(Notice.id) == NoticeLine.notice_id, col(Notice.made_at) <= PaymentOrder.made_at))
    .group_by(col(PaymentOrder.number), col(PaymentOrder.made_at))
    .order_by(col(PaymentOrder.number))
)


def _windows(connection: Connection, scope: VerifiedScope) -> Iterator[str]:
    """Cases filed before the window opened or after its end, as put off by confirmed notices."""
    for (code,) in _FILED.rows(connection):
        try:
            opens, closes = _edges(connection, scope, code)
        except LookupError:
            scope.notes.append(f"政策 {code} 未安装，其申报期未核对 (policy not installed: its window was not checked)")
            continue
        for number, filed_at in _OUTSIDE.rows(connection, wanted=code, opens=opens, closes=closes):
            yield f"{number}: filed_at={filed_at.isoformat()}, opens={opens.isoformat()}, closes={closes.isoformat()}"


def _too_early(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Payment orders made before the last notice that named their case was over."""
    for row in _NOTICED.rows(connection):
        if row.made_at < end_of(date.fromisoformat(row.closes_on)):
            yield f"{row.number}: made_at={row.made_at.isoformat()}, notice_closes={row.closes_on}"


def _edges(connection: Connection, scope: VerifiedScope, code: str) -> tuple[datetime, datetime]:
    """The first instant of a policy's window and the first after the latest end that was ever in force."""
    policy = scope.policy(code)
    rolls, notices = False, []
    for parameter, value, published, citation in _EVER_IN_FORCE.rows(connection, wanted=code):
        if parameter == "P-filing-deadline" and (until := _day(loads(value))):
            notices.append(Extension(until=until, published=date.fromisoformat(published), citation=citation))
        rolls = rolls or (parameter == "P-window-end" and loads(value) == "roll")
    span = Window.read(
        first=policy.opens, last=policy.closes, rolls=rolls, notices=notices, calendar=_calendar(connection)
    )
    return span.opens_at, span.closes_at


def _day(value: object) -> date | None:
    """A setting's day; what is none extends nothing."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _calendar(connection: Connection) -> Calendar:
    days = _OVERRIDES.rows(connection)
    return Calendar({date.fromisoformat(day): Day.WORKS if works else Day.RESTS for day, works in days})


CHECKS = (
    Check(
        id="I13-window",
        zh="申报时间都在政策申报期内",
        en="every case was filed inside its policy's window",
        find=_windows,
    ),
    query(
        "I7-count",
        "每个版本恰有一条决定，不缺不多",
        "exactly one decision for each version of a case",
        "SELECT c.number, c.state, c.version, COALESCE(d.n, 0) AS decisions, d.lowest, d.highest FROM case_file c"
        " LEFT JOIN (SELECT case_id, COUNT(*) AS n, MIN(version) AS lowest, MAX(version) AS highest FROM decision"
        " GROUP BY case_id) d ON d.case_id = c.id"
        " WHERE (d.n IS NULL AND (c.version <> 1 OR c.state <> 'draft'))"
        " OR d.highest <> c.version OR d.lowest > 2 OR d.n <> d.highest - d.lowest + 1",
    ),
    query(
        "I7-state",
        "案件状态等于最后一条决定的去向",
        "a case's state is where its last decision led",
        f"SELECT c.number, c.state, d.to_state AS decided, d.action FROM {_DECIDED} AND d.version = c.version"
        " WHERE d.to_state <> c.state",
    ),
    query(
        "I7-moves",
        "决定首尾相接，且每次流转都在流转表内",
        "decisions join end to end along allowed moves",
        f"SELECT c.number, d.version, d.action, p.to_state AS came_to, d.from_state, d.to_state FROM {_DECIDED}"
        " LEFT JOIN decision p ON p.case_id = d.case_id AND p.version = d.version - 1"
        " LEFT JOIN transition t ON t.from_state = d.from_state AND t.to_state = d.to_state"
        " WHERE d.from_state <> COALESCE(p.to_state, 'draft') OR (d.from_state <> d.to_state AND t.to_state IS NULL)",
    ),
    query(
        "I11-next",
        "每个在办案件恰有一个下一步：职责、单位、期限",
        "every live case has exactly one next action with duty, unit and due time",
        "SELECT number, state, next_duty, next_unit, next_due FROM case_file"
        f" WHERE (state IN ({_ENDED}) AND (next_duty IS NOT NULL OR next_due IS NOT NULL))"
        f" OR (state NOT IN ({_ENDED}) AND (next_duty IS NULL OR next_due IS NULL OR (next_unit IS NULL"
        " AND next_duty NOT IN ('system', 'applicant', 'joint_reviewer', 'investigator'))))",
    ),
    query(
        "I23-reopened",
        "办结之后再动，只能由两个人重新打开，或因退回的资金",
        "after its end a case moves only by two people's reopening, or because money came back",
        f"SELECT c.number, d.version, d.action, d.from_state, d.to_state, {SEQ_IF_LAWFUL_THEN} FROM {_DECIDED}"
        f" WHERE d.from_state IN ({_ENDED}) AND d.to_state <> d.from_state AND NOT (d.natural_key <> ''"
        f" AND (d.action = 'take_back' OR (d.action = 'reopen' AND {ASKED_BY_ANOTHER})))",
        by_act=True,
    ),
    query(
        "I23-undone",
        "撤销审定须由两个人",
        "a decision is undone by two people",
        f"SELECT c.number, d.version, d.from_state, d.to_state, {SEQ_IF_LAWFUL_THEN} FROM {_DECIDED}"
        f" WHERE d.action = 'undo' AND d.to_state <> d.from_state AND (d.natural_key = '' OR NOT {ASKED_BY_ANOTHER})",
        by_act=True,
    ),
    query(
        "I23-money",
        "已办结的案件没有未了的支付指令",
        "an ended case has no payment order under way",
        "SELECT o.number, c.number AS case_number, c.state, o.state AS ordered FROM payment_order o"
        f" JOIN case_file c ON c.id = o.case_id WHERE c.state IN ({_ENDED})"
        " AND o.state NOT IN ('settled', 'failed', 'returned', 'cancelled')",
    ),
    Check(
        id="N1-notice",
        zh="公示期满之前不形成支付指令",
        en="no payment order is made before the notice is over",
        find=_too_early,
    ),
    query(
        "N2-answer",
        "每个办结的案件都有给申报人的答复",
        "every case that ended has an answer to its applicant",
        f"SELECT c.number, d.version, d.to_state FROM {_DECIDED} LEFT JOIN ({_TO_PARTIES}) m ON m.case_id = d.case_id"
        " AND substr(m.once, 1, length(c.number || '/' || d.version || '/')) = c.number || '/' || d.version || '/'"
        f" WHERE d.to_state IN ({_ENDED}) AND d.from_state <> d.to_state AND m.once IS NULL",
    ),
)
