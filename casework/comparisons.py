"""What may be the same benefit and is not certain: found by keys and names, put before the certifier, kept with the answer.

A comparison belongs to one case and names one benefit from elsewhere, or one other case. What shares a certain key needs no
question: it is written down as the same when the case is priced. Whatever is open stops the case before its pricing; what
comes to light after the pricing stops it where it stands, before any payment.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Select, and_, bindparam, func, or_, select, update
from sqlmodel import col

from casework.cases import PARKED, CaseView, park
from casework.desk import unit
from casework.errors import Refused
from casework.procedure import Next, Procedure, system
from casework.stacking import COUNTED, outside_name, period_of
from models import Benefit, Case, Comparison, Duty, Likeness, State, SubjectKey, Verdict
from models.statements import Prepared
from models.work import Work
from notifications.outbox import queue_once
from policies.benefits import GENERAL, OWNED, RECURRING, KeyKind, Period, kind_of
from policies.similar import alike

SEVERAL = frozenset({KeyKind.STANDARD, KeyKind.AWARD, KeyKind.STORE})  # what two recipients may both have a part in
PAPERS = frozenset({KeyKind.INVOICE, KeyKind.CONTRACT})
PRICED = (State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE)
GONE = (State.ORDERED, State.PAID, State.CLOSED)  # ordered or paid
_STILL_OPEN = frozenset({State.ACCEPTED, State.SCREENED, State.UNDER_JOINT_REVIEW, State.CERTIFIED, *PRICED})
_BENEFITS: Select[Any] = select(Benefit.__table__)  # type: ignore[attr-defined]
_COMPARED: Select[Any] = select(Comparison.__table__)  # type: ignore[attr-defined]
_OPEN = Prepared(
    select(func.count()).where(
        col(Comparison.case_id) == bindparam("wanted"), col(Comparison.verdict) == Verdict.OPEN.value
    )
)
Inside = Callable[[UUID], bool]


class Found(NamedTuple):
    """Something that may be the same as what a case is for."""

    case: UUID
    policy: str
    why: Likeness
    own_key: str
    other_key: str
    other: str
    benefit: UUID | None = None
    other_case: UUID | None = None


@dataclass(frozen=True)
class _Subject:
    """A case with its applicant and its keys, by how sure they are."""

    id: UUID
    number: str
    policy: str
    state: str
    filed_at: Any
    party: UUID
    period: Period | None
    certain: frozenset[str] = frozenset()  # keys that settle by themselves
    within: frozenset[str] = frozenset()  # of all, those that also tie cases of one plan
    maybe: frozenset[str] = frozenset()

    @property
    def values(self) -> dict[str, str]:
        """What the certain keys say, papers left out, each with one of the keys that say it."""
        return {key.partition(":")[2]: key for key in sorted(self.certain) if kind_of(key) not in PAPERS}


def find(
    work: Work, cases: Collection[UUID], *, inside: Inside = lambda _case: False, late: bool = False
) -> list[Found]:
    """Writes down what is new beside these cases, and returns it. `inside`: whether cases of the plan are compared too;
    `late`: the cases are priced already, so that even what is certain waits for a person."""
    work.flush()
    subjects = _subjects(work, cases)
    if not subjects:
        return []
    seen = known(work, cases)
    met = {(row.other_case_id, row.case_id) for row in work.execute(_COMPARED.where(_against(cases)))}
    found = [*_elsewhere(work, subjects, late), *_among_cases(work, subjects, inside)]
    fresh = [one for one in found if (one.case, one.benefit or one.other_case) not in seen | met]
    write(work, fresh)
    return fresh


def write(work: Work, found: Sequence[Found], verdict: Verdict = Verdict.OPEN) -> None:
    """Rows of what was found, numbered by case."""
    counted = func.count().label("rows")
    query = select(col(Comparison.case_id), counted).where(col(Comparison.case_id).in_({one.case for one in found}))
    last = {row.case_id: row.rows for row in work.execute(query.group_by(col(Comparison.case_id)))} if found else {}
    before = known(work, {one.case for one in found})
    for one in found:
        last[one.case] = last.get(one.case, 0) + 1
        other = one.benefit or one.other_case
        assert other is not None
        work.add(
            Comparison,
            case_id=one.case,
            sequence=last[one.case],
            policy=one.policy,
            benefit_id=one.benefit,
            other_case_id=one.other_case,
            against=uuid5(other, str(last[one.case])) if (one.case, other) in before else other,  # asked once more
            other=one.other,
            why=one.why,
            own_key=one.own_key,
            other_key=one.other_key,
            verdict=verdict,
            found_at=work.now,
            decided_at=None if verdict is Verdict.OPEN else work.now,
        )
    work.flush()


def settled(work: Work, found: Sequence[Found]) -> None:
    """What cases were settled beside without a question is written down as the same, once."""
    seen = known(work, {one.case for one in found})
    write(work, [one for one in found if (one.case, one.benefit or one.other_case) not in seen], Verdict.SAME)


def known(work: Work, cases: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """What the cases are compared with already: the case, and the benefit or other case."""
    rows = work.execute(_COMPARED.where(col(Comparison.case_id).in_(cases))) if cases else ()
    return {(row.case_id, row.benefit_id or row.other_case_id) for row in rows}


def open_of(work: Work, case: UUID) -> int:
    """How many comparisons of a case wait for a word."""
    return int(work.rows(_OPEN, wanted=case)[0][0])


def refuse_open(work: Work, case: CaseView) -> None:
    """Nothing is decided or paid while something waits for its comparison."""
    count = open_of(work, case.id)
    if count:
        en = f"{count} benefits may be the same: see duixian comparisons list --case {case.number}"
        raise Refused("comparison", problem(count, case.number), en)


def open_among(work: Work, cases: Collection[UUID]) -> dict[UUID, int]:
    """The same for several cases; those without one are absent."""
    query = select(col(Comparison.case_id), func.count()).where(
        col(Comparison.case_id).in_(cases), col(Comparison.verdict) == Verdict.OPEN
    )
    return {row[0]: int(row[1]) for row in work.execute(query.group_by(col(Comparison.case_id)))}


def problem(count: int, number: str) -> str:
    """What a case that waits for comparisons says."""
    return f"有 {count} 项补助可能相同，须由认定单位比对：duixian comparisons list --case {number}"


def stop(work: Work, way: Procedure, case: CaseView, count: int) -> None:
    """The case waits for its certifier, and knows whose turn it was; the unit is told."""
    following = way.turn(Duty.CERTIFIER)
    if case.state in PRICED and case.next_duty != Duty.CERTIFIER:
        remember(work, case.id, case.next_duty, case.next_due)
    park(work, case, following, problem(count, case.number))
    tell = unit(following.unit, Duty.CERTIFIER, "comparison", case=case.number, count=count)
    queue_once(work, tell, once=f"comparison:{case.number}:{case.version}:{work.today}:{count}", case_id=case.id)


def remember(work: Work, case: UUID, duty: str | None, due: datetime | None) -> None:
    """Whose turn a case was when it had to wait, on what it waits for."""
    open_ones = update(Comparison).where(col(Comparison.case_id) == case, col(Comparison.verdict) == Verdict.OPEN)
    work.execute(open_ones.values(resume_duty=duty or "", resume_due=due))


def resumed(work: Work, way: Procedure, case: CaseView) -> Next | None:
    """Whose turn a priced case was before it had to wait; a person's deadline begins anew."""
    query = _COMPARED.where(col(Comparison.case_id) == case.id, col(Comparison.resume_duty) != "")
    row = work.execute(query.order_by(col(Comparison.sequence).desc()).limit(1)).first()
    if row is None:
        return None
    duty = Duty(row.resume_duty)
    if duty is Duty.HEAD and case.state in PARKED:
        return system(work.now)  # what had stopped it may be gone: it is looked at anew
    return Next(duty, None, max(row.resume_due, work.now)) if duty is Duty.SYSTEM else way.turn(duty, case.town)


