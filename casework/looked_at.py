"""What the checks of a set of cases look at beside the applicant: papers, dates, earlier awards, other open cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlmodel import col

from casework import forms
from casework.cases import CaseView
from casework.desk import snapshots
from casework.filing import window
from casework.procedure import Procedure, procedure
from casework.reference import Reference, in_force
from casework.stacking import gather as gather_earlier
from models import TERMINAL, Case, Evidence, PaperCheck, Snapshot, State
from models.clock import business_date
from models.work import Work
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
    .order_by(col(PaperCheck.checked_at), col(PaperCheck.id))
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


@dataclass(kw_only=True)
class Looked:
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
    compared: bool = False
    others: tuple[str, ...] = ()
    claim: Mapping[str, Any] = field(default_factory=dict)


def gather(
    work: Work,
    reference: Reference,
    ways: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any],
) -> dict[UUID, Looked]:
    """Everything for these cases in a few set queries; `stated` are facts that are certified just now, by case."""
    found = {case.id: Looked() for case in cases}
    _papers(work, found)
    content = _content(work, ways, cases, stated)
    twins = _twins(work, ways, cases, content)
    earlier = _earlier(work, reference, ways, cases, stated)
    for case in cases:
        looked, way = found[case.id], ways[case.id]
        looked.required = _required(reference, way, case)
        looked.claim = content.get(case.id, {})
        looked.inside = _inside(reference, way, case)
        looked.event = _event(reference, way, case, content.get(case.id, {}))
        looked.others = twins.get(case.id, ())
        looked.earlier = earlier.get(case.id)
        looked.compared = case.state not in _BEFORE and case.state not in _COMPARES
    return found


def _papers(work: Work, found: Mapping[UUID, Looked]) -> None:
    asked = {"cases": list(found)}
    for identity, slot in work.execute(_SLOTS, asked):
        found[identity].slots.add(slot)
    rows = work.execute(_OFF_LINE, asked).all()
    stated = _stated(work, {row.case_id for row in rows}) if rows else {}
    for row in rows:
        looked = found[row.case_id]
        looked.offline[row.slot] = row
        looked.outdated.discard(row.slot)
        if _otherwise(stated.get(row.case_id, ()), row.checked_at):
            looked.outdated.add(row.slot)


def _stated(work: Work, cases: Collection[UUID]) -> dict[UUID, list[tuple[datetime, str]]]:
    """When each case's claim was stated, and the hash of what it said."""
    query = select(col(Snapshot.case_id), col(Snapshot.made_at), col(Snapshot.hash)).where(
        col(Snapshot.case_id).in_(cases), col(Snapshot.kind) == "claim"
    )
    found: dict[UUID, list[tuple[datetime, str]]] = {}
    for row in work.execute(query.order_by(col(Snapshot.version))):
        found.setdefault(row.case_id, []).append((row.made_at, row.hash))
    return found


def _otherwise(stated: Sequence[tuple[datetime, str]], looked_at: datetime) -> bool:
    """Whether the claim says something else now than when a paper was looked at."""
    then = [said for at, said in stated if at <= looked_at]
    return bool(then) and then[-1] != stated[-1][1]


def _required(reference: Reference, way: Procedure, case: CaseView) -> tuple[Slot, ...]:
    """Required on the day of filing and today: a list that grows later asks nothing more of what was filed before."""
    item = way.item
    setting = next((one for one in item.settings if one.id == "P-papers"), None)
    if setting is None:
        return ()
    filed = business_date(case.filed_at) if case.filed_at else way.today
    lists = []
    for day in dict.fromkeys((filed, way.today)):
        value = in_force(reference, way.policy.code, day, item.id).get(setting.id)
        lists.append(setting.default if value is None else setting.parse(value.value))
    return required(item, *lists)


def _inside(reference: Reference, way: Procedure, case: CaseView) -> bool | None:
    """Whether the filing lay inside the window as it stood on that day."""
    if case.filed_at is None:
        return None
    then = procedure(reference, way.policy, way.item.id, business_date(case.filed_at))
    return window(then).inside(case.filed_at)


