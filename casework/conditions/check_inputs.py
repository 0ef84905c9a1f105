"""What the checks of a set of cases look at beside the applicant: papers, dates, earlier awards, other open cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlmodel import col

from casework.forms import typed_forms
from casework.lifecycle.act_context import snapshots
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import Procedure, procedure_on
from casework.shared.reference import Reference, in_force
from casework.stacking.stacking_basis import gather as gather_earlier
from models import TERMINAL, Case, Evidence, PaperCheck, Snapshot, State
from models.clock import business_date
from models.unit_of_work import UnitOfWork
from policies.conditions import required
from policies.forms import Text, WrongFacts, document_key, labels
from policies.kinds import WrongValue
from policies.measures import Item, Slot
from policies.parameters import Value

_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
_SLOTS = select(col(Evidence.case_id), col(Evidence.slot)).where(col(Evidence.case_id).in_(_CASES)).distinct()
_OFF_LINE: Select[Any] = (
    select(PaperCheck.__table__)  # type: ignore[attr-defined]
    .where(col(PaperCheck.case_id).in_(_CASES))
    .order_by(col(PaperCheck.sequence), col(PaperCheck.id))
)
_OPEN = (
    select(col(Case.id), col(Case.number), col(Case.party_id), col(Case.policy), col(Case.item))
    .where(
        col(Case.party_id).in_(bindparam("parties", expanding=True)),
        col(Case.state).not_in([*(state.value for state in TERMINAL), State.DRAFT.value]),
    )
    .order_by(col(Case.number))
)
_COMPARES = frozenset({State.CERTIFIED.value, State.UNDER_JOINT_REVIEW.value})
_BEFORE = frozenset(
    s.value for s in (State.DRAFT, State.FILED, State.IN_CORRECTION, State.ACCEPTED, State.SCREENED, State.PLANNED)
)


Beside = str | tuple[str, ...]


@dataclass(kw_only=True)
class CheckInputs:
    """What was found of one case."""

    slots: set[str] = field(default_factory=set)
    offline: dict[str, Any] = field(default_factory=dict)
    outdated: set[str] = field(
        default_factory=set
    )  # of these: what was looked at before the claim was stated otherwise
    required: tuple[Slot, ...] = ()
    inside: bool | None = None
    event: tuple[date | None, Text] | None = None
    earlier: str | None = None
    lacks: tuple[str, ...] = ()
    compared: bool = False
    others: tuple[str, ...] = ()
    claim: Mapping[str, Any] = field(default_factory=dict)


def gather(
    work: UnitOfWork,
    reference: Reference,
    procedures: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any],
    claims: Mapping[UUID, Mapping[str, Any]],
) -> dict[UUID, CheckInputs]:
    """Everything for these cases in a few set queries; `stated` are facts that are certified just now, `claims` what is
    filed just now, by case."""
    found = {case.id: CheckInputs() for case in cases}
    _papers(work, found)
    content = _content(work, procedures, cases, stated)
    content |= {identity: dict(claim) for identity, claim in claims.items()}
    twins = _twins(work, procedures, cases, content)
    earlier = _earlier(work, reference, procedures, cases, stated)
    for case in cases:
        looked, procedure = found[case.id], procedures[case.id]
        looked.required = required_papers(
            reference, procedure.policy.code, procedure.item, case.filed_at, procedure.today
        )
        looked.claim = content.get(case.id, {})
        looked.inside = _inside(reference, procedure, case)
        looked.event = _event(reference, procedure, content.get(case.id, {}))
        looked.others = twins.get(case.id, ())
        beside = earlier.get(case.id)
        looked.earlier, looked.lacks = (None, beside) if isinstance(beside, tuple) else (beside, ())
        looked.compared = case.state not in _BEFORE and case.state not in _COMPARES
    return found


def without_case(reference: Reference, procedure: Procedure) -> CheckInputs:
    """What there is to look at before an applicant has a case of an item: the papers that are asked for, and no claim yet."""
    asked = required_papers(reference, procedure.policy.code, procedure.item, None, procedure.today)
    return CheckInputs(required=asked, event=_event(reference, procedure, {}))


def _papers(work: UnitOfWork, found: Mapping[UUID, CheckInputs]) -> None:
    asked = {"cases": list(found)}
    for identity, slot in work.execute(_SLOTS, asked):
        found[identity].slots.add(slot)
    rows = work.execute(_OFF_LINE, asked).all()
    stated = _stated(work, {row.case_id for row in rows}) if rows else {}
    for row in rows:
        looked = found[row.case_id]
        looked.offline[row.slot] = row
        looked.outdated.discard(row.slot)
        if _otherwise(stated.get(row.case_id, ()), row.version):
            looked.outdated.add(row.slot)


def _stated(work: UnitOfWork, cases: Collection[UUID]) -> dict[UUID, list[tuple[int, str]]]:
    """With which version each case's claim was stated, and the hash of what it said."""
    query = select(col(Snapshot.case_id), col(Snapshot.version), col(Snapshot.hash)).where(
        col(Snapshot.case_id).in_(cases), col(Snapshot.kind) == "claim"
    )
    found: dict[UUID, list[tuple[int, str]]] = {}
    for row in work.execute(query.order_by(col(Snapshot.version))):
        found.setdefault(row.case_id, []).append((row.version, row.hash))
    return found


