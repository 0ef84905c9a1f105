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

from casework.lifecycle.act_context import unit
from casework.lifecycle.case_changes import STATES_STOPPED_WITH_HEAD, CaseView, set_waiting
from casework.lifecycle.procedure import Next, Procedure, system
from casework.shared.errors import Refused
from casework.stacking.stacking_basis import COUNTED, outside_name, period_of
from models import BenefitRecord, Case, Comparison, Duty, Likeness, State, SubjectKey, Verdict
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from notifications.outbox import queue_once
from policies.benefits import GENERAL, OWNED, RECURRING, KeyKind, Period, kind_of
from policies.similar import alike

SEVERAL = frozenset({KeyKind.STANDARD, KeyKind.AWARD, KeyKind.STORE})  # what two recipients may both have a part in
PAPERS = frozenset({KeyKind.INVOICE, KeyKind.CONTRACT})
PRICED = (State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE)
GONE = (State.ORDERED, State.PAID, State.CLOSED)  # ordered or paid
_STILL_OPEN = frozenset({State.ACCEPTED, State.SCREENED, State.UNDER_JOINT_REVIEW, State.CERTIFIED, *PRICED})
_BENEFITS: Select[Any] = select(BenefitRecord.__table__)  # type: ignore[attr-defined]
_COMPARED: Select[Any] = select(Comparison.__table__)  # type: ignore[attr-defined]
_OPEN = Prepared(
    select(func.count()).where(
        col(Comparison.case_id) == bindparam("wanted"), col(Comparison.verdict) == Verdict.OPEN.value
    )
)
Inside = Callable[[UUID], bool]


class PossibleMatch(NamedTuple):
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
    work: UnitOfWork, cases: Collection[UUID], *, inside: Inside = lambda _case: False, late: bool = False
) -> list[PossibleMatch]:
    """Writes down what is new beside these cases, and returns it. `inside`: whether cases of the plan are compared too;
    `late`: the cases are priced already, so that even what is certain waits for a person."""
    work.flush()
    subjects = _subjects(work, cases)
    if not subjects:
        return []
    seen = known(work, cases)
    met = {(row.other_case_id, row.case_id) for row in work.execute(_COMPARED.where(_against(cases)))}
    found = [*_elsewhere(work, subjects, late), *_among_cases(work, subjects, inside)]
    fresh = [match for match in found if (match.case, match.benefit or match.other_case) not in seen | met]
    write(work, fresh)
    return fresh


def write(work: UnitOfWork, found: Sequence[PossibleMatch], verdict: Verdict = Verdict.OPEN) -> None:
    """Rows of what was found, numbered by case."""
    counted = func.count().label("rows")
    query = select(col(Comparison.case_id), counted).where(col(Comparison.case_id).in_({match.case for match in found}))
    last = {row.case_id: row.rows for row in work.execute(query.group_by(col(Comparison.case_id)))} if found else {}
    before = known(work, {match.case for match in found})
    stands = select(col(Case.id), col(Case.version)).where(col(Case.id).in_({match.case for match in found}))
    versions = {row.id: row.version for row in work.execute(stands)} if found else {}
    for match in found:
        last[match.case] = last.get(match.case, 0) + 1
        other = match.benefit or match.other_case
        assert other is not None
        work.add(
            Comparison,
            case_id=match.case,
            sequence=last[match.case],
            policy=match.policy,
            benefit_id=match.benefit,
            other_case_id=match.other_case,
            against=uuid5(other, str(last[match.case])) if (match.case, other) in before else other,  # asked once more
            other=match.other,
            why=match.why,
            own_key=match.own_key,
            other_key=match.other_key,
            verdict=verdict,
            version=versions[match.case],
            found_at=work.now,
            decided_at=None if verdict is Verdict.OPEN else work.now,
        )
    work.flush()


def settled(work: UnitOfWork, found: Sequence[PossibleMatch]) -> None:
    """What cases were settled beside without a question is written down as the same, once."""
    seen = known(work, {match.case for match in found})
    write(work, [match for match in found if (match.case, match.benefit or match.other_case) not in seen], Verdict.SAME)


