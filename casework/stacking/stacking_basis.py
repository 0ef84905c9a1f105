"""What 就高不重复 and ceilings compare a set of cases with: other benefits, other cases' awards, earlier awards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import Procedure
from casework.privacy.personal_keys import anonymised
from casework.stacking.benefit_keys import shown
from models import AwardRecord, BenefitRecord, Case, Comparison, State, SubjectKey, Verdict
from models.unit_of_work import UnitOfWork
from policies import awards, benefits, stacking
from policies.awards import Prior
from policies.benefits import KeyKind, Level, Period, kind_of
from policies.money import Money

_TURN = col(Comparison.sequence)
# An award counts from its computation until its case ends without money.
COUNTED = tuple(
    s.value for s in (State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE, State.ORDERED, State.PAID, State.CLOSED)
)  # fmt: skip


@dataclass(frozen=True)
class SubjectKeys:
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


class BenefitOrigin(NamedTuple):
    """Where a benefit is written down: among those from elsewhere, or as a case."""

    benefit: UUID | None = None
    case: UUID | None = None


@dataclass(frozen=True)
class _Made:
    """An award made in this very transaction; a benefit only if another case turns out to share its basis."""

    case: CaseView
    subject_keys: SubjectKeys
    award: awards.Award
    payable: int

    @property
    def benefit(self) -> benefits.Benefit:
        """The award as what 就高不重复 compares."""
        return _claim(self.case, self.subject_keys, self.award, paid=self.payable)


@dataclass
class StackingBasis:
    """Everything a chunk of cases is compared with; kept up to date while the chunk is computed."""

    subject_keys: dict[UUID, SubjectKeys]
    by_key: dict[str, dict[str, benefits.Benefit | _Made]] = field(default_factory=dict)
    earlier: dict[tuple[str, UUID, str], dict[UUID, Prior]] = field(default_factory=dict)
    numbers: dict[UUID, str] = field(default_factory=dict)  # of the cases behind `earlier`
    by_id: dict[str, benefits.Benefit | _Made] = field(default_factory=dict)
    origin: dict[str, BenefitOrigin] = field(default_factory=dict)
    same: dict[str, set[str]] = field(default_factory=dict)  # pairs that a person called the same, both ways
    apart: set[frozenset[str]] = field(default_factory=set)  # pairs that a person told apart
    compared_with: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # what each case was looked at together with

    def prior(self, case: CaseView) -> tuple[Prior, ...]:
        """Earlier awards of the same applicant under the same item of the same policy."""
        known = self.earlier.get((case.policy, case.party_id, case.item), {})
        return tuple(prior for identity, prior in known.items() if identity != case.id)

    def settle(self, case: CaseView, award: awards.Award, procedure: Procedure) -> stacking.Outcome:
        """What is payable of a gross award beside everything on the same basis."""
        subject_keys = self.subject_keys[case.id]
        alike = any(identity != case.number for key in subject_keys.all for identity in self.by_key.get(key, ()))
        if not alike and case.number not in self.same:
            return _alone(case.number, award.amount or Money(0))
        own = _claim(case, subject_keys, award)
        deducted = self._deducted(case, award)
        others = [_seen_from(case.policy, benefit) for benefit in self._connected(own) if benefit.id not in deducted]
        inside = bool(procedure.setting("P-stack-scope"))
        settlement = _settlement(procedure.setting("P-stack-settlement"))
        said = {frozenset({name, other}) for name, listed in self.same.items() for other in listed}
        terms: dict[str, Any] = {"settlement": settlement, "inside": inside, "same": said, "apart": self.apart}
        together = stacking.basis_groups([own, *others], said, self.apart)
        met = next((benefit.id for benefit in group) for group in together if own in group)
        self.compared_with[case.number] = tuple(dict.fromkeys((*met, *deducted)))
        return stacking.settle([own, *others], **terms)[own.id]

    def shared(self, case: CaseView, name: str) -> tuple[str, str]:
        """A key that a case and something beside it share, twice; "" where others stand between them."""
        other = self.by_id[name]
        theirs = other.keys | other.outward if isinstance(other, benefits.Benefit) else other.subject_keys.all
        key = next(iter(sorted(self.subject_keys[case.id].all & theirs)), "")
        return key, key

    def awarded(self, case: CaseView, award: awards.Award, payable: int) -> None:
        """From now on this case counts for the next ones."""
        made = _Made(case, self.subject_keys[case.id], award, payable)
        for key in made.subject_keys.all:
            self.by_key.setdefault(key, {})[case.number] = made
        self.by_id[case.number], self.origin[case.number] = made, BenefitOrigin(case=case.id)
        prior = Prior(subject=award.subject, period=award.period, amount=Money(payable), keys=award.keys)
        self.earlier.setdefault((case.policy, case.party_id, case.item), {})[case.id] = prior
        self.numbers[case.id] = case.number

    def _deducted(self, case: CaseView, award: awards.Award) -> frozenset[str]:
        """The cases that the rule itself took off already: earlier levels of the same product. They count once only."""
        if not any(line.step == "upgrade" for line in award.lines):
            return frozenset()
        known = self.earlier.get((case.policy, case.party_id, case.item), {})
        return frozenset(self.numbers[identity] for identity, prior in known.items() if prior.subject == award.subject)

    def _connected(self, own: benefits.Benefit) -> list[benefits.Benefit]:
        """All benefits that share a key with this one or were called the same, directly or through others."""
        found: dict[str, benefits.Benefit] = {}
        waiting = [own]
        while waiting:
            benefit = waiting.pop()
            near = {
                name: met for key in benefit.keys | benefit.outward for name, met in self.by_key.get(key, {}).items()
            }
            near |= {name: self.by_id[name] for name in self.same.get(benefit.id, ()) if name in self.by_id}
            for name, met in near.items():
                if name != own.id and name not in found:
                    found[name] = met if isinstance(met, benefits.Benefit) else met.benefit
                    waiting.append(found[name])
        return list(found.values())


def gather(work: UnitOfWork, cases: Sequence[CaseView]) -> StackingBasis:
    """Reads what the cases have to be compared with, in a few set queries."""
    basis = StackingBasis(_subject_keys(work, [case.id for case in cases]))
    numbers = {case.id: case.number for case in cases}
    keys = {key for subject_keys in basis.subject_keys.values() for key in subject_keys.all}
    _read_connected(work, basis, keys)
    while _read_said(work, basis, numbers, keys):
        _read_connected(work, basis, keys)
    _read_earlier(work, basis, cases)
    return basis


def _subject_keys(work: UnitOfWork, cases: Collection[UUID]) -> dict[UUID, SubjectKeys]:
    """What ties these cases for certain, by case."""
    columns = (col(SubjectKey.case_id), col(SubjectKey.key), col(SubjectKey.inside), col(SubjectKey.period))
    certain = select(*columns).where(col(SubjectKey.case_id).in_(cases), col(SubjectKey.certain))
    keys: dict[UUID, set[str]] = {identity: set() for identity in cases}
    outward: dict[UUID, set[str]] = {identity: set() for identity in cases}
    periods: dict[UUID, str] = {}
    for row in work.execute(certain):
        (keys if row.inside else outward)[row.case_id].add(row.key)
        periods[row.case_id] = row.period
    return {
        identity: SubjectKeys(frozenset(keys[identity]), frozenset(outward[identity]), periods.get(identity, ""))
        for identity in cases
    }


def _read_connected(work: UnitOfWork, basis: StackingBasis, keys: set[str]) -> None:
    """Awards and outside benefits on these keys, and on the keys that those bring in, until none is new."""
    known: set[str] = set()
    while new := keys - known:
        known |= new
        tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key).in_(new), col(SubjectKey.certain))
        _take(basis, _ours(work, col(Case.id).in_(tied)), keys)
        _take(basis, _outside(work, col(BenefitRecord.subject).in_(new)), keys)


def _take(basis: StackingBasis, found: Mapping[BenefitOrigin, benefits.Benefit], keys: set[str]) -> None:
    for origin, benefit in found.items():
        basis.by_id[benefit.id], basis.origin[benefit.id] = benefit, origin
        for key in (*benefit.keys, *benefit.outward):
            basis.by_key.setdefault(key, {})[benefit.id] = benefit
            keys.add(key)


def _read_said(work: UnitOfWork, basis: StackingBasis, numbers: dict[UUID, str], keys: set[str]) -> bool:
    """What people said of the cases read so far; whether that brought in anything that was not there yet."""
    numbers |= {origin.case: name for name, origin in basis.origin.items() if origin.case is not None}
    about = or_(col(Comparison.case_id).in_(numbers), col(Comparison.other_case_id).in_(numbers))
    said = select(Comparison.__table__).where(about, col(Comparison.decided_by).is_not(None))  # type: ignore[attr-defined]
    newest = {(row.case_id, row.benefit_id, row.other_case_id): row for row in work.execute(said.order_by(_TURN)).all()}
    rows = list(newest.values())  # what was asked once more counts as it was said last
    named = {BenefitOrigin(benefit=row.benefit_id, case=row.other_case_id) for row in rows}
    missing = {*named, *(BenefitOrigin(case=row.case_id) for row in rows)} - {*basis.origin.values()}
    _take(
        basis, _outside(work, col(BenefitRecord.id).in_({origin.benefit for origin in missing if origin.benefit})), keys
    )
    _take(basis, _ours(work, col(Case.id).in_({origin.case for origin in missing if origin.case not in numbers})), keys)
    names = {origin: name for name, origin in basis.origin.items()} | {
        BenefitOrigin(case=identity): numbers[identity] for identity in numbers
    }
    for row in rows:
        first, other = BenefitOrigin(case=row.case_id), BenefitOrigin(benefit=row.benefit_id, case=row.other_case_id)
        if first in names and other in names:
            _say(basis, row.verdict, names[first], names[other])
    return any(origin in names for origin in missing if origin.case is None or origin.case not in numbers)


def _say(basis: StackingBasis, verdict: str, name: str, other: str) -> None:
    if verdict == Verdict.SAME:
        basis.same.setdefault(name, set()).add(other)
        basis.same.setdefault(other, set()).add(name)
    else:
        basis.apart.add(frozenset({name, other}))


def _ours(work: UnitOfWork, which: ColumnElement[bool]) -> dict[BenefitOrigin, benefits.Benefit]:
    """Awards of these cases, each with all its keys."""
    columns = (col(Case.id), col(Case.number), col(Case.policy), col(Case.amount_fen), col(Case.party_id))
    rows = work.execute(select(*columns).where(which, col(Case.state).in_(COUNTED), col(Case.amount_fen) > 0)).all()
    if not rows:
        return {}
    latest = _latest(work, {row.id for row in rows})
    subject_keys = _subject_keys(work, [row.id for row in rows])
    return {
        BenefitOrigin(case=row.id): benefits.Benefit(
            id=row.number,
            keys=_some(subject_keys[row.id], row.number),
            outward=subject_keys[row.id].outward,
            owner=row.party_id.hex,
            amount=max(latest[row.id][0], row.amount_fen),
            paid=row.amount_fen,
            source=row.policy,
            level=Level.DISTRICT,
            period=period_of(subject_keys[row.id].days or latest[row.id][1]),
            ours=True,
        )
        for row in rows
    }


def _latest(work: UnitOfWork, cases: set[UUID]) -> dict[UUID, tuple[int, str]]:
    """Gross fen and year of the newest award of each case."""
    rows = work.execute(
        select(col(AwardRecord.case_id), col(AwardRecord.gross_fen), col(AwardRecord.trace))
        .where(col(AwardRecord.case_id).in_(cases))
        .order_by(col(AwardRecord.sequence))
    )
    return {row.case_id: (row.gross_fen, loads(row.trace)["period"]) for row in rows}


def _outside(work: UnitOfWork, which: ColumnElement[bool]) -> dict[BenefitOrigin, benefits.Benefit]:
    """Sums from other policies."""
    rows = work.execute(select(BenefitRecord.__table__).where(which))  # type: ignore[attr-defined]
    return {
        BenefitOrigin(benefit=row.id): benefits.Benefit(
            id=outside_name(row),
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


def outside_name(row: Any) -> str:
    """How a benefit from elsewhere is called: one document may grant for several subjects, each a benefit of its own, so no
    two are called the same. `row`: its id, source, reference, subject and basis (the subject as entered, where kept)."""
    return f"{row.source}#{row.reference}（{_what_for(row)}）"


def outside_names(row: Any) -> tuple[str, ...]:
    """The same, and how earlier awards call it: of persons they say only that it is one."""
    return outside_name(row), f"{row.source}#{row.reference}（{shown(row.subject)}）"


def _what_for(row: Any) -> str:
    """The subject; of one that is hidden, and of which a document may grant to several, the end of the row's number too."""
    if anonymised(row.subject) or kind_of(row.subject) is KeyKind.PERSON:
        return f"{shown(row.subject)} 登记号 {row.id.hex[-8:]}"
    return f"{kind_of(row.subject).zh} {row.basis}" if row.basis else shown(row.subject)