def _content(
    work: Work, ways: Mapping[UUID, Procedure], cases: Sequence[CaseView], stated: Mapping[UUID, Any]
) -> dict[UUID, dict[str, Any]]:
    """The fields of the claim, and over them those of the facts where there are some."""
    ids = [case.id for case in cases]
    found: dict[UUID, dict[str, Any]] = {one: loads(text) for one, text in snapshots(work, ids, "claim").items()}
    certified = snapshots(work, [one for one in ids if one not in stated], "facts")
    certified |= {identity: _text(form) for identity, form in stated.items()}
    return found | {one: {**found.get(one, {}), **loads(text)} for one, text in certified.items()}


def _text(form: Any) -> str:
    from models.columns import canonical_json

    return canonical_json(forms.content(form))


def _event(
    reference: Reference, way: Procedure, case: CaseView, content: Mapping[str, Any]
) -> tuple[date | None, Text] | None:
    """The date that must lie in the term; None where only the filing counts."""
    item = way.item
    basis = item.basis(in_force(reference, way.policy.code, way.today, item.id))
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
    work: Work,
    reference: Reference,
    ways: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any],
) -> dict[UUID, str]:
    """Why the rule refuses a certified case beside earlier awards, though it would not without them; "" where it does not."""
    certified = [c for c in cases if c.id in stated or c.state in _COMPARES]
    asked = [case for case in certified if ways[case.id].item.pays]
    if not asked:
        return {}
    basis = gather_earlier(work, asked)
    texts = snapshots(work, [case.id for case in asked if case.id not in stated], "facts")
    found: dict[UUID, str] = {}
    for case in asked:
        prior = basis.prior(case)
        if not prior:
            found[case.id] = ""
            continue
        item = ways[case.id].item
        facts = stated[case.id] if case.id in stated else forms.parse(item.facts, loads(texts[case.id]))
        found[case.id] = _refused_beside(item, facts, _values(reference, ways[case.id], case, facts), prior)
    return found


def _refused_beside(item: Item, facts: Any, values: Mapping[str, Value], prior: Any) -> str:
    try:
        award = item.award(facts, values, prior)
        if award.refused is None or item.award(facts, values).refused is not None:
            return ""
    except (WrongFacts, WrongValue):
        return ""  # the computation names what is wrong with them
    return award.refused.text


def _values(reference: Reference, way: Procedure, case: CaseView, facts: Any) -> Mapping[str, Value]:
    """The values that bind on the event's day."""
    code, item = way.policy.code, way.item
    now = in_force(reference, code, way.today, item.id)
    filed = business_date(case.filed_at) if case.filed_at else way.today
    then = in_force(reference, code, item.event_date(facts, now) or filed, item.id)
    return {**then, **{name: now[name] for name in ("P-event-basis",) if name in now}}


def _twins(
    work: Work,
    ways: Mapping[UUID, Procedure],
    cases: Sequence[CaseView],
    content: Mapping[UUID, Mapping[str, Any]],
) -> dict[UUID, tuple[str, ...]]:
    """By case: the numbers of other open cases of the same applicant under the same item on the same subject."""
    known: dict[tuple[UUID, str, str], list[Any]] = {}
    for row in work.execute(_OPEN, {"parties": list({case.party_id for case in cases})}):
        known.setdefault((row.party_id, row.policy, row.item), []).append(row)
    near = {case.id: [one for one in known.get(_like(case), ()) if one.id != case.id] for case in cases}
    strange = {one.id for listed in near.values() for one in listed} - content.keys()
    texts = {**snapshots(work, list(strange), "claim"), **snapshots(work, list(strange), "facts")} if strange else {}
    theirs = {**{identity: loads(text) for identity, text in texts.items()}, **content}
    found: dict[UUID, tuple[str, ...]] = {}
    for case in cases:
        item, own = ways[case.id].item, _subject(ways[case.id].item, content.get(case.id, {}))
        same = [one.number for one in near[case.id] if own and _subject(item, theirs.get(one.id, {})) == own]
        if same:
            found[case.id] = tuple(same)
    return found


def _like(case: CaseView) -> tuple[UUID, str, str]:
    return case.party_id, case.policy, case.item


def _subject(item: Item, content: Mapping[str, Any]) -> str:
    """What a claim or facts are about; "" where a field of it is not stated."""
    told = [content.get(name) for name in item.subject]
    return "" if any(one in (None, "") for one in told) else "|".join(document_key(str(one)) for one in told)
