"""Units: the bureaus that a policy names, and the operator's towns and sub-districts."""

from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.policies_in_use import adopt
from casework.shared.register_writes import SYSTEM, Actor, Writer, filled, writer, writing
from models import Duty, UnitRecord
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

WRITERS = (Duty.ADMINISTRATOR,)
KINDS = ("bureau", "town", "zone", "office")

QUERY = select(col(UnitRecord.name), col(UnitRecord.name_en), col(UnitRecord.kind)).order_by(
    col(UnitRecord.kind), col(UnitRecord.name)
)


@dataclass(frozen=True, kw_only=True)
class UnitRow:
    """A unit as listed."""

    name: str
    name_en: str
    kind: str


def sync(store: Store, actor: Actor = SYSTEM, *, policy: Policy) -> list[str]:
    """Notes that the store works with a policy, and adds every unit that it names; returns the names added."""
    wanted = {unit.zh: unit.en for unit in policy.units}
    for measure in policy.measures:
        wanted |= {unit.zh: unit.en for unit in measure.units}
    if policy.treasury:
        wanted[policy.treasury.zh] = policy.treasury.en
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        adopt(work, policy.code)
        missing = [name for name in wanted if name not in _names(work)]
        for name in missing:
            work.add(UnitRecord, name=name, name_en=wanted[name], kind="bureau")
        if missing:
            work.audit(actor=who.text, action="units.sync", subject=policy.code, content={"added": missing})
    return missing


def add(store: Store, actor: Actor = SYSTEM, *, name: str, kind: str = "town", name_en: str = "") -> bool:
    """Adds one unit; False where it was there already."""
    with writing(store) as work:
        return add_in(work, writer(store, work, actor, *WRITERS), name=name, kind=kind, name_en=name_en)


def add_in(work: UnitOfWork, who: Writer, *, name: str, kind: str, name_en: str) -> bool:
    """The same within an open transaction, for a writer who may."""
    name = filled(name, "name", "单位名称", "the unit's name")
    if kind not in KINDS:
        raise Refused(
            "kind", f"单位类别应为 {'、'.join(KINDS)} 之一", f"kind is one of {', '.join(KINDS)}", field="kind"
        )
    work.flush()
    if name in _names(work):
        return False
    work.add(UnitRecord, name=name, name_en=name_en.strip(), kind=kind)
    work.audit(actor=who.text, action="units.add", subject=name, content={"kind": kind})
    return True


def listed(store: Store) -> list[UnitRow]:
    """Every unit by kind and name."""
    with store.read() as work:
        return [UnitRow(name=row.name, name_en=row.name_en, kind=row.kind) for row in work.execute(QUERY)]


def must_exist(work: UnitOfWork, name: str, field: str = "unit") -> str:
    """The unit's name, if there is such a unit."""
    known = _names(work)
    if name not in known:
        held = [unit for unit in sorted(known) if name and (name in unit or unit in name)]
        near = list(dict.fromkeys((*held, *get_close_matches(name, sorted(known), n=3))))[:3]
        hint = f"；是否为：{'、'.join(near)}" if near else "；请先用 units add 登记"
        maybe = "; is it " + ", ".join(f'"{unit}"' for unit in near) + "?" if near else ": enter it first (units add)"
        raise Refused("unit", f"没有单位“{name}”{hint}", f'there is no unit "{name}"{maybe}', field=field)
    return name


def _names(work: UnitOfWork) -> set[str]:
    return set(work.execute(select(col(UnitRecord.name))).scalars())