def touched(work: Work, new: Sequence[UUID]) -> list[UUID]:
    """The cases under way or paid that newly entered benefits may concern: of the same party, or with one of their keys."""
    rows = work.execute(_BENEFITS.where(col(Benefit.id).in_(new))).all()
    under_way = col(Case.state).in_([state.value for state in _STILL_OPEN])
    concerned = or_(under_way, and_(col(Case.state).in_([state.value for state in GONE]), col(Case.amount_fen) > 0))
    by_party = select(col(Case.id)).where(col(Case.party_id).in_({row.party_id for row in rows}), concerned)
    by_key = (
        select(col(SubjectKey.case_id))
        .join(Case, col(Case.id) == col(SubjectKey.case_id))
        .where(col(SubjectKey.key).in_({row.subject for row in rows}), concerned)
    )
    return sorted({*work.execute(by_party).scalars(), *work.execute(by_key).scalars()})


def _against(cases: Collection[UUID]) -> Any:
    return col(Comparison.other_case_id).in_(cases)


def _subjects(work: Work, cases: Collection[UUID]) -> list[_Subject]:
    names = (col(Case.id), col(Case.number), col(Case.policy), col(Case.state), col(Case.filed_at), col(Case.party_id))
    keys = (col(SubjectKey.key), col(SubjectKey.certain), col(SubjectKey.inside), col(SubjectKey.period))
    query = (
        select(*names, *keys)
        .join(SubjectKey, col(SubjectKey.case_id) == col(Case.id))
        .where(col(Case.id).in_(cases))
        .order_by(col(Case.filed_at), col(Case.number))
    )
    by_case: dict[UUID, list[Any]] = {}
    for row in work.execute(query):
        by_case.setdefault(row.id, []).append(row)
    return [_subject(rows) for rows in by_case.values()]


