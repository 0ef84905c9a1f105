"""Who may take a turn: the open accounts that hold its duty in its unit, less those whom the separation of duties bars."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from casework.cases import CaseView
from casework.errors import Refused
from casework.guards import Part, barred_by
from casework.reference import PersonView, Reference
from casework.transitions import Action, rows
from casework.words import duty_zh
from models import Duty, State

# Refusals that another person would not get: what helps is to say who that is.
PERSONAL = frozenset({"separation_of_duties", "no_duty", "onlooker"})
_SHOWN = 5


@lru_cache(maxsize=512)
def holders(facts: Reference, duty: Duty, unit: str | None, now: datetime) -> tuple[PersonView, ...]:
    """Everybody who holds a duty in a unit now, deputies included, by name."""
    found = [
        one
        for one in facts.officers.values()
        if facts.holding(one.id, duty, unit, now) and not facts.only_looks_on(one.natural_key, now)
    ]
    return tuple(sorted(found, key=lambda one: (one.name, str(one.id))))


def eligible(
    facts: Reference, duty: Duty, unit: str | None, held: Iterable[Sequence[Part]], now: datetime
) -> list[PersonView]:
    """Those of them who have no other part in any of the cases."""
    cases = list(held)
    return [
        one
        for one in holders(facts, duty, unit, now)
        if not any(_barred(facts, one, duty, unit, p, now) for p in cases)
    ]


def _barred(
    facts: Reference, who: PersonView, duty: Duty, unit: str | None, parts: Sequence[Part], now: datetime
) -> bool:
    stands = facts.holding(who.id, duty, unit, now)
    principal, key = (stands.principal, stands.principal_key) if stands and stands.principal else (None, "")
    return barred_by(who, duty, parts, key or who.natural_key, principal) is not None


def who_may(people: Sequence[PersonView], duty: Duty, unit: str | None) -> tuple[str, str]:
    """In two languages: by whom this can be done, or that somebody has to be found."""
    if people:
        names = "、".join(one.name for one in people[:_SHOWN]) + (
            f" 等 {len(people)} 人" if len(people) > _SHOWN else ""
        )
        return f"可由 {names} 办理", f"it can be done by {', '.join(one.name for one in people[:_SHOWN])}"
    where = unit or "各单位"
    return (
        f"{where}没有其他可办理的{duty_zh(duty)}，请由负责人增派（duixian roles add）",
        f"nobody else may do this as {duty} in {unit or 'any unit'}: have the head appoint somebody (duixian roles add)",
    )


def helped(
    no: Refused,
    facts: Reference,
    who: PersonView,
    action: Action,
    cases: Sequence[CaseView],
    held: Mapping[UUID, Sequence[Part]],
    now: datetime,
) -> Refused:
    """The refusal of an officer whom another could replace, with who that is; any other refusal as it stands."""
    first = cases[0]
    officer = first.next_duty not in (None, Duty.SYSTEM, Duty.APPLICANT) and who.id in facts.officers
    asked = any(one.turn and one.duty == first.next_duty for one in rows(action, State(first.state)))
    if no.code not in PERSONAL or not officer or not asked:
        return no
    duty, unit = Duty(str(first.next_duty)), first.next_unit
    zh, en = who_may(eligible(facts, duty, unit, [held[case.id] for case in cases], now), duty, unit)
    return Refused(no.code, f"{no.zh.removesuffix('，请换人办理')}；本步骤{zh}", f"{no.en}; {en}", field=no.field)
