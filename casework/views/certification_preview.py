"""Facts about to be certified, as they will be frozen, and the parameters without which the case stops at its computation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework.forms import typed_forms
from casework.shared.reference import in_force, reference
from models.store import Store
from policies.measures import Item
from policies.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class CertificationPreview:
    """The facts as JSON, and what the award lacks by the values in force on its day."""

    facts: Mapping[str, Any]
    missing: tuple[Parameter, ...]


def certification_preview(store: Store, policy: str, item: Item, given: Mapping[str, Any]) -> CertificationPreview:
    """What certifying these facts freezes; WrongForm with every fault. It writes nothing."""
    with store.read() as work:
        facts: Any = typed_forms.facts_of(item, given, today=work.today)
        known = reference(store, work)
        now = in_force(known, policy, work.today, item.id)
        day = item.event_date(facts, now) or work.today
        basis = {name: now[name] for name in ("P-event-basis",) if name in now}
        award = item.award(facts, {**in_force(known, policy, day, item.id), **basis})
    lacking = tuple(parameter for parameter in item.parameters if parameter.id in award.missing)
    return CertificationPreview(facts=typed_forms.content(facts), missing=lacking)
