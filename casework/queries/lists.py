"""Lists of cases: filtered, paged, each with its one next action."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from casework.cases import CaseView, view
from casework.errors import Refused
from casework.queries.conditions import warned
from casework.queries.masking import party_name
from casework.readers import Reader, seen
from casework.words import DUTIES, STATES
from models import Case, Duty, Party, State
from models.sealing import MARK
from models.store import Store
from models.work import Work

MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One case in a list; amounts in whole fen, `overdue` counts a person's deadline only."""

    id: UUID
    number: str
    policy: str
    measure: str
    item: str
    applicant: str
    applicant_kind: str
    town: str | None
    state: str
    state_zh: str
    state_en: str
    version: int
    amount_fen: int | None
    next_duty: str | None
    next_duty_zh: str | None
    next_unit: str | None
    due: datetime | None
    due_provisional: bool
    overdue: bool
    held: bool
    contested: bool
    review_on: str
    problem: str
    filed_at: datetime | None
    rule_version: str
    warnings: tuple[tuple[str, str], ...] = ()  # of lists: what the check list has against the case, in two languages


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some of the cases found, and how many there are."""

    rows: tuple[CaseRow, ...]
    total: int
    offset: int


def row_of(case: CaseView, now: datetime) -> CaseRow:
    """A stored case as lists show it."""
    state = State(case.state)
    late = case.next_due is not None and case.next_due <= now and case.next_duty != Duty.SYSTEM
    return CaseRow(
        id=case.id,
        number=case.number,
        policy=case.policy,
        measure=case.measure,
        item=case.item,
        applicant=party_name(case.party_kind, case.party_name),
        applicant_kind=case.party_kind,
        town=case.town,
        state=state.value,
        state_zh=STATES[state][0],
        state_en=STATES[state][2],
        version=case.version,
        amount_fen=case.amount_fen,
        next_duty=case.next_duty,
        next_duty_zh=DUTIES[Duty(case.next_duty)][0] if case.next_duty else None,
        next_unit=case.next_unit,
        due=case.next_due,
        due_provisional=case.due_provisional,
        overdue=late and not case.held,
        held=case.held,
        contested=case.contested,
        review_on=case.review_on,
        problem=case.problem,
        filed_at=case.filed_at,
        rule_version=case.rule_version,
    )


def cases(
    store: Store,
    *,
    policy: str | None = None,
    measure: str | None = None,
    item: str | None = None,
    state: str | None = None,
    unit: str | None = None,
    duty: str | None = None,
    applicant: str | None = None,
    overdue: bool = False,
    held: bool | None = None,
    problem: bool = False,
    limit: int = 200,
    offset: int = 0,
    reader: Reader = None,
) -> Page:
    """The cases that meet every condition and that the reader may see, by number; `applicant`: part of a name, or an id."""
    exact = {
        Case.policy: policy,
        Case.measure: measure,
        Case.item: item,
        Case.state: state,
        Case.next_unit: unit,
        Case.next_duty: duty,
    }
    with store.read() as work:
        where: list[ColumnElement[bool]] = [col(column) == value for column, value in exact.items() if value]
        where.append(seen(store, work, reader))
        if applicant:
            where.append(_of(work, applicant))
        if held is not None:
            where.append(col(Case.held).is_(held))
        if problem:
            where.append(col(Case.problem) != "")
        if overdue:
            where += [col(Case.next_due) <= work.now, col(Case.next_duty) != Duty.SYSTEM, col(Case.held).is_(False)]
        counted = select(func.count()).select_from(Case).join(Party, col(Party.id) == col(Case.party_id)).where(*where)
        total = int(work.execute(counted).scalar_one())
        query = view().where(*where).order_by(col(Case.number)).limit(min(limit, MOST)).offset(offset)
        found = [row_of(CaseView._make(row), work.now) for row in work.execute(query)]
        said = warned(work, [one.id for one in found]) if found else {}
        rows = tuple(replace(one, warnings=said.get(one.id, ())) for one in found)
    return Page(rows=rows, total=total, offset=offset)


def _of(work: Work, applicant: str) -> ColumnElement[bool]:
    """Natural persons' names are sealed: those are opened and compared here."""
    try:
        return col(Case.party_id) == UUID(applicant)
    except ValueError:
        sealed = select(col(Party.id), col(Party.name)).where(col(Party.name).startswith(MARK))
        persons = [row.id for row in work.execute(sealed) if applicant in row.name]
        named = col(Party.name).contains(applicant, autoescape=True)
        return or_(named, col(Party.code) == applicant.upper(), col(Case.party_id).in_(persons))


def find_case(work: Work, number: str) -> CaseView:
    """A case by its number (or by its id as text); an unknown one is refused with how to look for it."""
    text = number.strip()
    found: Any = work.execute(view().where(col(Case.number) == text.upper())).first()
    if found is None:
        try:
            found = work.execute(view().where(col(Case.id) == UUID(text))).first()
        except ValueError:
            found = None
    if found is None:
        zh, en = f"没有案件 {text}，请用 cases 查找编号", f"there is no case {text}: look its number up with cases"
        raise Refused("unknown_case", zh, en, field="case")
    return CaseView._make(found)