def _otherwise(stated: Sequence[tuple[int, str]], looked_at: int) -> bool:
    """Whether the claim says something else now than at the version at which a paper was looked at."""
    then = [said for version, said in stated if version <= looked_at]
    return bool(then) and then[-1] != stated[-1][1]


def required_papers(
    reference: Reference, policy: str, item: Item, filed_at: datetime | None, today: date
) -> tuple[Slot, ...]:
    """Required on the day of filing and today: a list that grows later asks nothing more of what was filed before."""
    setting = next((known_setting for known_setting in item.settings if known_setting.id == "P-papers"), None)
    if setting is None:
        return ()
    filed = business_date(filed_at) if filed_at else today
    lists = []
    for day in dict.fromkeys((filed, today)):
        value = in_force(reference, policy, day, item.id).get(setting.id)
        lists.append(setting.default if value is None else setting.parse(value.value))
    return required(item, *lists)


def _inside(reference: Reference, procedure: Procedure, case: CaseView) -> bool | None:
    """Whether the filing lay inside the window as it stood on that day."""
    if case.filed_at is None:
        return None
    then = procedure_on(reference, procedure.policy, procedure.item.id, business_date(case.filed_at))
    return window(then).inside(case.filed_at)


def _content(
    work: UnitOfWork, procedures: Mapping[UUID, Procedure], cases: Sequence[CaseView], stated: Mapping[UUID, Any]
) -> dict[UUID, dict[str, Any]]:
    """The fields of the claim, and over them those of the facts where there are some."""
    ids = [case.id for case in cases]
    found: dict[UUID, dict[str, Any]] = {
        case_id: loads(text) for case_id, text in snapshots(work, ids, "claim").items()
    }
    certified = snapshots(work, [case_id for case_id in ids if case_id not in stated], "facts")
    certified |= {identity: _text(form) for identity, form in stated.items()}
    return found | {case_id: {**found.get(case_id, {}), **loads(text)} for case_id, text in certified.items()}


def _text(form: Any) -> str:
    from models.columns import canonical_json

    return canonical_json(typed_forms.content(form))


def _event(reference: Reference, procedure: Procedure, content: Mapping[str, Any]) -> tuple[date | None, Text] | None:
    """The date that must lie in the term; None where only the filing counts."""
    item = procedure.item
    basis = item.basis(in_force(reference, procedure.policy.code, procedure.today, item.id))
    if basis == "filing":
        return None
    return _day(item, basis, content), labels(item.facts)[basis]


