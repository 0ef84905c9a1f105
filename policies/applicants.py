"""Conditions on the applicant that the text does not state: none applies until it is set with a citation."""

from collections.abc import Sequence
from dataclasses import replace

from policies.forms import Text
from policies.kinds import CodeKind, EachKind, KeyedKind, Kind, ListKind, NamedKind, TableKind, TextKind
from policies.parameters import Need, Parameter

SECTORS = Parameter(
    id="P-sectors",
    title=Text("适用行业", "sectors"),
    decides=Text(
        "按事项列出申报企业应属的行业；未列的事项不查行业", "the sectors an applicant must belong to, by item"
    ),
    kind=TableKind(of=ListKind()),
    need=Need.OPTIONAL,
)

REGISTRATION = Parameter(
    id="P-registration",
    title=Text("须在本区注册的事项", "items that need registration in the district"),
    decides=Text(
        "哪些事项的申报企业须登记所属镇（街道）", "for which items an applicant must be registered in one of the towns"
    ),
    kind=ListKind(),
    need=Need.OPTIONAL,
)

EXCLUSIONS = Parameter(
    id="P-exclusions",
    title=Text("不予支持名单", "exclusion list"),
    decides=Text(
        "统一社会信用代码及其原因（信用、安全、环保等）", "credit codes with the reason (credit, safety, environment)"
    ),
    kind=TableKind(of=TextKind()),
    need=Need.OPTIONAL,
)

APPLICANT = (SECTORS, REGISTRATION, EXCLUSIONS)


def asked(items: Sequence[str]) -> tuple[Parameter, ...]:
    """The same for a policy with these items, as they are set: an entry that no case could ever meet is refused."""
    kinds = {SECTORS: KeyedKind(of=ListKind(), key=among(items)), REGISTRATION: EachKind(of=among(items))}
    exclusions = KeyedKind(of=TextKind(), key=CodeKind())
    return tuple(replace(one, kind=kinds.get(one, exclusions)) for one in APPLICANT)


def among(items: Sequence[str], measures: Sequence[str] = ()) -> Kind:
    """An item of the policy, or where measures are given one of those."""
    return NamedKind(what="条目或事项" if measures else "事项", among=(*measures, *items), example=items[0])
