"""A quote: what an item would pay for given facts, by the rule and the values of the real computation. It writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.forms import typed_forms
from casework.shared.reference import in_force, reference
from casework.views.offered_items import known_item
from casework.views.value_words import in_words
from models.store import Store
from policies.awards import Award, Line, Used
from policies.forms import Text
from policies.measures import Item
from policies.parameters import Origin, Parameter, Values
from policies.policy import Policy

STEPS = {
    "cost": Text("费用", "cost"),
    "price": Text("计价", "price"),
    "cap": Text("封顶", "cap"),
    "share": Text("分摊", "share"),
    "note": Text("说明", "note"),
    "upgrade": Text("补差", "upgrade"),
    "round": Text("取整", "round"),
    "rounding": Text("取整", "rounding"),
}
ORIGINS = {Origin.DEMO: Text("演示值", "demo"), Origin.HYPOTHETICAL: Text("假设值", "hypothetical")}


@dataclass(frozen=True, kw_only=True)
class UsedValue:
    """A parameter as it entered a step, in words; `origin` is empty where the value is the policy's own."""

    id: str
    value: Text
    citation: str
    origin: Text


@dataclass(frozen=True, kw_only=True)
class QuoteStep:
    """One step of the computation; whole fen after it."""

    step: Text
    clause: str
    formula: str
    capped: bool
    amount_fen: int | None
    values: tuple[UsedValue, ...]


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The answer: exactly one of an amount (whole fen), something other than money, a lawful no, or what is missing."""

    policy: Policy
    item: Item
    award: Award
    missing: tuple[Parameter, ...]
    steps: tuple[QuoteStep, ...]

    @property
    def amount_fen(self) -> int | None:
        """What would be paid; None where no money is."""
        return int(self.award.amount) if self.award.amount is not None and self.award.payable else None


def quote(store: Store, policy: str, item: str, given: Mapping[str, Any]) -> Quote:
    """What the item would pay today for these facts, by the values in force; WrongForm with every fault of them."""
    known, name = known_item(policy, item)
    with store.read() as work:
        today = work.today
        values = in_force(reference(store, work), known.code, today, name)
    chosen = known.item_on(name, today)
    award = priced(chosen, given, values, today)
    return Quote(
        policy=known,
        item=chosen,
        award=award,
        missing=tuple(parameter for parameter in chosen.parameters if parameter.id in award.missing),
        steps=steps(award.lines),
    )


def priced(item: Item, given: Mapping[str, Any], values: Values, today: date) -> Award:
    """The award for facts as JSON; WrongForm with every fault."""
    return item.award(typed_forms.facts_of(item, given, today=today), values)


def steps(lines: Sequence[Line]) -> tuple[QuoteStep, ...]:
    """The trace of an award as people read it."""
    return tuple(
        QuoteStep(
            step=STEPS.get(line.step, Text(line.step, line.step)),
            clause=line.clause,
            formula=line.formula,
            capped=line.capped,
            amount_fen=None if line.amount is None else int(line.amount),
            values=tuple(map(_used, line.parameters)),
        )
        for line in lines
    )


def _used(used: Used) -> UsedValue:
    origin = next((said for name, said in ORIGINS.items() if name == used.origin), Text("", ""))
    return UsedValue(id=used.id, value=in_words(used.value), citation=used.citation, origin=origin)
