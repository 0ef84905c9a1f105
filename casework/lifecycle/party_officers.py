"""Whose a party is: the units that handle or pay its cases. What a register says of it is theirs, not any unit's."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.shared.errors import Refused
from casework.shared.reference import is_installed, policy_of, reference
from casework.shared.register_writes import Writer
from models import Case, Duty
from models.duty_names import duty_zh
from models.store import Store
from models.unit_of_work import UnitOfWork

Handled = Collection[tuple[Duty, str]]


def units_of(
    store: Store, work: UnitOfWork, parties: Collection[UUID], duties: Collection[Duty]
) -> dict[UUID, set[tuple[Duty, str]]]:
    """The duties, each in the units that handle or pay a party's cases, by party; a party without a case is absent."""
    columns = (col(Case.party_id), col(Case.policy), col(Case.item))
    facts = reference(store, work)
    found: dict[UUID, set[tuple[Duty, str]]] = {}
    for row in work.execute(select(*columns).where(col(Case.party_id).in_(parties)).distinct()):
        if not is_installed(row.policy):
            continue
        procedure = procedure_on(facts, policy_of(row.policy), row.item, work.today)
        here = {(duty, unit) for duty in duties if (unit := procedure.unit_of(duty, None))}
        paying = {(Duty.FUND_OFFICER, procedure.treasury)} if Duty.FUND_OFFICER in duties else set()
        found.setdefault(row.party_id, set()).update(here | paying)
    return found


def holds(store: Store, work: UnitOfWork, who: Writer, handled: Handled | None) -> bool:
    """Whether somebody holds one of the duties in its unit; of a party without a case (None) anybody does."""
    facts = reference(store, work)
    return handled is None or any(
        who.id is not None and facts.holding(who.id, duty, unit, work.now) for duty, unit in handled
    )


def refuse_other_unit(
    store: Store, work: UnitOfWork, who: Writer, party: UUID, duties: Iterable[Duty], zh: str, en: str
) -> None:
    """Refuses an officer of a unit that has nothing to do with the party; `zh` and `en` say what of."""
    handled = units_of(store, work, [party], tuple(duties)).get(party)
    if not holds(store, work, who, handled):
        may = "、".join(f"{unit}{duty_zh(duty)}" for duty, unit in sorted(handled or ()))
        says = f"{who.name} 不在办理或支付该主体案件的单位任相应职责，不能{zh}；可由 {may} 办理"
        english = f"{who.name} has no such duty where this party's cases are handled or paid and may not {en}"
        raise Refused("no_duty", says, english, field="by")