def _day(item: Item, basis: str, content: Mapping[str, Any]) -> date | None:
    """The date as it counts: of a period that reaches into the term, the nearest day inside."""
    told = content.get(basis)
    day = date.fromisoformat(told) if isinstance(told, str) and told else None
    if day is None or item.span is None or item.term is None:
        return day
    first, last = (content.get(name) for name in item.span)
    if not first or not last:
        return day
    meets = date.fromisoformat(first) <= item.term.closes and item.term.opens <= date.fromisoformat(last)
    return min(max(day, item.term.opens), item.term.closes) if meets else day


def _earlier(
    work: UnitOfWork,
    reference: Reference,
    procedures: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any],
) -> dict[UUID, Beside]:
    """Why the rule refuses a certified case beside earlier awards, though it would not without them; "" where it does not;
    the parameters that are unset where only they can tell."""
    certified = [c for c in cases if c.id in stated or c.state in _COMPARES]
    asked = [case for case in certified if procedures[case.id].item.pays]
    if not asked:
        return {}
    basis = gather_earlier(work, asked)
    texts = snapshots(work, [case.id for case in asked if case.id not in stated], "facts")
    found: dict[UUID, Beside] = {}
    for case in asked:
        prior = basis.prior(case)
        if not prior:
            found[case.id] = ""
            continue
        item = procedures[case.id].item
        facts = stated[case.id] if case.id in stated else typed_forms.parse(item.facts, loads(texts[case.id]))
        found[case.id] = _refused_beside(item, facts, _values(reference, procedures[case.id], case, facts), prior)
    return found


def _refused_beside(item: Item, facts: Any, values: Mapping[str, Value], prior: Any) -> Beside:
    try:
        award = item.award(facts, values, prior)
        if award.missing and award.refused is None:
            return award.missing
        if award.refused is None or item.award(facts, values).refused is not None:
            return ""
    except (WrongFacts, WrongValue):
        return ""  # the computation names what is wrong with them
    return award.refused.text


def _values(reference: Reference, procedure: Procedure, case: CaseView, facts: Any) -> Mapping[str, Value]:
    """The values that bind on the event's day."""
    code, item = procedure.policy.code, procedure.item
    now = in_force(reference, code, procedure.today, item.id)
    filed = business_date(case.filed_at) if case.filed_at else procedure.today
    then = in_force(reference, code, item.event_date(facts, now) or filed, item.id)
    return {**then, **{name: now[name] for name in ("P-event-basis",) if name in now}}


def _twins(
    work: UnitOfWork,
    procedures: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    content: Mapping[UUID, Mapping[str, Any]],
) -> dict[UUID, tuple[str, ...]]:
    """By case: the numbers of other open cases of the same applicant under the same item on the same subject."""
    known: dict[tuple[UUID, str, str], list[Any]] = {}
    for row in work.execute(_OPEN, {"parties": list({case.party_id for case in cases})}):
        known.setdefault((row.party_id, row.policy, row.item), []).append(row)
    near = {case.id: [other for other in known.get(_like(case), ()) if other.id != case.id] for case in cases}
    strange = {other.id for listed in near.values() for other in listed} - content.keys()
    texts = {**snapshots(work, list(strange), "claim"), **snapshots(work, list(strange), "facts")} if strange else {}
    theirs = {**{identity: loads(text) for identity, text in texts.items()}, **content}
    found: dict[UUID, tuple[str, ...]] = {}
    for case in cases:
        item, own = procedures[case.id].item, _subject(procedures[case.id].item, content.get(case.id, {}))
        same = [other.number for other in near[case.id] if own and _subject(item, theirs.get(other.id, {})) == own]
        if same:
            found[case.id] = tuple(same)
    return found


def _like(case: CaseView) -> tuple[UUID, str, str]:
    return case.party_id, case.policy, case.item


def _subject(item: Item, content: Mapping[str, Any]) -> str:
    """What a claim or facts are about; "" where a field of it is not stated."""
    told = [content.get(name) for name in item.subject]
    return "" if any(part in (None, "") for part in told) else "|".join(document_key(str(part)) for part in told)
