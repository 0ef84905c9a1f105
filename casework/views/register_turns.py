"""What waits for an entry in a register and not for an act on the case: which entry, where it is the reader's to make."""

from dataclasses import dataclass
from uuid import UUID

from casework.lifecycle.case_changes import CaseView
from casework.shared.reference import Reference
from casework.views.inbox import REGISTERS, SET_RETURNED, waits_for_return
from casework.views.values_awaited import awaits_them, settable, values_of
from models import Duty
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class RegisterTurn:
    """The entry, by the word that an inbox has for it; `values`: of `set_parameter`, the values of the policy to be set."""

    action: str
    zh: str
    values: tuple[str, ...] = ()


def register_turn(work: UnitOfWork, facts: Reference, case: CaseView, reader: UUID) -> RegisterTurn | None:
    """The entry for which the case waits; None where it waits for none, or for somebody else's."""
    if case.next_duty is None or case.held:
        return None
    duty = Duty(case.next_duty)
    if duty is Duty.PARAMETER_AUTHOR:
        units = _units(work, facts, duty, reader)
        known = settable(work, facts, units)
        action, zh = REGISTERS[duty]
        mine = bool(units) and awaits_them(case, units, known)
        return RegisterTurn(action=action, zh=zh, values=values_of(case, known)) if mine else None
    if duty not in REGISTERS and not waits_for_return(case):
        return None
    action, zh = REGISTERS.get(duty, SET_RETURNED)
    return RegisterTurn(action=action, zh=zh) if facts.holding(reader, duty, case.next_unit, work.now) else None


def _units(work: UnitOfWork, facts: Reference, duty: Duty, reader: UUID) -> list[str]:
    held = [row.unit for rows in (facts.own, facts.delegated) for row in rows.get((reader, duty), ())]
    return sorted({unit for unit in held if facts.holding(reader, duty, unit, work.now)})
