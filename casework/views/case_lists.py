"""Lists of cases: filtered, paged, each with its one next action."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlmodel import col

from casework.conditions.condition_wordings import warned
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.read_access import Reader, seen
from casework.lifecycle.wordings import DUTIES, shown_state
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.problem_translations import as_said, in_english
from casework.shared.reference import reference
from casework.shared.text_normalization import narrow
from casework.views.case_conditions import CaseConditions
from casework.views.other_applicants import party_of
from models import Case, Duty, Party, State
from models.sealing import MARK
from models.store import Store
from models.unit_of_work import UnitOfWork

MOST = 10_000
_ENDING = re.compile(r"[A-Z0-9-]*[0-9]")


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
    problem_en: str
    filed_at: datetime | None
    rule_version: str
    warnings: tuple[tuple[str, str], ...] = ()  # of lists: what the check list has against the case, in two languages


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """Some of the cases found, and how many there are (as far as they were counted)."""

    rows: tuple[CaseRow, ...]
    total: int
    offset: int


def row_of(case: CaseView, now: datetime) -> CaseRow:
    """A stored case as lists show it."""
    state, said = State(case.state), shown_state(case.state, case.next_duty)
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
        state_zh=said[0],
        state_en=said[2],
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
        problem_en=in_english(case.problem),
        filed_at=case.filed_at,
        rule_version=case.rule_version,
    )


def in_both(work: UnitOfWork, rows: Sequence[CaseRow]) -> list[CaseRow]:
    """The rows, with what stands on a stopped case in the English in which it was stopped."""
    said = as_said(work, {row.number: row.problem for row in rows})
    return [replace(row, problem_en=said.get(row.number, row.problem_en)) for row in rows]


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
    find: str | None = None,
    overdue: bool = False,
    held: bool | None = None,
    problem: bool = False,
    limit: int = 200,
    offset: int = 0,
    after: str = "",
    before: str = "",
    count_to: int | None = None,
    further: CaseConditions | None = None,
    reader: Reader = None,
) -> CasePage:
    """The cases that meet every condition and that the reader may see, by number; `applicant`: part of a name, or an id;
    `find`: the same, or a case's number or the end of one.

    `after`: those whose number comes behind this one; `before`: those in front of it, the nearest first. `count_to`: they are
    counted no further than this.
    """
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
        if further is not None:
            where += further.where(work, reference(store, work))
        if applicant:
            where.append(_of(work, applicant))
        if find:
            where.append(or_(_of(work, find), _numbered(find)))
        if held is not None:
            where.append(col(Case.held).is_(held))
        if problem:
            where.append(col(Case.problem) != "")
        if overdue:
            where += [col(Case.next_due) <= work.now, col(Case.next_duty) != Duty.SYSTEM, col(Case.held).is_(False)]
        total = _counted(work, where, count_to)
        query = _from(view().where(*where), after, before).limit(min(limit, MOST)).offset(offset)
        found = in_both(work, [row_of(CaseView._make(row), work.now) for row in work.execute(query)])
        theirs = party_of(store, work, reader) is not None
        said = warned(work, [case_row.id for case_row in found], applicant=theirs) if found else {}
        rows = tuple(replace(case_row, warnings=said.get(case_row.id, ())) for case_row in found)
    return CasePage(rows=rows, total=total, offset=offset)


def _counted(work: UnitOfWork, where: Sequence[ColumnElement[bool]], most: int | None) -> int:
    """How many cases meet the conditions, or `most` where there are more."""
    mine = select(col(Case.id)).join(Party, col(Party.id) == col(Case.party_id)).where(*where).limit(most)
    return int(work.execute(select(func.count()).select_from(mine.subquery())).scalar_one())


def _from(query: Select[Any], after: str, before: str) -> Select[Any]:
    """In the order of numbers, from a number on or back from it."""
    if before:
        return query.where(col(Case.number) < before).order_by(col(Case.number).desc())
    return (query.where(col(Case.number) > after) if after else query).order_by(col(Case.number))


def _numbered(text: str) -> ColumnElement[bool]:
    """Cases whose number ends in what was typed, if it can be the end of one."""
    wanted = narrow(text).upper()
    return col(Case.number).endswith(wanted, autoescape=True) if _ENDING.fullmatch(wanted) else false()


def _of(work: UnitOfWork, applicant: str) -> ColumnElement[bool]:
    """Natural persons' names are sealed: those are opened and compared here."""
    try:
        return col(Case.party_id) == UUID(applicant)
    except ValueError:
        sealed = select(col(Party.id), col(Party.name)).where(col(Party.name).startswith(MARK))
        persons = [row.id for row in work.execute(sealed) if applicant in row.name]
        named = col(Party.name).contains(applicant, autoescape=True)
        return or_(named, col(Party.code) == applicant.upper(), col(Case.party_id).in_(persons))


def ids_of(store: Store, numbers: Sequence[str], *, reader: Reader = None) -> dict[str, UUID]:
    """Numbers → ids; an unknown number is absent, and so is a case that the reader may not see."""
    found: dict[str, UUID] = {}
    with store.read() as work:
        where = seen(store, work, reader)
        for start in range(0, len(numbers), 500):
            some = col(Case.number).in_(numbers[start : start + 500])
            query = select(col(Case.number), col(Case.id)).where(some, where)
            found |= {row.number: row.id for row in work.execute(query)}
    return found


def find_case(work: UnitOfWork, number: str) -> CaseView:
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
