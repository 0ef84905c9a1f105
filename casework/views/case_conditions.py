"""What a list of cases may be narrowed by beside its plain columns: so that each figure of the board leads to its cases."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.shared.fund_key import FundKey
from casework.shared.reference import Reference
from models import Case, Decision, Entitlement, Fund, Party
from models.unit_of_work import UnitOfWork
from policies import all_policies
from policies.policy import Policy

STAGES = ("filed", "open", "undecided")  # filed at all; of those not ended; of those without a decision on money
MONEY = ("granted", "paid", "unpaid")  # a decision in force; paid in full; not yet
_OF_MONEY = {
    "granted": (),
    "paid": (col(Entitlement.paid_fen) == col(Entitlement.approved_fen),),
    "unpaid": (col(Entitlement.paid_fen) < col(Entitlement.approved_fen),),
}


@dataclass(frozen=True, kw_only=True)
class CaseConditions:
    """ "" asks for nothing. `lead`: the unit in charge; `fund`: what was granted from it; `payer`: from any fund of a unit;
    `passed`: a state that the case has left."""

    lead: str = ""
    town: str = ""
    stage: str = ""
    money: str = ""
    fund: str = ""
    payer: str = ""
    passed: str = ""

    def where(self, work: UnitOfWork, facts: Reference) -> Iterator[ColumnElement[bool]]:
        """As conditions on cases; what is not known meets no case."""
        if self.lead:
            yield led_by(work, facts, self.lead)
        if self.town:
            yield col(Case.party_id).in_(select(col(Party.id)).where(col(Party.town) == self.town))
        if self.stage:
            yield _STAGE.get(self.stage, false())
        if self.money or self.fund or self.payer:
            yield self._granted()
        if self.passed:
            left = select(col(Decision.case_id)).where(
                col(Decision.from_state) == self.passed, col(Decision.to_state) != self.passed
            )
            yield col(Case.id).in_(left)

    def _granted(self) -> ColumnElement[bool]:
        mine = select(col(Entitlement.case_id)).join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        mine = mine.where(col(Entitlement.ended).is_(False))
        if self.money:
            mine = mine.where(*_OF_MONEY.get(self.money, (false(),)))
        if self.payer:
            mine = mine.where(col(Fund.unit) == self.payer)
        if self.fund:
            key = FundKey.of(self.fund)
            mine = mine.where(*((col(Fund.unit) == key.unit, col(Fund.year) == key.year, col(Fund.policy) == key.policy)
                                if key else (false(),)))  # fmt: skip
        return col(Case.id).in_(mine)


_DECIDED = select(col(Entitlement.case_id)).where(col(Entitlement.ended).is_(False))
_OPEN = and_(col(Case.filed_at).is_not(None), col(Case.next_duty).is_not(None))
_STAGE: dict[str, ColumnElement[bool]] = {
    "filed": col(Case.filed_at).is_not(None),
    "open": _OPEN,
    "undecided": and_(_OPEN, col(Case.id).not_in(_DECIDED)),
}


def led_by(work: UnitOfWork, facts: Reference, unit: str) -> ColumnElement[bool]:
    """Cases of the items that a unit has in hand."""
    found: list[ColumnElement[bool]] = [false()]
    for policy in all_policies():
        items = [item for item, lead in leads(work, facts, policy).items() if lead == unit]
        if items:
            found.append(and_(col(Case.policy) == policy.code, col(Case.item).in_(items)))
    return or_(*found)


def leads(work: UnitOfWork, facts: Reference, policy: Policy) -> dict[str, str]:
    """Each item of a policy with the unit that has it in hand today."""
    return {item.id: procedure_on(facts, policy, item.id, work.today).lead for item in policy}
