"""Who may take a turn: those who hold its duty in its unit, less whom the separation of duties or a tie to the applicant bars."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from casework.lifecycle.authorization import CONFLICT, OF_THE_APPLICANT, RECUSED, PriorDuty, barred_by, beneficiary
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import procedure_of
from casework.lifecycle.transitions import rows
from casework.shared.applicant_ties import tied
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference, is_installed
from models import Duty, State
from models.duty_names import duty_zh
from models.unit_of_work import UnitOfWork

# Refusals that another person would not get: what helps is to say who that is.
PERSONAL = frozenset({"separation_of_duties", "no_duty", "onlooker", RECUSED, CONFLICT})
_SHOWN = 5


@lru_cache(maxsize=512)
def holders(reference: Reference, duty: Duty, unit: str | None, now: datetime) -> tuple[PersonView, ...]:
    """Everybody who holds a duty in a unit now, deputies included, by name."""
    found = [
        officer
        for officer in reference.officers.values()
        if reference.holding(officer.id, duty, unit, now) and not reference.only_looks_on(officer.natural_key, now)
    ]
    return tuple(sorted(found, key=lambda officer: (officer.name, str(officer.id))))


def eligible(
    work: UnitOfWork,
    reference: Reference,
    duty: Duty,
    unit: str | None,
    cases: Sequence[CaseView],
    held: Mapping[UUID, Sequence[PriorDuty]],
) -> list[PersonView]:
    """Those of them who have no other part in any of the cases, belong to no applicant of theirs, and apply for none of
    their benefits."""
    parties = {case.party_id for case in cases}
    earlier = [held[case.id] for case in cases]
    return [
        officer
        for officer in holders(reference, duty, unit, work.now)
        if not _barred(work, reference, officer, duty, unit, earlier, parties)
        and not _applies(work, reference, officer, duty, unit, cases)
    ]


def _applies(
    work: UnitOfWork, reference: Reference, who: PersonView, duty: Duty, unit: str | None, cases: Sequence[CaseView]
) -> bool:
    """Whether the person, whom they stand in for or their unit applies for the benefit of one of the cases."""
    stands = reference.holding(who.id, duty, unit, work.now)
    keys = {who.natural_key, stands.principal_key if stands and stands.principal else who.natural_key}
    of_items = {(case.policy, case.item, case.rule_version): case for case in cases}.values()
    return duty not in OF_THE_APPLICANT and any(
        beneficiary(work, procedure_of(reference, case, work.today), case, keys, unit) is not None
        for case in of_items
        if is_installed(case.policy)
    )


def _barred(
    work: UnitOfWork, reference: Reference, who: PersonView, duty: Duty, unit: str | None, earlier: Sequence[Sequence[PriorDuty]],
    parties: Collection[UUID],
) -> bool:  # fmt: skip
    stands = reference.holding(who.id, duty, unit, work.now)
    principal, key = (stands.principal, stands.principal_key) if stands and stands.principal else (None, "")
    if duty not in OF_THE_APPLICANT and tied(work, reference.ties, {who.natural_key, key}, parties):
        return True
    return any(barred_by(who, duty, parts, key or who.natural_key, principal) is not None for parts in earlier)


def who_may(people: Sequence[PersonView], duty: Duty, unit: str | None) -> tuple[str, str]:
    """In two languages: by whom this can be done, or that somebody has to be found."""
    if people:
        names = "、".join(officer.name for officer in people[:_SHOWN]) + (
            f" 等 {len(people)} 人" if len(people) > _SHOWN else ""
        )
        return f"可由 {names} 办理", f"it can be done by {', '.join(officer.name for officer in people[:_SHOWN])}"
    if duty is Duty.APPLICANT:
        return "由申报人办理", "it is the applicant's"
    where = unit or "各单位"
    return (
        f"{where}没有其他可办理的{duty_zh(duty)}，请由系统管理员在“人员账号”页授予职责",
        f"nobody else may do this as {duty} in {unit or 'any unit'}: an administrator gives it to somebody on the page Accounts",
    )


def helped(
    work: UnitOfWork,
    no: Refused,
    reference: Reference,
    who: PersonView,
    action: Action,
    cases: Sequence[CaseView],
    held: Mapping[UUID, Sequence[PriorDuty]],
) -> Refused:
    """The refusal of an officer whom another could replace, with who that is; any other refusal as it stands."""
    first = cases[0]
    officer = first.next_duty not in (None, Duty.SYSTEM, Duty.APPLICANT) and who.id in reference.officers
    asked = any(row.turn and row.duty == first.next_duty for row in rows(action, State(first.state)))
    if no.code not in PERSONAL or not officer or not asked:
        return no
    duty, unit = Duty(str(first.next_duty)), first.next_unit
    zh, en = who_may(eligible(work, reference, duty, unit, cases, held), duty, unit)
    return Refused(no.code, f"{no.zh.removesuffix('，请换人办理')}；本步骤{zh}", f"{no.en}; {en}", field=no.field)
