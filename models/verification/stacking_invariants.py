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

from models.awards import AwardRecord, SubjectKey
from models.cases import Case
from models.comparisons import Comparison, Verdict, after_payment
from models.external_benefits import BenefitRecord
from models.verification.chain_order import came_before, newest_places
from models.verification.invariant import Check, FoundAct, VerifiedScope, query
from policies.benefits import OWNED, RECURRING, KeyKind, kind_of

_COUNTED = ("computed", "decided", "on_notice", "payable", "ordered", "paid", "closed")
_SEVERAL = (KeyKind.STANDARD, KeyKind.AWARD, KeyKind.STORE)  # a person compares what two recipients have a part in


@cache
def _uncompared_awards() -> Select[Any]:
    """Two awards on one certain key without a comparison between them."""
    key: Any = aliased(SubjectKey)
    other_key: Any = aliased(SubjectKey)
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
            key.key,
            mine.id,
            mine.number,
            mine.party_id,
            key.period,
            theirs.id,
            theirs.number,
            theirs.party_id,
            other_key.period,
        )
        .join(
            other_key,
            and_(other_key.key == key.key, other_key.case_id > key.case_id, other_key.certain, other_key.inside),
        )
        .join(mine, mine.id == key.case_id)
        .join(theirs, theirs.id == other_key.case_id)
        .where(key.certain, key.inside, ~compared)
        .where(mine.state.in_(_COUNTED), mine.amount_fen > 0, theirs.state.in_(_COUNTED), theirs.amount_fen > 0)
        .order_by(mine.number, theirs.number, key.key)
    )


def _awards(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Pairs of awards on one certain key without a comparison between them."""
    rows = connection.execute(_uncompared_awards()).all()
    priced = newest_places(connection, "compute") if rows else {}
    for key, case, number, party, days, other_case, other_number, other_party, other_days in rows:
        held, met = partial(_days, connection, case, days), partial(_days, connection, other_case, other_days)
        if _one_subject(key, party == other_party, held, met):
            both = [priced.get(number), priced.get(other_number)]
            seq = None if None in both else max(place for place in both if place is not None)
            yield FoundAct(f"{number}: other={other_number}, key={key}", seq)


@cache
def _uncompared_benefits() -> Select[Any]:
    """Awards and benefits from elsewhere on one certain key without a comparison between them."""
    compared = exists().where(col(Comparison.case_id) == Case.id, col(Comparison.benefit_id) == BenefitRecord.id)
    computed_at = (
        select(func.max(AwardRecord.computed_at))
        .where(col(AwardRecord.case_id) == Case.id)
        .correlate(Case)
        .scalar_subquery()
    )
    return (
        select(
            col(SubjectKey.key), col(Case.id), col(Case.number), col(Case.party_id), col(SubjectKey.period),
            col(BenefitRecord.source), col(BenefitRecord.reference), col(BenefitRecord.party_id), col(BenefitRecord.period),
            col(BenefitRecord.id).label("benefit"), col(BenefitRecord.entered_at), computed_at.label("computed_at"),
        )
        .join(BenefitRecord, col(BenefitRecord.subject) == col(SubjectKey.key))
        .join(Case, col(Case.id) == col(SubjectKey.case_id))
        .where(col(SubjectKey.certain), ~compared, ~col(BenefitRecord.returned), computed_at.is_not(None))
        .where(col(Case.state).in_(_COUNTED), col(Case.amount_fen) > 0)
        .order_by(col(Case.number), col(SubjectKey.key))
    )  # fmt: skip


def _benefits(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Awards on a key of a benefit that was entered before they were computed, without a comparison."""
    rows = connection.execute(_uncompared_benefits()).all()
    added, priced = (newest_places(connection, action) if rows else {} for action in ("benefits.add", "compute"))
    for key, case, number, party, days, source, reference, other_party, period, benefit, at, moment in rows:
        known = came_before(added.get(str(benefit)), priced.get(number), at, moment)
        if known and _one_subject(
            key, party == other_party, partial(_days, connection, case, days), partial(str, period)
        ):
            yield FoundAct(f"{number}: other={source}#{reference}, key={key}", priced.get(number))


def _one_subject(key: str, one_recipient: bool, days: Callable[[], str], others: Callable[[], str]) -> bool:
    """Whether a shared key had to be looked at: of one recipient, in one time where that matters. The days are read only there."""
    kind = kind_of(key)
    if kind in OWNED and not one_recipient:
        return kind in _SEVERAL
    return kind not in RECURRING or _overlap(days(), others())


def _days(connection: Connection, case: Any, period: str) -> str:
    """The days that a case is for: those that its item names, else the year of its newest award."""
    if "/" in period:
        return period
    newest = (
        select(col(AwardRecord.trace))
        .where(col(AwardRecord.case_id) == case)
        .order_by(col(AwardRecord.sequence).desc())
        .limit(1)
    )
    trace = connection.execute(newest).scalar()
    return str(loads(trace).get("period", "")) if trace else ""


def _overlap(days: str, other_days: str) -> bool:
    (first, last), (begins, ends) = _first_and_last(days), _first_and_last(other_days)
    return first <= ends and begins <= last


def _first_and_last(text: str) -> tuple[date, date]:
    first, _, last = text.partition("/")
    if last:
        return date.fromisoformat(first), date.fromisoformat(last)
    return (date(int(first), 1, 1), date(int(first), 12, 31)) if first.isdigit() else (date.min, date.max)


_WENT_PAST = (
    "FROM decision d LEFT JOIN audit_entry a ON a.subject = c.number AND a.version = d.version AND a.action = d.action"
    " WHERE d.case_id = c.id AND d.version > k.version AND ((d.action = 'compute' AND d.to_state IN ('computed', 'decided'))"
    " OR (d.from_state = 'payable' AND d.to_state IN ('ordered', 'paid')))"
)
_LEFT_OPEN = (
    f"SELECT c.number, c.state, k.sequence AS comparison, k.other, (SELECT MAX(a.seq) {_WENT_PAST}) AS seq"
    " FROM comparison k JOIN case_file c ON c.id = k.case_id"
    " WHERE k.verdict = 'open' AND c.state IN ('computed', 'decided', 'on_notice', 'payable', 'ordered', 'paid', 'closed')"
    f" AND EXISTS (SELECT 1 {_WENT_PAST}) ORDER BY c.number, k.sequence"
)
_OUTDATED = (
    "SELECT c.number, k.sequence AS comparison, k.other,"
    " (SELECT MAX(a.seq) FROM audit_entry a WHERE a.subject = c.number AND a.action = 'compute') AS seq"
    " FROM comparison k JOIN case_file c ON c.id = k.case_id"
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


def _left_open(connection: Connection, scope: VerifiedScope) -> Iterator[str | FoundAct]:
    """Comparisons that somebody went past; what came to light after the payment is no breach, and is said."""
    for comparison in connection.execute(after_payment()):
        zh, en = (
            ("待比对", "not compared yet")
            if comparison.verdict == Verdict.OPEN
            else ("为同一补助，待追回", "the same: to be got back")
        )
        scope.notes.append(
            f"{comparison.number} 放行或拨付后登记的“{comparison.other}”{zh} ({comparison.number}, found after payment: {en})"
        )
    yield from _PAST_OPEN.find(connection, scope)


_PAST_OPEN = query(
    "S2-open",
    "已核算或已放行的案件没有越过待比对项",
    "nothing was priced or released past an open comparison",
    _LEFT_OPEN,
    by_act=True,
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
        by_act=True,
    ),
    query("S3-said", "每项比对结论都有人负责", "every verdict that no key gives was given by somebody", _UNSAID),
)
