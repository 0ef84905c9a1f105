"""One subject, one comparison: two awards, or an award and a benefit from elsewhere, on one certain key were looked at together."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial
from json import loads
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.awards import Award, SubjectKey
from models.benefits import Benefit
from models.cases import Case
from models.comparisons import Comparison, Verdict, after_payment
from models.verification.report import Check, Scope, query
from policies.benefits import OWNED, RECURRING, KeyKind, kind_of

_COUNTED = ("computed", "decided", "on_notice", "payable", "ordered", "paid", "closed")
_SEVERAL = (KeyKind.STANDARD, KeyKind.AWARD, KeyKind.STORE)  # a person compares what two recipients have a part in


@cache
def _pairs() -> Select[Any]:
    """Two awards on one certain key without a comparison between them."""
    one: Any = aliased(SubjectKey)
    other: Any = aliased(SubjectKey)
    mine: Any = aliased(Case)
    theirs: Any = aliased(Case)
    compared = exists().where(
        or_(
            and_(col(Comparison.case_id) == mine.id, col(Comparison.other_case_id) == theirs.id),
            and_(col(Comparison.case_id) == theirs.id, col(Comparison.other_case_id) == mine.id),
        )
    )
    return (
        select(
            one.key,
            mine.id,
            mine.number,
            mine.party_id,
            one.period,
            theirs.id,
            theirs.number,
            theirs.party_id,
            other.period,
        )
        .join(other, and_(other.key == one.key, other.case_id > one.case_id, other.certain, other.inside))
        .join(mine, mine.id == one.case_id)
        .join(theirs, theirs.id == other.case_id)
        .where(one.certain, one.inside, ~compared)
        .where(mine.state.in_(_COUNTED), mine.amount_fen > 0, theirs.state.in_(_COUNTED), theirs.amount_fen > 0)
        .order_by(mine.number, theirs.number, one.key)
    )


def _awards(connection: Connection, _scope: Scope) -> Iterator[str]:
    """Pairs of awards on one certain key without a comparison between them."""
    rows = connection.execute(_pairs())
    for key, case, number, party, days, other_case, other_number, other_party, other_days in rows:
        held, met = partial(_days, connection, case, days), partial(_days, connection, other_case, other_days)
        if _one_subject(key, party == other_party, held, met):
            yield f"{number}: other={other_number}, key={key}"


@cache
def _beside() -> Select[Any]:
    """Awards and benefits from elsewhere on one certain key without a comparison between them."""
    compared = exists().where(col(Comparison.case_id) == Case.id, col(Comparison.benefit_id) == Benefit.id)
    newest = select(func.max(Award.computed_at)).where(col(Award.case_id) == Case.id).correlate(Case).scalar_subquery()
    return (
        select(
            col(SubjectKey.key), col(Case.id), col(Case.number), col(Case.party_id), col(SubjectKey.period),
            col(Benefit.source), col(Benefit.reference), col(Benefit.party_id), col(Benefit.period),
        )
        .join(Benefit, col(Benefit.subject) == col(SubjectKey.key))
        .join(Case, col(Case.id) == col(SubjectKey.case_id))
        .where(col(SubjectKey.certain), ~compared, ~col(Benefit.returned), col(Benefit.entered_at) < newest)
        .where(col(Case.state).in_(_COUNTED), col(Case.amount_fen) > 0)
        .order_by(col(Case.number), col(SubjectKey.key))
    )  # fmt: skip


def _benefits(connection: Connection, _scope: Scope) -> Iterator[str]:
    """Awards on a key of a benefit that was entered before they were computed, without a comparison."""
    for key, case, number, party, days, source, reference, other_party, period in connection.execute(_beside()):
        if _one_subject(key, party == other_party, partial(_days, connection, case, days), partial(str, period)):
            yield f"{number}: other={source}#{reference}, key={key}"


def _one_subject(key: str, one_recipient: bool, days: Callable[[], str], others: Callable[[], str]) -> bool:
    """Whether a shared key had to be looked at: of one recipient, in one time where that matters. The days are read only there."""
    kind = kind_of(key)
    if kind in OWNED and not one_recipient:
        return kind in _SEVERAL
    return kind not in RECURRING or _meet(days(), others())


def _days(connection: Connection, case: Any, period: str) -> str:
    """The days that a case is for: those that its item names, else the year of its newest award."""
    if "/" in period:
        return period
    newest = select(col(Award.trace)).where(col(Award.case_id) == case).order_by(col(Award.sequence).desc()).limit(1)
    trace = connection.execute(newest).scalar()
    return str(loads(trace).get("period", "")) if trace else ""


def _meet(one: str, other: str) -> bool:
    (first, last), (begins, ends) = _edges(one), _edges(other)
    return first <= ends and begins <= last


def _edges(text: str) -> tuple[date, date]:
    first, _, last = text.partition("/")
    if last:
        return date.fromisoformat(first), date.fromisoformat(last)
    return (date(int(first), 1, 1), date(int(first), 12, 31)) if first.isdigit() else (date.min, date.max)


_LEFT_OPEN = (
    "SELECT c.number, c.state, k.sequence AS comparison, k.other FROM comparison k JOIN case_file c ON c.id = k.case_id"
    " WHERE k.verdict = 'open' AND c.state IN ('computed', 'decided', 'on_notice', 'payable', 'ordered', 'paid', 'closed')"
    " AND (EXISTS (SELECT 1 FROM award a WHERE a.case_id = c.id AND a.computed_at > k.found_at)"
    " OR EXISTS (SELECT 1 FROM payment_order o LEFT JOIN payment_batch b ON b.id = o.batch_id WHERE o.case_id = c.id"
    " AND o.state NOT IN ('prepared', 'checked', 'cancelled') AND COALESCE(b.released_at, o.made_at) > k.found_at))"
    " ORDER BY c.number, k.sequence"
)
_OUTDATED = (
    "SELECT c.number, k.sequence AS comparison, k.other FROM comparison k JOIN case_file c ON c.id = k.case_id"
    " WHERE k.decided_by IS NOT NULL AND k.own_key <> '' AND c.state IN ('computed', 'decided', 'on_notice', 'payable',"
    " 'ordered', 'paid', 'closed') AND NOT EXISTS (SELECT 1 FROM subject_key s WHERE s.case_id = k.case_id"
    " AND (s.key = k.own_key OR s.key LIKE 'anonymised:%'))"
    " AND NOT EXISTS (SELECT 1 FROM comparison n WHERE n.case_id = k.case_id AND n.sequence > k.sequence"
    " AND COALESCE(n.benefit_id, n.other_case_id) = COALESCE(k.benefit_id, k.other_case_id))"
    " ORDER BY c.number, k.sequence"
)
_UNSAID = (
    "SELECT c.number, k.sequence AS comparison, k.verdict FROM comparison k JOIN case_file c ON c.id = k.case_id"
    " WHERE k.verdict <> 'open' AND k.decided_by IS NULL AND (k.verdict = 'different' OR k.why <> 'same_key')"
    " ORDER BY c.number, k.sequence"
)


def _left_open(connection: Connection, scope: Scope) -> Iterator[str]:
    """Comparisons that somebody went past; what came to light after the payment is no breach, and is said."""
    for one in connection.execute(after_payment()):
        zh, en = (
            ("待比对", "not compared yet")
            if one.verdict == Verdict.OPEN
            else ("为同一补助，待追回", "the same: to be got back")
        )
        scope.notes.append(
            f"{one.number} 放行或拨付后登记的“{one.other}”{zh} ({one.number}, found after payment: {en})"
        )
    yield from _PAST_OPEN.find(connection, scope)


_PAST_OPEN = query(
    "S2-open",
    "已核算或已放行的案件没有越过待比对项",
    "nothing was priced or released past an open comparison",
    _LEFT_OPEN,
)
CHECKS = (
    Check(
        id="S1-awards",
        zh="同一依据的两笔核算都经过比对",
        en="two awards on one certain key were compared",
        find=_awards,
    ),
    Check(
        id="S1-benefits",
        zh="核算前已登记的同一依据补助都经过比对",
        en="an award and a benefit from elsewhere that was known before it were compared where they share a certain key",
        find=_benefits,
    ),
    replace(_PAST_OPEN, find=_left_open),
    query(
        "S4-anew",
        "比对结论所依据的标识仍在案件中，变更后重新比对",
        "a verdict rests on a key that the case still has, or the question was put again",
        _OUTDATED,
    ),
    query("S3-said", "每项比对结论都有人负责", "every verdict that no key gives was given by somebody", _UNSAID),
)
