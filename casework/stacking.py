"""What 就高不重复 and ceilings compare a set of cases with: other benefits, other cases' awards, earlier awards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from casework.cases import CaseView
from casework.procedure import Procedure
from casework.subjects import shown
from models import Award, Benefit, Case, Comparison, State, SubjectKey, Verdict
from models.work import Work
from policies import awards, benefits, stacking
from policies.awards import Prior
from policies.benefits import KeyKind, Level, Period
from policies.money import Money

_TURN = col(Comparison.sequence)
# An award counts from its computation until its case ends without money.
COUNTED = tuple(
    s.value for s in (State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE, State.ORDERED, State.PAID, State.CLOSED)
)  # fmt: skip


@dataclass(frozen=True)
class Ties:
    """What ties a case for certain: keys that also tie cases of the plan, keys towards other plans only, and its days."""

    keys: frozenset[str] = frozenset()
    outward: frozenset[str] = frozenset()
    period: str = ""

    @property
    def days(self) -> str:
        """The days that the item names; "" where only the year of the event counts, which the award knows."""
        return self.period if "/" in self.period else ""

    @property
    def all(self) -> frozenset[str]:
        """Every key under which it may be found."""
        return self.keys | self.outward


class Origin(NamedTuple):
    """Where a benefit is written down: among those from elsewhere, or as a case."""

    benefit: UUID | None = None
    case: UUID | None = None


@dataclass(frozen=True)
class _Made:
    """An award made in this very transaction; a benefit only if another case turns out to share its basis."""

    case: CaseView
    ties: Ties
    award: awards.Award
    payable: int

    @property
    def benefit(self) -> benefits.Benefit:
        """The award as what 就高不重复 compares."""
        return _claim(self.case, self.ties, self.award, paid=self.payable)


@dataclass
class Basis:
    """Everything a chunk of cases is compared with; kept up to date while the chunk is computed."""

    ties: dict[UUID, Ties]
    by_key: dict[str, dict[str, benefits.Benefit | _Made]] = field(default_factory=dict)
    earlier: dict[tuple[str, UUID, str], dict[UUID, Prior]] = field(default_factory=dict)
    numbers: dict[UUID, str] = field(default_factory=dict)  # of the cases behind `earlier`
    by_id: dict[str, benefits.Benefit | _Made] = field(default_factory=dict)
    origin: dict[str, Origin] = field(default_factory=dict)
    same: dict[str, set[str]] = field(default_factory=dict)  # pairs that a person called the same, both ways
    apart: set[frozenset[str]] = field(default_factory=set)  # pairs that a person told apart
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what each case was looked at together with

    def prior(self, case: CaseView) -> tuple[Prior, ...]:
        """Earlier awards of the same applicant under the same item of the same policy."""
        known = self.earlier.get((case.policy, case.party_id, case.item), {})
        return tuple(one for identity, one in known.items() if identity != case.id)

    def settle(self, case: CaseView, award: awards.Award, way: Procedure) -> stacking.Outcome:
        """What is payable of a gross award beside everything on the same basis."""
        ties = self.ties[case.id]
        alike = any(identity != case.number for key in ties.all for identity in self.by_key.get(key, ()))
        if not alike and case.number not in self.same:
            return _alone(case.number, award.amount or Money(0))
        own = _claim(case, ties, award)
        deducted = self._deducted(case, award)
        others = [_seen_from(case.policy, one) for one in self._connected(own) if one.id not in deducted]
        inside = bool(way.setting("P-stack-scope"))
        settlement = _settlement(way.setting("P-stack-settlement"))
        said = {frozenset({one, other}) for one, listed in self.same.items() for other in listed}
        ways: dict[str, Any] = {"settlement": settlement, "inside": inside, "same": said, "apart": self.apart}
        together = stacking.basis_groups([own, *others], said, self.apart)
        met = next((one.id for one in group) for group in together if own in group)
        self.beside[case.number] = tuple(dict.fromkeys((*met, *deducted)))
        return stacking.settle([own, *others], **ways)[own.id]

    def shared(self, case: CaseView, name: str) -> tuple[str, str]:
        """A key that a case and something beside it share, twice; "" where others stand between them."""
        other = self.by_id[name]
        theirs = other.keys | other.outward if isinstance(other, benefits.Benefit) else other.ties.all
        key = next(iter(sorted(self.ties[case.id].all & theirs)), "")
        return key, key

    def awarded(self, case: CaseView, award: awards.Award, payable: int) -> None:
        """From now on this case counts for the next ones."""
        made = _Made(case, self.ties[case.id], award, payable)
        for key in made.ties.all:
            self.by_key.setdefault(key, {})[case.number] = made
        self.by_id[case.number], self.origin[case.number] = made, Origin(case=case.id)
        prior = Prior(subject=award.subject, period=award.period, amount=Money(payable), keys=award.keys)
        self.earlier.setdefault((case.policy, case.party_id, case.item), {})[case.id] = prior
        self.numbers[case.id] = case.number

    def _deducted(self, case: CaseView, award: awards.Award) -> frozenset[str]:
        """The cases that the rule itself took off already: earlier levels of the same product. They count once only."""
        if not any(line.step == "upgrade" for line in award.lines):
            return frozenset()
        known = self.earlier.get((case.policy, case.party_id, case.item), {})
        return frozenset(self.numbers[one] for one, prior in known.items() if prior.subject == award.subject)

    def _connected(self, own: benefits.Benefit) -> list[benefits.Benefit]:
        """All benefits that share a key with this one or were called the same, directly or through others."""
        found: dict[str, benefits.Benefit] = {}
        waiting = [own]
        while waiting:
            one = waiting.pop()
            near = {name: met for key in one.keys | one.outward for name, met in self.by_key.get(key, {}).items()}
            near |= {name: self.by_id[name] for name in self.same.get(one.id, ()) if name in self.by_id}
            for name, met in near.items():
                if name != own.id and name not in found:
                    found[name] = met if isinstance(met, benefits.Benefit) else met.benefit
                    waiting.append(found[name])
        return list(found.values())


def gather(work: Work, cases: Sequence[CaseView]) -> Basis:
    """Reads what the cases have to be compared with, in a few set queries."""
    basis = Basis(_ties(work, [case.id for case in cases]))
    numbers = {case.id: case.number for case in cases}
    keys = {key for ties in basis.ties.values() for key in ties.all}
    _read_connected(work, basis, keys)
    while _read_said(work, basis, numbers, keys):
        _read_connected(work, basis, keys)
    _read_earlier(work, basis, cases)
    return basis


def _ties(work: Work, cases: Collection[UUID]) -> dict[UUID, Ties]:
    """What ties these cases for certain, by case."""
    columns = (col(SubjectKey.case_id), col(SubjectKey.key), col(SubjectKey.inside), col(SubjectKey.period))
    certain = select(*columns).where(col(SubjectKey.case_id).in_(cases), col(SubjectKey.certain))
    keys: dict[UUID, set[str]] = {identity: set() for identity in cases}
    outward: dict[UUID, set[str]] = {identity: set() for identity in cases}
    periods: dict[UUID, str] = {}
    for row in work.execute(certain):
        (keys if row.inside else outward)[row.case_id].add(row.key)
        periods[row.case_id] = row.period
    return {one: Ties(frozenset(keys[one]), frozenset(outward[one]), periods.get(one, "")) for one in cases}


def _read_connected(work: Work, basis: Basis, keys: set[str]) -> None:
    """Awards and outside benefits on these keys, and on the keys that those bring in, until none is new."""
    known: set[str] = set()
    while new := keys - known:
        known |= new
        tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key).in_(new), col(SubjectKey.certain))
        _take(basis, _ours(work, col(Case.id).in_(tied)), keys)
        _take(basis, _outside(work, col(Benefit.subject).in_(new)), keys)


def _take(basis: Basis, found: Mapping[Origin, benefits.Benefit], keys: set[str]) -> None:
    for origin, one in found.items():
        basis.by_id[one.id], basis.origin[one.id] = one, origin
        for key in (*one.keys, *one.outward):
            basis.by_key.setdefault(key, {})[one.id] = one
            keys.add(key)


def _read_said(work: Work, basis: Basis, numbers: dict[UUID, str], keys: set[str]) -> bool:
    """What people said of the cases read so far; whether that brought in anything that was not there yet."""
    numbers |= {origin.case: name for name, origin in basis.origin.items() if origin.case is not None}
    about = or_(col(Comparison.case_id).in_(numbers), col(Comparison.other_case_id).in_(numbers))
    said = select(Comparison.__table__).where(about, col(Comparison.decided_by).is_not(None))  # type: ignore[attr-defined]
    newest = {(row.case_id, row.benefit_id, row.other_case_id): row for row in work.execute(said.order_by(_TURN)).all()}
    rows = list(newest.values())  # what was asked once more counts as it was said last
    named = {Origin(benefit=row.benefit_id, case=row.other_case_id) for row in rows}
    missing = {*named, *(Origin(case=row.case_id) for row in rows)} - {*basis.origin.values()}
    _take(basis, _outside(work, col(Benefit.id).in_({one.benefit for one in missing if one.benefit})), keys)
    _take(basis, _ours(work, col(Case.id).in_({one.case for one in missing if one.case not in numbers})), keys)
    names = {origin: name for name, origin in basis.origin.items()} | {
        Origin(case=one): numbers[one] for one in numbers
    }
    for row in rows:
        one, other = Origin(case=row.case_id), Origin(benefit=row.benefit_id, case=row.other_case_id)
        if one in names and other in names:
            _say(basis, row.verdict, names[one], names[other])
    return any(one in names for one in missing if one.case is None or one.case not in numbers)


def _say(basis: Basis, verdict: str, one: str, other: str) -> None:
    if verdict == Verdict.SAME:
        basis.same.setdefault(one, set()).add(other)
        basis.same.setdefault(other, set()).add(one)
    else:
        basis.apart.add(frozenset({one, other}))


def _ours(work: Work, which: ColumnElement[bool]) -> dict[Origin, benefits.Benefit]:
    """Awards of these cases, each with all its keys."""
    columns = (col(Case.id), col(Case.number), col(Case.policy), col(Case.amount_fen), col(Case.party_id))
    rows = work.execute(select(*columns).where(which, col(Case.state).in_(COUNTED), col(Case.amount_fen) > 0)).all()
    if not rows:
        return {}
    latest = _latest(work, {row.id for row in rows})
    ties = _ties(work, [row.id for row in rows])
    return {
        Origin(case=row.id): benefits.Benefit(
            id=row.number,
            keys=_some(ties[row.id], row.number),
            outward=ties[row.id].outward,
            owner=row.party_id.hex,
            amount=max(latest[row.id][0], row.amount_fen),
            paid=row.amount_fen,
            source=row.policy,
            level=Level.DISTRICT,
            period=period_of(ties[row.id].days or latest[row.id][1]),
            ours=True,
        )
        for row in rows
    }


def _latest(work: Work, cases: set[UUID]) -> dict[UUID, tuple[int, str]]:
    """Gross fen and year of the newest award of each case."""
    rows = work.execute(
        select(col(Award.case_id), col(Award.gross_fen), col(Award.trace))
        .where(col(Award.case_id).in_(cases))
        .order_by(col(Award.sequence))
    )
    return {row.case_id: (row.gross_fen, loads(row.trace)["period"]) for row in rows}


def _outside(work: Work, which: ColumnElement[bool]) -> dict[Origin, benefits.Benefit]:
    """Sums from other policies."""
    rows = work.execute(select(Benefit.__table__).where(which))  # type: ignore[attr-defined]
    return {
        Origin(benefit=row.id): benefits.Benefit(
            id=outside_name(row.source, row.reference, row.subject),
            keys=frozenset({row.subject}),
            owner=row.party_id.hex,
            amount=row.amount_fen,
            paid=row.amount_fen if row.paid else 0,
            source=row.source,
            level=_level(row.level),
            period=period_of(row.period),
            return_proof="registered" if row.returned else "",
        )
        for row in rows
    }


def outside_name(source: str, reference: str, subject: str) -> str:
    """How a benefit from elsewhere is called: one document may grant for several subjects, each a benefit of its own."""
    return f"{source}#{reference}（{shown(subject)}）"


def period_of(text: str) -> Period | None:
    """A year ("2023"), days ("2023-01-01/2023-06-30"), or nothing in particular."""
    first, _, last = text.partition("/")
    if last:
        return Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    return Period(first=date(int(first), 1, 1), last=date(int(first), 12, 31)) if first.isdigit() else None


def _read_earlier(work: Work, basis: Basis, cases: Sequence[CaseView]) -> None:
    parties = {case.party_id for case in cases}
    rows = work.execute(
        select(
            *(col(one) for one in (Case.id, Case.number, Case.policy, Case.party_id, Case.item, Case.amount_fen)),
            col(Award.trace),
        )
        .join(Award, col(Award.case_id) == col(Case.id))
        .where(col(Case.party_id).in_(parties), col(Case.state).in_(COUNTED), col(Case.amount_fen) > 0)
        .order_by(col(Case.filed_at), col(Case.number), col(Award.sequence))
    )
    for row in rows:
        trace = loads(row.trace)
        prior = Prior(
            subject=trace["subject"], period=trace["period"], amount=Money(row.amount_fen), keys=trace["keys"]
        )
        basis.earlier.setdefault((row.policy, row.party_id, row.item), {})[row.id] = prior
        basis.numbers[row.id] = row.number


def _claim(case: CaseView, ties: Ties, award: awards.Award, paid: int = 0) -> benefits.Benefit:
    """This case's gross award as a benefit of this plan."""
    return benefits.Benefit(
        id=case.number,
        keys=_some(ties, case.number),
        outward=ties.outward,
        owner=case.party_id.hex,
        amount=int(award.amount or 0),
        paid=paid,
        source=case.policy,
        level=Level.DISTRICT,
        period=period_of(ties.days or award.period),
        ours=True,
    )


def _seen_from(policy: str, one: benefits.Benefit) -> benefits.Benefit:
    """Another policy's award is no award of this plan: it is known by its public identifiers, as one from outside."""
    if not one.ours or one.source == policy:
        return one
    return replace(one, ours=False, keys=one.keys | one.outward, outward=frozenset())


def _some(ties: Ties, number: str) -> frozenset[str]:
    """The keys of a case; one that has none is a subject of its own."""
    return ties.keys or frozenset({benefits.subject_key(KeyKind.PROJECT, number)})


def _alone(number: str, amount: Money) -> stacking.Outcome:
    """Nothing else stands on the same basis."""
    return stacking.Outcome(
        id=number,
        payable=amount,
        reason=stacking.Reason.ALONE,
        winner=number,
        beaten_by=None,
        group=(number,),
        to_return=(),
        after_return=Money(0),
        lines=(),
    )


def _settlement(value: str) -> stacking.Settlement:
    return next(one for one in stacking.Settlement if one == value)


def _level(value: str) -> Level:
    return next(one for one in Level if one == value)