def known(work: UnitOfWork, cases: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """What the cases are compared with already: the case, and the benefit or other case."""
    rows = work.execute(_COMPARED.where(col(Comparison.case_id).in_(cases))) if cases else ()
    return {(row.case_id, row.benefit_id or row.other_case_id) for row in rows}


def open_of(work: UnitOfWork, case: UUID) -> int:
    """How many comparisons of a case wait for a word."""
    return int(work.rows(_OPEN, wanted=case)[0][0])


def refuse_open(work: UnitOfWork, case: CaseView) -> None:
    """Nothing is decided or paid while something waits for its comparison."""
    count = open_of(work, case.id)
    if count:
        en = f"{count} benefits may be the same: see duixian comparisons list --case {case.number}"
        raise Refused("comparison", problem(count, case.number), en)


def open_among(work: UnitOfWork, cases: Collection[UUID]) -> dict[UUID, int]:
    """The same for several cases; those without one are absent."""
    query = select(col(Comparison.case_id), func.count()).where(
        col(Comparison.case_id).in_(cases), col(Comparison.verdict) == Verdict.OPEN
    )
    return {row[0]: int(row[1]) for row in work.execute(query.group_by(col(Comparison.case_id)))}


def problem(count: int, number: str) -> str:
    """What a case that waits for comparisons says."""
    return f"有 {count} 项补助可能相同，须由认定单位比对：duixian comparisons list --case {number}"


def stop(work: UnitOfWork, procedure: Procedure, case: CaseView, count: int) -> None:
    """The case waits for its certifier, and knows whose turn it was; the unit is told."""
    following = procedure.turn(Duty.CERTIFIER)
    if case.state in PRICED and case.next_duty != Duty.CERTIFIER:
        remember(work, case.id, case.next_duty, case.next_due)
    set_waiting(work, case, following, problem(count, case.number))
    tell = unit(following.unit, Duty.CERTIFIER, "comparison", case=case.number, count=count)
    once = f"comparison:{case.number}:{case.version}:{work.today}:{count}"
    queue_once(work, tell, once=once, case_id=case.id, version=case.version)


def remember(work: UnitOfWork, case: UUID, duty: str | None, due: datetime | None) -> None:
    """Whose turn a case was when it had to wait, on what it waits for."""
    open_ones = update(Comparison).where(col(Comparison.case_id) == case, col(Comparison.verdict) == Verdict.OPEN)
    work.execute(open_ones.values(resume_duty=duty or "", resume_due=due))


def resumed(work: UnitOfWork, procedure: Procedure, case: CaseView) -> Next | None:
    """Whose turn a priced case was before it had to wait; a person's deadline begins anew."""
    query = _COMPARED.where(col(Comparison.case_id) == case.id, col(Comparison.resume_duty) != "")
    row = work.execute(query.order_by(col(Comparison.sequence).desc()).limit(1)).first()
    if row is None:
        return None
    duty = Duty(row.resume_duty)
    if duty is Duty.HEAD and case.state in STATES_STOPPED_WITH_HEAD:
        return system(work.now)  # what had stopped it may be gone: it is looked at anew
    return Next(duty, None, max(row.resume_due, work.now)) if duty is Duty.SYSTEM else procedure.turn(duty, case.town)


def touched(work: UnitOfWork, new: Sequence[UUID]) -> list[UUID]:
    """The cases under way or paid that newly entered benefits may concern: of the same party, or with one of their keys."""
    rows = work.execute(_BENEFITS.where(col(BenefitRecord.id).in_(new))).all()
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


def _subjects(work: UnitOfWork, cases: Collection[UUID]) -> list[_Subject]:
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


def _elsewhere(work: UnitOfWork, subjects: Sequence[_Subject], late: bool) -> Iterator[PossibleMatch]:
    """Benefits of other plans that may be the same: those of the applicant, and those on a key that others may have too."""
    keys = {key for subject in subjects for key in subject.certain | subject.maybe if late or _of_others_too(key)}
    of_party = _BENEFITS.where(col(BenefitRecord.party_id).in_({subject.party for subject in subjects}))
    rows = {row.id: row for row in work.execute(of_party)}
    rows |= {row.id: row for row in work.execute(_BENEFITS.where(col(BenefitRecord.subject).in_(keys)))}
    held = sorted(
        (row for row in rows.values() if not row.returned), key=lambda row: (row.source, row.reference, row.subject)
    )
    of: dict[Any, list[int]] = {}  # places in `held`, by recipient and by key: nothing else can be like a subject
    for place, row in enumerate(held):
        of.setdefault(row.party_id, []).append(place)
        of.setdefault(row.subject, []).append(place)
    for subject in subjects:
        near = {place for name in (subject.party, *subject.certain, *subject.maybe) for place in of.get(name, ())}
        for row in (held[place] for place in sorted(near)):
            like = _like(subject, row, late)
            if like is not None:
                why, own = like
                name = outside_name(row)
                yield PossibleMatch(subject.id, subject.policy, why, own, row.subject, name, benefit=row.id)


def _of_others_too(key: str) -> bool:
    kind = kind_of(key)
    return kind in SEVERAL or kind in (KeyKind.PROJECT, KeyKind.PERSON, KeyKind.ENTERPRISE)


def _like(subject: _Subject, row: Any, late: bool) -> tuple[Likeness, str] | None:
    """Why a benefit may be the same as what the case is for, and by which key of the case; None where nothing says so."""
    key, kind = row.subject, kind_of(row.subject)
    mine, meets = row.party_id == subject.party, _meet(subject.period, period_of(row.period))
    if key in subject.certain:
        return _by_certain_key(subject, key, mine, meets, late)
    if kind is KeyKind.ENTERPRISE:
        own = next((known for known in subject.maybe if kind_of(known) is KeyKind.ENTERPRISE), "")
        return (Likeness.ENTERPRISE_ALONE, own) if own and meets and (mine or key == own) else None
    if key in subject.maybe and (mine or kind is KeyKind.PERSON):
        return (Likeness.PART_OF_NAME, key) if meets or kind not in RECURRING | {KeyKind.EVENT} else None
    if not mine or kind in PAPERS or kind is KeyKind.PERSON:
        return None
    value = key.partition(":")[2]
    if value in subject.values:
        return Likeness.OTHER_KIND, subject.values[value]
    own = next((known for said, known in subject.values.items() if alike(said, value)), "")
    return (Likeness.ALIKE, own) if own else None


def _by_certain_key(subject: _Subject, key: str, mine: bool, meets: bool, late: bool) -> tuple[Likeness, str] | None:
    """The same key settles by itself, unless several may have a part in it, or another time may make it another thing."""
    kind, value = kind_of(key), key.partition(":")[2]
    general = next((f"{one_kind}:{value}" for one_kind in GENERAL if f"{one_kind}:{value}" in subject.certain), "")
    if not mine and (kind in SEVERAL or kind_of(general or key) in SEVERAL):
        return Likeness.OTHER_RECIPIENT, key
    if not mine and kind in OWNED:
        return None
    if kind in RECURRING and not meets:
        return (Likeness.OTHER_PERIOD, key) if general else None
    return (Likeness.SAME_KEY, key) if late else None


def _meet(period: Period | None, other: Period | None) -> bool:
    return period is None or other is None or (period.first <= other.last and other.first <= period.last)


def _among_cases(work: UnitOfWork, subjects: Sequence[_Subject], inside: Inside) -> Iterator[PossibleMatch]:
    """Other cases of this house on a key that does not settle by itself, or of another recipient."""
    asked = [subject for subject in subjects if inside(subject.id)]
    keys = {key for subject in asked for key in subject.within if key in subject.maybe or kind_of(key) in SEVERAL}
    if not keys:
        return
    tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key).in_(keys), col(SubjectKey.inside))
    priced = [*COUNTED, State.CERTIFIED.value]
    rows = work.execute(select(col(Case.id)).where(col(Case.id).in_(tied), col(Case.state).in_(priced))).scalars()
    others = _subjects(work, set(rows))
    for subject in asked:
        for other in others:
            like = _case_like(subject, other)
            if like is not None:
                why, key = like
                yield PossibleMatch(
                    subject.id, subject.policy, why, key, key, f"{other.policy} {other.number}", other_case=other.id
                )


def _case_like(subject: _Subject, other: _Subject) -> tuple[Likeness, str] | None:
    first = (str(other.filed_at), other.number) < (str(subject.filed_at), subject.number)
    if subject.id == other.id or (other.state == State.CERTIFIED and not first):
        return None
    both = sorted(subject.within & other.within)
    mine, sure = subject.party == other.party, subject.certain & other.certain
    if not mine:
        key = next((key for key in both if key in sure and kind_of(key) in SEVERAL), "")
        if key:
            return Likeness.OTHER_RECIPIENT, key
    elif any(key in sure for key in both):
        return None
    key = next((key for key in both if key not in sure and (mine or kind_of(key) is KeyKind.PERSON)), "")
    return (Likeness.PART_OF_NAME, key) if key else None