def period_of(text: str) -> Period | None:
    """A year ("2023"), days ("2023-01-01/2023-06-30"), or nothing in particular."""
    first, _, last = text.partition("/")
    if last:
        return Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    return Period(first=date(int(first), 1, 1), last=date(int(first), 12, 31)) if first.isdigit() else None


def _read_earlier(work: UnitOfWork, basis: StackingBasis, cases: Sequence[CaseView]) -> None:
    parties = {case.party_id for case in cases}
    rows = work.execute(
        select(
            *(col(column) for column in (Case.id, Case.number, Case.policy, Case.party_id, Case.item, Case.amount_fen)),
            col(AwardRecord.trace),
        )
        .join(AwardRecord, col(AwardRecord.case_id) == col(Case.id))
        .where(col(Case.party_id).in_(parties), col(Case.state).in_(COUNTED), col(Case.amount_fen) > 0)
        .order_by(col(Case.filed_at), col(Case.number), col(AwardRecord.sequence))
    )
    for row in rows:
        trace = loads(row.trace)
        prior = Prior(
            subject=trace["subject"], period=trace["period"], amount=Money(row.amount_fen), keys=trace["keys"]
        )
        basis.earlier.setdefault((row.policy, row.party_id, row.item), {})[row.id] = prior
        basis.numbers[row.id] = row.number


def _claim(case: CaseView, subject_keys: SubjectKeys, award: awards.Award, paid: int = 0) -> benefits.Benefit:
    """This case's gross award as a benefit of this plan."""
    return benefits.Benefit(
        id=case.number,
        keys=_some(subject_keys, case.number),
        outward=subject_keys.outward,
        owner=case.party_id.hex,
        amount=int(award.amount or 0),
        paid=paid,
        source=case.policy,
        level=Level.DISTRICT,
        period=period_of(subject_keys.days or award.period),
        ours=True,
    )


def _seen_from(policy: str, benefit: benefits.Benefit) -> benefits.Benefit:
    """Another policy's award is no award of this plan: it is known by its public identifiers, as one from outside."""
    if not benefit.ours or benefit.source == policy:
        return benefit
    return replace(benefit, ours=False, keys=benefit.keys | benefit.outward, outward=frozenset())


def _some(subject_keys: SubjectKeys, number: str) -> frozenset[str]:
    """The keys of a case; one that has none is a subject of its own."""
    return subject_keys.keys or frozenset({benefits.subject_key(KeyKind.PROJECT, number)})


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
    return next(settlement for settlement in stacking.Settlement if settlement == value)


def _level(value: str) -> Level:
    return next(level for level in Level if level == value)
