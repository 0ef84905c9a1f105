"""What the policies offer, as anybody may read it: each item with its unit, its window and what it gives; and all about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casework.conditions.check_inputs import required_papers
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import Procedure, procedure_on
from casework.shared.errors import Refused
from casework.shared.reference import Reference, in_force, reference
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies import NoPolicy, all_policies, get
from policies.conditions import PAPER, Condition
from policies.forms import Text
from policies.measures import Access, ApplicantKind, Chain, Item, Measure, Slot, Unit
from policies.parameters import Parameter
from policies.policy import Policy
from policies.shapes import ByLevel, Fixed


@dataclass(frozen=True, kw_only=True)
class OfferedItem:
    """An item as it may be filed today; `closes_at`: the first instant after filing."""

    item: Item
    measure: Measure
    lead: Unit
    gives: Text
    first_day: date
    last_day: date
    closes_at: datetime
    open: bool
    unset: tuple[Parameter, ...]  # what each of its cases needs and has no value today: until then nothing is computed

    @property
    def to_apply(self) -> bool:
        """Whether somebody outside the offices may apply for it."""
        return any(kind is not ApplicantKind.UNIT for kind in self.item.applicants)


@dataclass(frozen=True, kw_only=True)
class OfferedMeasure:
    """A measure with its items."""

    measure: Measure
    items: tuple[OfferedItem, ...]


@dataclass(frozen=True, kw_only=True)
class OfferedPolicy:
    """A policy with what it offers; `stands`: "in_force", "to_come" or "over", by its term."""

    policy: Policy
    stands: str
    first_day: date
    last_day: date
    closes_at: datetime
    open: bool
    measures: tuple[OfferedMeasure, ...]


@dataclass(frozen=True, kw_only=True)
class AskedPaper:
    """A place for a paper, and whether the item's cases need it as things stand."""

    slot: Slot
    required: bool


@dataclass(frozen=True, kw_only=True)
class StepLimit:
    """How long a step may take, in working days; `ours`: nobody set it, and the text does not say it."""

    title: Text
    days: int
    ours: bool


@dataclass(frozen=True, kw_only=True)
class UnsetParameter:
    """A parameter of the item and whether it has a value today."""

    parameter: Parameter
    set: bool


@dataclass(frozen=True, kw_only=True)
class ItemPage:
    """Everything about one item that anybody may read."""

    policy: Policy
    offered: OfferedItem
    joint: tuple[Unit, ...]
    screened: bool
    access: Text
    treasury: Unit | None
    conditions: tuple[tuple[Condition, bool], ...]  # each, and whether it stops a case
    papers: tuple[AskedPaper, ...]
    deadlines: tuple[StepLimit, ...]
    parameters: tuple[UnsetParameter, ...]
    examples: tuple[tuple[str, str], ...]  # worked ones: the case and its answer, in Chinese like the rule's own words
    today: date


def offered(store: Store, *, word: str = "") -> tuple[OfferedPolicy, ...]:
    """Every policy, those in force first; `word`: only what has each word of it in a title, a clause, a note or a unit's name."""
    with store.read() as work:
        facts = reference(store, work)
        found = [_policy(facts, work, policy, word.casefold().split()) for policy in all_policies()]
    order = {"in_force": 0, "to_come": 1, "over": 2}
    return tuple(sorted((shown for shown in found if shown.measures), key=lambda shown: order[shown.stands]))


def item_page(store: Store, policy: str, item: str) -> ItemPage:
    """One item of one policy; Refused where there is none."""
    known = known_item(policy, item)
    with store.read() as work:
        facts = reference(store, work)
        procedure = procedure_on(facts, known[0], known[1], work.today)
        values = in_force(facts, procedure.policy.code, work.today, procedure.item.id)
        needed = {
            required_paper.id
            for required_paper in required_papers(facts, procedure.policy.code, procedure.item, None, work.today)
        }
        return ItemPage(
            policy=procedure.policy,
            offered=offered_item(procedure, facts, work.now),
            joint=tuple(unit for unit in procedure.measure.units if unit.zh != procedure.lead),
            screened=procedure.screened,
            access=Text(procedure.access.zh, procedure.access.en),
            treasury=procedure.policy.treasury if procedure.item.pays else None,
            conditions=tuple((condition, _stops(condition, needed)) for condition in procedure.item.conditions),
            papers=tuple(AskedPaper(slot=slot, required=slot.id in needed) for slot in procedure.item.evidence),
            deadlines=_deadlines(procedure, values),
            parameters=tuple(
                UnsetParameter(parameter=parameter, set=parameter.id in values)
                for parameter in procedure.item.parameters
            ),
            examples=tuple((example.title, procedure.item.run(example).text) for example in procedure.item.examples),
            today=work.today,
        )


def known_item(code: str, item: str) -> tuple[Policy, str]:
    """The policy and the id of its item, whatever the case of their letters; Refused where there is none."""
    try:
        policy = get(code.upper())
        return policy, next(known.id for known in policy if known.id.lower() == item.lower())
    except (NoPolicy, StopIteration) as no:
        raise Refused("item", f"没有事项 {code} {item}", f"there is no item {code} {item}", field="item") from no


