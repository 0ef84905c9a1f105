"""What came to light after the payment order: a question for the certifier, the unit that pays, and whoever looks on."""

from dataclasses import dataclass

from casework.lifecycle.procedure import procedure_on
from casework.shared.reference import PersonView, Reference, is_installed, policy_of
from models import Duty, Verdict
from models.comparisons import after_payment
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Question:
    """A benefit found after the payment: still to be compared, or the same and to be got back. Whose it is, in words."""

    case: str
    comparison: int
    other: str
    verdict: str
    owner_unit: str
    owner_duty: str
    mine: bool  # whether the reader is the one who has to act
    zh: str
    en: str


def questions(work: UnitOfWork, facts: Reference, who: PersonView) -> tuple[Question, ...]:
    """The questions that concern a person: the certifier of the unit, the fund officer of the one that pays, onlookers."""
    found = []
    for row in work.execute(after_payment()):
        if not is_installed(row.policy):
            continue
        procedure = procedure_on(facts, policy_of(row.policy), row.item, work.today)
        asked = row.verdict == Verdict.OPEN
        duty, unit = (Duty.CERTIFIER, procedure.lead) if asked else (Duty.FUND_OFFICER, procedure.treasury)
        mine = facts.holding(who.id, duty, unit, work.now) is not None
        pays = facts.holding(who.id, Duty.FUND_OFFICER, procedure.treasury, work.now) is not None
        if mine or pays or facts.only_looks_on(who.natural_key, work.now):
            zh, en = _words(asked, row.other)
            found.append(
                Question(
                    case=row.number, comparison=row.sequence, other=row.other, verdict=row.verdict, owner_unit=unit,
                    owner_duty=duty, mine=mine, zh=zh, en=en,
                )
            )  # fmt: skip
    return tuple(found)


def _words(asked: bool, other: str) -> tuple[str, str]:
    if asked:
        return (
            f"放行或拨付后登记的“{other}”可能是同一补助，待比对",
            f'"{other}", found after payment, may be the same benefit',
        )
    return (
        f"拨付后认定与“{other}”为同一补助，多付的须追回",
        f'"{other}" is the same benefit: what was paid too much is to be got back',
    )