def _subject(rows: list[Any]) -> _Subject:
    head = rows[0]
    return _Subject(
        id=head.id,
        number=head.number,
        policy=head.policy,
        state=head.state,
        filed_at=head.filed_at,
        party=head.party_id,
        period=period_of(head.period),
        certain=frozenset(row.key for row in rows if row.certain),
        within=frozenset(row.key for row in rows if row.inside),
        maybe=frozenset(row.key for row in rows if not row.certain),
    )


def _elsewhere(work: Work, subjects: Sequence[_Subject], late: bool) -> Iterator[Found]:
    """Benefits of other plans that may be the same: those of the applicant, and those on a key that others may have too."""
    keys = {key for one in subjects for key in one.certain | one.maybe if late or _of_others_too(key)}
    of_party = _BENEFITS.where(col(Benefit.party_id).in_({one.party for one in subjects}))
    rows = {row.id: row for row in work.execute(of_party)}
    rows |= {row.id: row for row in work.execute(_BENEFITS.where(col(Benefit.subject).in_(keys)))}
    held = sorted(
        (row for row in rows.values() if not row.returned), key=lambda row: (row.source, row.reference, row.subject)
    )
    of: dict[Any, list[int]] = {}  # places in `held`, by recipient and by key: nothing else can be like a subject
    for place, row in enumerate(held):
        of.setdefault(row.party_id, []).append(place)
        of.setdefault(row.subject, []).append(place)
    for one in subjects:
        near = {place for name in (one.party, *one.certain, *one.maybe) for place in of.get(name, ())}
        for row in (held[place] for place in sorted(near)):
            like = _like(one, row, late)
            if like is not None:
                why, own = like
                name = outside_name(row.source, row.reference, row.subject)
                yield Found(one.id, one.policy, why, own, row.subject, name, benefit=row.id)


