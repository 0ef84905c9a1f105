"""Parameters and settings as pages show them: every value with its law and its people, what waits for one, whose it is to set."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import refuse_all_but_office
from casework.policy_settings import parameter_register as register
from casework.policy_settings.list_entries import Entries, in_force
from casework.policy_settings.parameter_definitions import Definition, definition, definitions
from casework.policy_settings.parameter_register import ValueRow
from casework.policy_settings.value_standing import standing
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of, reference
from casework.shared.register_writes import writer
from casework.views.values_awaited import named_in
from models import AuditEntry, Case, Duty, ParameterValue
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

_WHAT = ("参数和设置", "parameters and settings")


@dataclass(frozen=True, kw_only=True)
class ValueSheet:
    """One parameter or setting: all that was ever proposed for it, the newest first. `waiting`: cases that wait for it.

    `units`: those whose it is to set; `proposes`: whether the reader may; `seen`: what proposing and confirming bind to.
    """

    policy: Policy
    what: Definition
    rows: tuple[ValueRow, ...]
    waiting: int
    units: tuple[str, ...]
    proposes: bool
    seen: str
    in_force: Any  # the value that holds today, None where there is none


@dataclass(frozen=True, kw_only=True)
class ProposalSheet:
    """One value as proposed. `confirms`: whether the reader may put it in force; `rejects`: whether they may turn it down."""

    sheet: ValueSheet
    row: ValueRow
    set_at: datetime
    status: str
    differs: Entries
    own: bool  # the reader proposed it, or is of their side
    confirms: bool
    rejects: bool
    why_rejected: str


def value_rows(store: Store, policy: Policy, *, ours: bool, reader: UUID) -> tuple[list[ValueRow], Counter[str]]:
    """Every parameter, or every setting, as it stands, and how many cases wait for each."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        waiting = _waiting(work, policy)
    return [row for row in register.listed(store, policy) if row.ours is ours], waiting


def value_sheet(store: Store, policy: str, name: str, *, reader: UUID) -> ValueSheet:
    """One parameter or setting; Refused (unknown_value) where there is none of this name."""
    known = _policy(policy)
    if name not in definitions(known):
        raise Refused(
            "unknown_value", f"没有参数或设置 {name[:60]}", f"there is no parameter {name[:60]}", field="name"
        )
    return _sheet(store, known, definition(known, name), reader)


def _policy(code: str) -> Policy:
    if not is_installed(code):
        raise Refused("unknown_value", f"没有政策 {code[:60]}", f"there is no policy {code[:60]}", field="policy")
    return policy_of(code)


def _sheet(store: Store, policy: Policy, what: Definition, reader: UUID) -> ValueSheet:
    rows = [row for row in register.listed(store, policy, history=True) if row.name == what.name]
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        units = register.owners(reference(store, work), work.today, policy, what)
        return ValueSheet(
            policy=policy,
            what=what,
            rows=tuple(reversed(rows)),
            waiting=_waiting(work, policy)[what.name],
            units=tuple(sorted(units)),
            proposes=_holds(store, work, reader, Duty.PARAMETER_AUTHOR, units),
            seen=standing(work, policy.code, what.name),
            in_force=in_force(work, policy.code, what.name, work.today.isoformat()),
        )


def proposal_sheet(store: Store, proposal: UUID, *, reader: UUID) -> ProposalSheet:
    """One value as proposed; Refused (unknown_value) where there is none."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        found = work.execute(select(ParameterValue.__table__).where(col(ParameterValue.id) == proposal)).first()  # type: ignore[attr-defined]
        if found is None or not is_installed(found.policy):
            raise Refused("unknown_value", "没有这项参数设定", "there is no such proposal", field="proposal")
    policy = policy_of(found.policy)
    sheet = _sheet(store, policy, definition(policy, found.parameter), reader)
    waits = found.status == "proposed"
    with store.read() as work:
        mine = writer(store, work, reader)
        own = register.same_side(store, work, mine, found)
        confirms = _holds(store, work, reader, Duty.PARAMETER_CONFIRMER, sheet.units)
        why = select(col(AuditEntry.content)).where(
            col(AuditEntry.subject) == str(proposal), col(AuditEntry.action) == "parameters.reject"
        )
        rejected = work.execute(why).scalars().first()
    return ProposalSheet(
        sheet=sheet,
        row=next(row for row in sheet.rows if row.id == proposal),
        set_at=found.set_at,
        status=found.status,
        differs=register.differs(store, proposal) if waits else Entries(),
        own=own,
        confirms=waits and confirms and not own,
        rejects=waits and (confirms or sheet.proposes),
        why_rejected=str(loads(rejected).get("reason", "")) if rejected else "",
    )


def _holds(store: Store, work: UnitOfWork, reader: UUID, duty: Duty, units: Iterable[str]) -> bool:
    facts = reference(store, work)
    return any(facts.holding(reader, duty, unit, work.now) for unit in units)


def _waiting(work: UnitOfWork, policy: Policy) -> Counter[str]:
    """How many open cases say that they wait for each value."""
    query = select(col(Case.problem)).where(
        col(Case.policy) == policy.code, col(Case.next_duty) == Duty.PARAMETER_AUTHOR
    )
    return Counter(name for problem in work.execute(query).scalars() for name in set(named_in(problem)))
