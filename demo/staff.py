"""Who works in the fictional offices: for each unit of the policy the duties that its measures need, each held by one person."""

from collections.abc import Iterator
from dataclasses import dataclass

import policies
from demo.fiction import TOWNS
from models import Duty
from models.duty_names import duty_zh
from policies.measures import Chain, Item
from policies.policy import Policy

POLICY = policies.get("XZ2023")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华"
_PLAIN = {"district", "of", "the", "and", "bureau", "office", "branch", "party", "committee", "department", "service"}
_D = Duty
_LEAD = (
    (_D.ACCEPTOR, _D.AMOUNT_CHECKER),
    (_D.CERTIFIER,),
    (_D.HEAD,),
    (_D.DECIDER,),
    (_D.DELIVERER,),
)
_TREASURY = (
    (_D.ALLOCATOR,), (_D.MAKER,), (_D.CHECKER,), (_D.HEAD,), (_D.RELEASER,), (_D.RECONCILER,), (_D.FUND_OFFICER,),
    (_D.PARAMETER_CONFIRMER,), (_D.AUDITOR,),
)  # fmt: skip
_SERVICE = ((_D.CLERK,), (_D.INVESTIGATOR,), (_D.ADMINISTRATOR,))


@dataclass(frozen=True, kw_only=True)
class Officer:
    """Somebody with duties in a unit."""

    login: str
    name: str
    unit: str
    duties: tuple[Duty, ...]

    def row(self) -> dict[str, str]:
        """The row of people.xlsx."""
        duties = "；".join(duty_zh(duty) for duty in self.duties)
        return {"login": self.login, "name": self.name, "unit": self.unit, "duties": duties}


def unit_of(measure: str, position: int = 0) -> str:
    """A unit by its place among those that a measure names."""
    return POLICY.measure(measure).units[position].zh


LEADS = {"M2c": unit_of("M2", 1), "M5b": unit_of("M5", 2)}
"""The units that are the natural owners of two items: set as P-lead by two people."""
TREASURY = POLICY.treasury.zh if POLICY.treasury else unit_of("M4")
SERVICE_HALL = unit_of("M18", 4)
ZONE = unit_of("S2", 2)


def lead_of(item: Item) -> str:
    """The unit that has an item in hand in the season."""
    return LEADS.get(item.id) or POLICY.measure_of(item.id).lead.zh


def slugs(policy: Policy = POLICY) -> dict[str, str]:
    """A short word for every unit, for logins."""
    found = {TREASURY: "treasury"} | {town: f"town{number}" for number, town in enumerate(TOWNS, 1)}
    for measure in policy.measures:
        for unit in measure.units:
            words = [word for word in unit.en.lower().split() if word not in _PLAIN]
            if unit.zh not in found and words:
                found[unit.zh] = words[0] if words[0] not in found.values() else "-".join(words)
    return found


def officers() -> list[Officer]:
    """Everybody, unit by unit."""
    return [person for unit, sets in _duties().items() for person in _hired(unit, sets)]


def _duties() -> dict[str, list[tuple[Duty, ...]]]:
    """What each unit needs: leads decide, joint units opine, towns screen, the treasury pays."""
    found: dict[str, list[tuple[Duty, ...]]] = {}
    for item in POLICY:
        wanted = ((_D.CERTIFIER,), (_D.HEAD,)) if item.chain is Chain.PROGRAMME else _LEAD
        _add(found, lead_of(item), *wanted)
        if item.reviewed_jointly:
            for joint in POLICY.measure_of(item.id).acting:
                if joint.zh != lead_of(item):
                    _add(found, joint.zh, (_D.JOINT_REVIEWER,))
    for town in (*TOWNS, ZONE):
        _add(found, town, (_D.SCREENER,))
    for unit in (unit_of("M1"), unit_of("M4"), unit_of("M5")):
        found[unit].append((_D.HEAD,))  # the second head, who confirms an undone decision
    _add(found, unit_of("M4"), (_D.PARAMETER_AUTHOR,))
    _add(found, TREASURY, *_TREASURY, (_D.PARAMETER_AUTHOR,))  # of what other units lead too
    _add(found, SERVICE_HALL, *_SERVICE)
    return found


def _add(found: dict[str, list[tuple[Duty, ...]]], unit: str, *sets: tuple[Duty, ...]) -> None:
    known = found.setdefault(unit, [])
    known += [duties for duties in sets if duties not in known]


def _hired(unit: str, sets: list[tuple[Duty, ...]]) -> Iterator[Officer]:
    short = slugs()[unit]
    for number, duties in enumerate(sets):
        second = duties in sets[:number]
        word = duty_zh(duties[0]).removesuffix("人")
        login = f"{short}-{duties[0].value.replace('_', '-')}" + ("-2" if second else "")
        surname = _SURNAMES[(sum(map(ord, unit)) + number) % len(_SURNAMES)]
        yield Officer(login=login, name=f"演示·{surname}{word}" + ("·副" if second else ""), unit=unit, duties=duties)
