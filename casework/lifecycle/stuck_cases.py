"""Cases that wait for nobody: no open account holds the duty in the unit, or everybody who does is barred from them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.authorization import parts
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.eligible_officers import eligible, holders
from casework.lifecycle.wordings import DUTIES
from casework.shared.reference import Reference, reference
from models import Case, Duty, JointOpinion
from models.store import Store
from models.unit_of_work import UnitOfWork

_NOT_OFFICERS = (Duty.SYSTEM, Duty.APPLICANT)
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """One duty of one unit that nobody can do on these cases. `holders`: how many hold it, all of them barred."""

    duty: Duty
    unit: str | None
    cases: tuple[str, ...]
    holders: int
    lead: str | None = None

    @property
    def zh(self) -> str:
        """In Chinese: who is missing, for how many cases."""
        where, count = self.unit or "各单位", len(self.cases)
        why = f"现有 {self.holders} 人均须回避" if self.holders else "无人担任"
        return f"{where}的{DUTIES[self.duty][0]}{why}，{count} 件案件无人可办（如 {self.cases[0]}）"

    @property
    def en(self) -> str:
        """In English."""
        where, why = (
            self.unit or "any unit",
            f"all {self.holders} holders are barred" if self.holders else "nobody holds it",
        )
        return f"{DUTIES[self.duty][1]} in {where}: {why}; {len(self.cases)} cases wait (as {self.cases[0]})"


def stuck(store: Store) -> list[Stuck]:
    """Every duty that nobody can do, with the cases that wait for it."""
    with store.read() as work:
        return stuck_in(work, reference(store, work))


def stuck_in(work: UnitOfWork, facts: Reference) -> list[Stuck]:
    """The same inside a transaction."""
    found: dict[tuple[Duty, str | None, int], list[str]] = {}
    for duty, unit, number, count in _waiting(work, facts):
        found.setdefault((duty, unit, count), []).append(number)
    return [
        Stuck(duty=duty, unit=unit, cases=tuple(sorted(numbers)), holders=count)
        for (duty, unit, count), numbers in sorted(found.items(), key=str)
    ]


def _waiting(work: UnitOfWork, facts: Reference) -> Iterator[tuple[Duty, str | None, str, int]]:
    """Duty, unit and number of each case that nobody can take on, and how many hold the duty there."""
    listed = [
        CaseView._make(row)
        for row in work.execute(
            view().where(col(Case.next_duty).is_not(None), col(Case.next_duty).not_in(_NOT_OFFICERS))
        )
    ]
    silent = {
        (row.case_id, row.unit)
        for row in work.execute(
            select(col(JointOpinion.case_id), col(JointOpinion.unit)).where(col(JointOpinion.opinion) == "pending")
        )
    }
    for start in range(0, len(listed), _CHUNK):
        chunk = listed[start : start + _CHUNK]
        held = parts(work, [case.id for case in chunk]) if chunk else {}
        for case in chunk:
            duty = Duty(str(case.next_duty))
            asked = [unit for identity, unit in silent if identity == case.id] if duty is Duty.JOINT_REVIEWER else []
            for unit in sorted(asked) or [case.next_unit]:
                if not eligible(work, facts, duty, unit, [case], held):
                    yield duty, unit, case.number, len(holders(facts, duty, unit, work.now))