def _of_others_too(key: str) -> bool:
    kind = kind_of(key)
    return kind in SEVERAL or kind in (KeyKind.PROJECT, KeyKind.PERSON, KeyKind.ENTERPRISE)


def _like(one: _Subject, row: Any, late: bool) -> tuple[Likeness, str] | None:
    """Why a benefit may be the same as what the case is for, and by which key of the case; None where nothing says so."""
    key, kind = row.subject, kind_of(row.subject)
    mine, meets = row.party_id == one.party, _meet(one.period, period_of(row.period))
    if key in one.certain:
        return _by_certain_key(one, key, mine, meets, late)
    if kind is KeyKind.ENTERPRISE:
        own = next((known for known in one.maybe if kind_of(known) is KeyKind.ENTERPRISE), "")
        return (Likeness.ENTERPRISE_ALONE, own) if own and meets and (mine or key == own) else None
    if key in one.maybe and (mine or kind is KeyKind.PERSON):
        return (Likeness.PART_OF_NAME, key) if meets or kind not in RECURRING | {KeyKind.EVENT} else None
    if not mine or kind in PAPERS or kind is KeyKind.PERSON:
        return None
    value = key.partition(":")[2]
    if value in one.values:
        return Likeness.OTHER_KIND, one.values[value]
    own = next((known for said, known in one.values.items() if alike(said, value)), "")
    return (Likeness.ALIKE, own) if own else None


def _by_certain_key(one: _Subject, key: str, mine: bool, meets: bool, late: bool) -> tuple[Likeness, str] | None:
    """The same key settles by itself, unless several may have a part in it, or another time may make it another thing."""
    kind, value = kind_of(key), key.partition(":")[2]
    general = next((f"{one_kind}:{value}" for one_kind in GENERAL if f"{one_kind}:{value}" in one.certain), "")
    if not mine and (kind in SEVERAL or kind_of(general or key) in SEVERAL):
        return Likeness.OTHER_RECIPIENT, key
    if not mine and kind in OWNED:
        return None
    if kind in RECURRING and not meets:
        return (Likeness.OTHER_PERIOD, key) if general else None
    return (Likeness.SAME_KEY, key) if late else None


def _meet(one: Period | None, other: Period | None) -> bool:
    return one is None or other is None or (one.first <= other.last and other.first <= one.last)


def _among_cases(work: Work, subjects: Sequence[_Subject], inside: Inside) -> Iterator[Found]:
    """Other cases of this house on a key that does not settle by itself, or of another recipient."""
    asked = [one for one in subjects if inside(one.id)]
    keys = {key for one in asked for key in one.within if key in one.maybe or kind_of(key) in SEVERAL}
    if not keys:
        return
    tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key).in_(keys), col(SubjectKey.inside))
    priced = [*COUNTED, State.CERTIFIED.value]
    rows = work.execute(select(col(Case.id)).where(col(Case.id).in_(tied), col(Case.state).in_(priced))).scalars()
    others = _subjects(work, set(rows))
    for one in asked:
        for other in others:
            like = _case_like(one, other)
            if like is not None:
                why, key = like
                yield Found(one.id, one.policy, why, key, key, f"{other.policy} {other.number}", other_case=other.id)


def _case_like(one: _Subject, other: _Subject) -> tuple[Likeness, str] | None:
    first = (str(other.filed_at), other.number) < (str(one.filed_at), one.number)
    if one.id == other.id or (other.state == State.CERTIFIED and not first):
        return None
    both = sorted(one.within & other.within)
    mine, sure = one.party == other.party, one.certain & other.certain
    if not mine:
        key = next((key for key in both if key in sure and kind_of(key) in SEVERAL), "")
        if key:
            return Likeness.OTHER_RECIPIENT, key
    elif any(key in sure for key in both):
        return None
    key = next((key for key in both if key not in sure and (mine or kind_of(key) is KeyKind.PERSON)), "")
    return (Likeness.PART_OF_NAME, key) if key else None
