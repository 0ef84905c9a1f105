"""What a name in the parameter register stands for: an open point of the policy, or a procedural setting of ours."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from casework.policy_settings.value_error_translations import in_english
from casework.shared.errors import Refused
from policies.applicants import among, asked
from policies.kinds import KeyedKind, TableKind, WrongValue
from policies.parameters import Parameter, Setting
from policies.policy import Policy

BY_ITEM = ("P-lead", "P-access")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A parameter or setting and the items whose cases it concerns."""

    name: str
    what: Parameter | Setting
    items: tuple[str, ...]
    ours: bool  # a setting: it has a default of ours

    def parse(self, value: Any) -> Any:
        """The value as used; a malformed one is refused."""
        try:
            return self.what.parse(value)
        except WrongValue as wrong:
            raise Refused("value", str(wrong), in_english(str(wrong)), field="value") from wrong


def definitions(policy: Policy) -> dict[str, Definition]:
    """Every name by id: parameters in the policy's order, then settings; an item's own as `P-event-basis:M4a`. Those of every
    version of the rules are there; what several versions name is as the latest has it."""
    found: dict[str, Definition] = {}
    versions = [version for item in policy for version in policy.versions_of(item.id)]
    for item in versions:
        for parameter in item.parameters:
            before = found[parameter.id].items if parameter.id in found else ()
            items = tuple(dict.fromkeys((*before, item.id)))
            found[parameter.id] = Definition(name=parameter.id, what=parameter, items=items, ours=False)
    everything = tuple(item.id for item in policy)
    for definition in asked(everything):
        found[definition.id] = Definition(name=definition.id, what=definition, items=everything, ours=False)
    for setting in (_by_item(policy, own_setting, everything) for own_setting in policy.settings):
        found[setting.id] = Definition(name=setting.id, what=setting, items=everything, ours=True)
    for item in versions:
        for setting in item.settings:
            name = f"{setting.id}:{item.id}"
            found[name] = Definition(name=name, what=setting, items=(item.id,), ours=True)
    return found


def _by_item(policy: Policy, setting: Setting, items: tuple[str, ...]) -> Setting:
    """A setting whose table is read by item takes only items that there are; of `P-lead` measures too."""
    if setting.id not in BY_ITEM or not isinstance(setting.kind, TableKind):
        return setting
    measures = tuple(measure.code for measure in policy.measures) if setting.id == "P-lead" else ()
    return replace(setting, kind=KeyedKind(of=setting.kind.of, key=among(items, measures)))


def definition(policy: Policy, name: str) -> Definition:
    """The definition of a name; an unknown one is refused with those that look like it."""
    known = definitions(policy)
    if name not in known:
        near = get_close_matches(name, known, n=3)
        hint = f"；是否为：{'、'.join(near)}" if near else "；请用 parameters list 查看"
        raise Refused(
            "parameter", f"{policy.code} 没有参数或设置 {name}{hint}", f"there is no parameter {name}", field="name"
        )
    return known[name]
