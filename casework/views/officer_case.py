"""A case as an officer's page shows it: its file, how urgent it is, what was promised, and what may be done by whom."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from casework.applications.evidence_vault import may_read
from casework.calendar_jobs.deadline_watch import light_of
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.read_access import refuse_case
from casework.lifecycle.service_time_limit import promised_day, stops
from casework.shared.reference import Reference, reference
from casework.views.case_acts import CaseActs, acts_of
from casework.views.case_lists import find_case
from casework.views.dossier import Dossier, dossier
from casework.views.off_line_papers import OffLinePapers, off_line_papers
from casework.views.register_turns import RegisterTurn, register_turn
from models.cases import TERMINAL
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.lights import Light
from policies.measures import Access, Item
from policies.workdays import CalendarUnknown


@dataclass(frozen=True, kw_only=True)
class OfficerCase:
    """A case file with what surrounds it; `promised`: the day by which 限时即享 promises the whole, None where it does not.

    `item` is in the version that binds the case, `versions` are all that there are of it. `opens_papers`: the reader may open them;
    who may not, sees which slots have a paper. `register`: the entry in a register that the case waits for, if it is the reader's.
    """

    file: Dossier
    item: Item
    versions: tuple[Item, ...]
    light: Light | None
    promised: date | None
    can: CaseActs
    opens_papers: bool
    off_line: OffLinePapers
    register: RegisterTurn | None


def officer_case(store: Store, number: str, reader: UUID) -> OfficerCase:
    """Everything about a case for one reader. Whoever has it in hand reads natural persons' names in clear."""
    with store.read() as work:
        case = find_case(work, number)
        refuse_case(store, work, case, reader)
        facts = reference(store, work)
        procedure = procedure_of(facts, case, work.today)
        can = acts_of(store, work, case, reader)
        light = light_of(procedure, case, facts, work.today) if case.next_due and case.next_duty != "system" else None
        promised = _promised(work, facts, procedure, case)
        opens_papers = may_read(store, work, case.id, reader)
        off_line = off_line_papers(store, work, procedure, case, reader)
        register = register_turn(work, facts, case, reader)
    file = dossier(store, case.number, clear=can.in_hand, reader=reader)
    return OfficerCase(
        file=file,
        item=procedure.item,
        versions=procedure.policy.versions_of(case.item),
        light=light,
        promised=promised,
        can=can,
        opens_papers=opens_papers,
        off_line=off_line,
        register=register,
    )


def _promised(work: UnitOfWork, facts: Reference, procedure: Procedure, case: CaseView) -> date | None:
    if (
        case.filed_at is None
        or procedure.access is not Access.WITHIN_TIME_LIMIT
        or not procedure.item.pays
        or case.state in TERMINAL
    ):
        return None
    standing = stops(work, [case.id]).get(case.id, ()) if case.corrections else ()
    try:
        return promised_day(facts.calendar, case.filed_at, int(procedure.setting("P-promised-days")), standing)
    except CalendarUnknown:
        return None