def _policy(facts: Reference, work: UnitOfWork, policy: Policy, wanted: Sequence[str]) -> OfferedPolicy:
    procedures = {item.id: procedure_on(facts, policy, item.id, work.today) for item in policy}
    edges = window(next(iter(procedures.values())))
    measures = []
    for measure in policy.measures:
        rows = [
            offered_item(procedures[item.id], facts, work.now) for item in measure if _says(procedures[item.id], wanted)
        ]
        if rows:
            measures.append(OfferedMeasure(measure=measure, items=tuple(rows)))
    today = work.today
    return OfferedPolicy(
        policy=policy,
        stands="in_force" if policy.holds_on(today) else "to_come" if today < policy.opens else "over",
        first_day=edges.first,
        last_day=edges.last_filing_day,
        closes_at=edges.closes_at,
        open=edges.inside(work.now),
        measures=tuple(measures),
    )


def offered_item(procedure: Procedure, facts: Reference, now: datetime) -> OfferedItem:
    """An item under its procedure of a day, with its window and what it gives."""
    edges = window(procedure)
    return OfferedItem(
        item=procedure.item,
        measure=procedure.measure,
        lead=unit_named(procedure.policy, procedure.lead),
        gives=gives(procedure.item),
        first_day=edges.first,
        last_day=edges.last_filing_day,
        closes_at=edges.closes_at,
        open=edges.inside(now),
        unset=unset_parameters(procedure, facts),
    )


def unset_parameters(procedure: Procedure, facts: Reference) -> tuple[Parameter, ...]:
    """The parameters that every case of the item needs and that have no value on the procedure's day."""
    values = in_force(facts, procedure.policy.code, procedure.today, procedure.item.id)
    return tuple(needed for needed in procedure.item.parameters if needed.required and needed.id not in values)


def gives(item: Item) -> Text:
    """What the text itself promises: an amount, an upper limit, or something other than money."""
    if not item.pays:
        return instead_of_money(item)
    if isinstance(item.shape, ByLevel):
        amounts = sorted(item.shape.levels.values())
        low, high = amounts[0].grouped, amounts[-1].grouped
        return Text(f"按级别 {low} 元至 {high} 元", f"by level, {low} to {high} yuan")
    if isinstance(item.shape, Fixed):
        return Text(f"{item.shape.amount.grouped} 元", f"{item.shape.amount.grouped} yuan")
    if item.ceiling is not None:
        return Text(f"最高 {item.ceiling.grouped} 元", f"up to {item.ceiling.grouped} yuan")
    return Text("金额由参数确定（文件未明确）", "the amount follows from parameters: the text names none")


def instead_of_money(item: Item) -> Text:
    """What stands where an amount would: of an item that pays nothing."""
    if item.chain is Chain.PROGRAMME:
        return Text("责任单位推进的工作", "work of the units in charge")
    return Text("要素、名单等支持，不发放资金", "support in kind, no money")


def _says(procedure: Procedure, wanted: Sequence[str]) -> bool:
    """Whether each of the words is found, in whatever order and wherever."""
    if not wanted:
        return True
    texts: Sequence[Any] = (
        procedure.measure.title,
        procedure.item.title,
        procedure.item.note,
        *procedure.measure.units,
    )
    said = [half for text in texts if text is not None for half in (text.zh, text.en)]
    said += [procedure.item.id, procedure.item.clause, procedure.lead]
    return all(any(word in text.casefold() for text in said) for word in wanted)


def _stops(condition: Condition, needed: set[str]) -> bool:
    """A paper stops a case only where it is one of those that must be there."""
    return condition.hard and (not condition.id.startswith(PAPER) or condition.id.removeprefix(PAPER) in needed)


_NOT_ASKED = {"P-reminder-days"}
_PAYING = {"P-allocate-days", "P-pay-days"}
_NOTICE = {"P-notice-days", "P-objection-days"}


def _deadlines(procedure: Procedure, values: Any) -> tuple[StepLimit, ...]:
    """The working days that each step may take, but for steps that the item's cases do not have."""
    left_out = set(_NOT_ASKED)
    if procedure.item.chain is not Chain.CASH_GRANT:
        left_out |= _PAYING
    if procedure.item.chain is Chain.PROGRAMME:
        left_out |= _NOTICE
    if procedure.access is not Access.WITHIN_TIME_LIMIT:
        left_out.add("P-promised-days")
    if not procedure.screened:
        left_out.add("P-screen-days")
    if not procedure.joint:
        left_out.add("P-joint-days")
    return tuple(
        StepLimit(title=setting.title, days=int(procedure.setting(setting.id)), ours=setting.id not in values)
        for setting in procedure.policy.settings
        if setting.id.endswith("-days") and setting.id not in left_out
    )


def unit_named(policy: Policy, name: str) -> Unit:
    """A unit of the policy by its Chinese name; one that it does not name has no English here."""
    known = (*policy.units, *(unit for measure in policy.measures for unit in measure.units))
    return next((known_unit for known_unit in known if known_unit.zh == name), Unit(name, name))
