"""What waits for a value, or for its confirmation, and who may give it: for the inbox of authors and confirmers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.policy_settings.parameter_definitions import definitions
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference
from models import Case, Duty
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.applicants import APPLICANT

_OF_APPLICANTS = frozenset(parameter.id for parameter in APPLICANT)  # no case waits for these: unset, they ask nothing
_NAME = re.compile(r"P[\w-]+")
Settable = Mapping[tuple[str, str], frozenset[str]]
"""By policy and item: the parameters of the item that units may set."""


@dataclass(frozen=True, kw_only=True)
class ToConfirm:
    """A value that somebody proposed and the reader may confirm; `proposal` is its id, `command` what the reader types."""

    policy: str
    name: str
    title: str
    title_en: str
    proposed_by: str
    proposal: UUID
    command: str


def settable(work: UnitOfWork, facts: Reference, units: Sequence[str]) -> Settable:
    """What authors of these units may set: of the units that lead an item which a value concerns, or that pay."""
    from casework.policy_settings.parameter_register import owners  # late: registers read queries too

    found: dict[tuple[str, str], set[str]] = {}
    for policy in of_work(work) if units else ():
        for name, what in definitions(policy).items():
            if (
                not what.ours
                and name not in _OF_APPLICANTS
                and not owners(facts, work.today, policy, what).isdisjoint(units)
            ):
                for item in what.items:
                    found.setdefault((policy.code, item), set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}


def concerned(known: Settable) -> ColumnElement[bool]:
    """The cases of the items of which some parameter may be set."""
    policies = sorted({policy for policy, _ in known})
    return or_(
        *(
            and_(col(Case.policy) == code, col(Case.item).in_([item for policy, item in known if policy == code]))
            for code in policies
        )
    )


def named_in(problem: str) -> list[str]:
    """The values that a case says it waits for."""
    return _NAME.findall(problem)


def awaits_them(case: CaseView, units: Iterable[str], known: Settable) -> bool:
    """Whether a case that waits for a value waits for one that authors of these units may set."""
    if case.next_duty != Duty.PARAMETER_AUTHOR:
        return True
    named = named_in(case.problem)
    if not named:
        return case.next_unit is None or case.next_unit in units
    return not known.get((case.policy, case.item), frozenset()).isdisjoint(named)


def values_of(case: CaseView, known: Settable) -> tuple[str, ...]:
    """The values that a case says it waits for, of those that may be set."""
    may = known.get((case.policy, case.item), frozenset())
    return tuple(dict.fromkeys(name for name in named_in(case.problem) if name in may))


def to_confirm(store: Store, work: UnitOfWork, account: UUID, names: Mapping[UUID, str]) -> tuple[ToConfirm, ...]:
    """The open proposals that a person may confirm, the oldest first."""
    from casework.policy_settings.parameter_register import open_to  # late, as above

    found = []
    for row, what in open_to(store, work, account):
        group = "settings" if what.ours else "parameters"
        found.append(
            ToConfirm(
                policy=row.policy, name=row.parameter, title=what.what.title.zh, title_en=what.what.title.en,
                proposed_by=names.get(row.set_by, ""), proposal=row.id,
                command=f"duixian {group} confirm {row.id} --policy {row.policy}",
            )
        )  # fmt: skip
    return tuple(found)
