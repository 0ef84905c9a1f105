"""Conditions bind: which checks stop which act, what is written of them, and which overrides stand.

A hard check that failed stops acceptance, certification, decision and payment from the moment it is known; one without
data stops from the act that its condition names. An override counts for the check as it was found: where the check finds
something else, or looks at other data, it stops again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlmodel import col

from casework.conditions.condition_checks import check, check_without_case
from casework.lifecycle.case_changes import CaseView, Change
from casework.lifecycle.commands import Action
from casework.lifecycle.findings import CheckResult, Finding, Findings, Result
from casework.lifecycle.procedure import Procedure
from casework.lifecycle.wordings import action_zh
from casework.shared.errors import Refused
from casework.shared.reference import Reference
from models import CheckRecord, Duty, Waiver
from models.check_records import GATES
from models.columns import canonical_json
from models.duty_names import duty_zh
from models.unit_of_work import UnitOfWork, content_hash
from policies.conditions import Condition, Gate

GATE: Mapping[Action, Gate] = {
    Action.FILE: Gate.FILE,
    **{Action(action): value for action, gate in GATES.items() for value in Gate if value == gate},
}
LIFTED = "lifted"  # of a record: the check is asked no more
_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
_WAIVED = select(col(Waiver.case_id), col(Waiver.name), col(Waiver.data)).where(col(Waiver.case_id).in_(_CASES))
_NEWEST = (
    select(col(CheckRecord.case_id), col(CheckRecord.name), func.max(CheckRecord.sequence).label("sequence"))
    .where(col(CheckRecord.case_id).in_(_CASES))
    .group_by(col(CheckRecord.case_id), col(CheckRecord.name))
    .subquery()
)
_LAST_RECORDS: Select[Any] = select(CheckRecord.__table__).join(  # type: ignore[attr-defined]
    _NEWEST,
    (col(CheckRecord.case_id) == _NEWEST.c.case_id) & (col(CheckRecord.sequence) == _NEWEST.c.sequence),
)


def evaluate_conditions(
    work: UnitOfWork,
    reference: Reference,
    procedure_for: Callable[[CaseView], Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any] | None = None,
    claims: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> dict[UUID, Findings]:
    """Evaluates fresh data: every condition of each case with its result, by the case's id."""
    results = check(work, reference, procedure_for, cases, stated, claims)
    waived = standing(work, list(results))
    found: dict[UUID, Findings] = {}
    for case in cases:
        mine = waived.get(case.id, frozenset())
        found[case.id] = _of_item(procedure_for(case), results[case.id], mine)
    return found


def evaluate_without_case(
    work: UnitOfWork, reference: Reference, procedures: Sequence[Procedure], party: UUID
) -> list[Findings]:
    """Every condition of these items for an applicant that has no case of them yet, item by item."""
    results = check_without_case(work, reference, procedures, party)
    return [_of_item(procedure, found) for procedure, found in zip(procedures, results, strict=True)]


def _of_item(
    procedure: Procedure, results: Sequence[CheckResult], waived: frozenset[tuple[str, str]] = frozenset()
) -> Findings:
    known = {condition.id: condition for condition in procedure.item.conditions}
    return tuple(
        Finding(condition=_asked(known[result.id], result), result=result, waived=(result.id, result.data) in waived)
        for result in results
    )


def _asked(condition: Condition, result: CheckResult) -> Condition:
    """The condition with the act that it stops as the check stands."""
    return replace(condition, needed=result.needed) if result.needed else condition


def standing(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, frozenset[tuple[str, str]]]:
    """The overrides of each case, as check and data."""
    found: dict[UUID, set[tuple[str, str]]] = {}
    for row in work.execute(_WAIVED, {"cases": list(cases)}):
        found.setdefault(row.case_id, set()).add((row.name, row.data))
    return {case: frozenset(pairs) for case, pairs in found.items()}


def stopped(findings: Findings, action: Action, gate: Gate | None = None) -> Refused | None:
    """The refusal of an act at its gate, naming each check that stops it and what to do; None where none does."""
    gate = gate or GATE.get(action)
    if gate is None:
        return None  # an act without a gate: what the bank did is booked whatever stands on the case
    no = failed(findings, gate)
    return no and Refused(
        no.code, f"不能“{action_zh(action)}”：{no.zh}", f"{action} is stopped: {no.en}", field=no.field
    )


def failed(findings: Findings, gate: Gate) -> Refused | None:
    """Each check that stops at a gate, with what to do; None where none does."""
    found = [finding for finding in findings if finding.stops(gate)]
    if not found:
        return None
    zh = "；".join(
        f"“{finding.condition.title.zh}”未通过（{finding.result.words.zh}），{_way_out(finding)[0]}"
        for finding in found
    )
    en = "; ".join(
        f"{finding.condition.title.en} ({finding.result.words.en}): {_way_out(finding)[1]}" for finding in found
    )
    return Refused("condition", zh, en, field=found[0].result.id)


def _way_out(finding: Finding) -> tuple[str, str]:
    """What to do about a check that stops: its remedy, and who may override it, if anybody."""
    remedy, may = finding.condition.remedy, finding.condition.override
    if may is None:
        return f"{remedy.zh}；此项不得例外", f"{remedy.en}; nobody may override it"
    zh = f"{remedy.zh}；确需例外的，由{duty_zh(Duty(may.duty))}提出、{duty_zh(Duty(may.second))}（另一人）核准"
    command = f"waive --check {finding.result.id}"
    return f"{zh}（{command}）", f"{remedy.en}; or an override by {may.duty}, confirmed by {may.second} ({command})"


def warnings(findings: Findings, *, applicant: bool = False) -> tuple[tuple[str, str], ...]:
    """What is to be told at an act in two languages: soft checks, data still to come, overrides that stand; to an
    applicant only what the applicant can still do something about, and what that is."""
    if applicant:
        return tuple(both for finding in findings if finding.warns and (both := _theirs(finding)) is not None)
    return tuple(_warning(finding) for finding in findings if finding.warns)


def _theirs(finding: Finding) -> tuple[str, str] | None:
    can = finding.condition.applicant
    if can is None or finding.waived or finding.result.office:
        return None
    zh, en = _warning(finding)
    return f"{zh}；{can.zh}", f"{en}: {can.en}"


def _warning(finding: Finding) -> tuple[str, str]:
    title, words = finding.condition.title, finding.result.words
    if finding.waived:
        return f"已核准例外：{title.zh}（{words.zh}）", f"overridden: {title.en} ({words.en})"
    if not finding.condition.hard:
        return f"提醒：{words.zh}", f"note: {words.en}"
    if finding.result.result is Result.NO_DATA:
        gate = finding.condition.needed
        return f"{gate.zh}前须补齐：{words.zh}", f"needed before {gate.en}: {words.en}"
    return f"未通过：{title.zh}（{words.zh}）", f"failed: {title.en} ({words.en})"


def digest(findings: Findings) -> str:
    """The hash of a whole check list: what an act's decision keeps of it."""
    return content_hash(
        canonical_json(sorted([finding.result.id, finding.result.result, finding.result.data] for finding in findings))
    )


def with_check_lists(changes: Sequence[Change], found: Mapping[UUID, Findings]) -> list[Change]:
    """The system's own moves, each with the hash of the check list that it rests on, where one was looked at."""
    lists = {identity: digest(findings) for identity, findings in found.items()}
    return [
        replace(change, content={**change.content, "check_list": lists[change.case.id]})
        if change.case.id in lists
        else change
        for change in changes
    ]


def store_findings(work: UnitOfWork, found: Mapping[UUID, tuple[CaseView, Findings]]) -> int:
    """Writes what is new in these check lists beside the earlier records; how many rows."""
    if not found:
        return 0
    newest, last = latest(work, list(found))
    written = 0
    for identity, (case, findings) in found.items():
        known, number = newest.get(identity, {}), last.get(identity, 0)
        rows = [_row(finding) for finding in findings if _new(known.get(finding.result.id), finding)]
        asked = {finding.result.id for finding in findings}
        rows += [_gone(row) for name, row in known.items() if name not in asked and row.result != LIFTED]
        for row in rows:
            number += 1
            work.add(
                CheckRecord,
                case_id=identity,
                sequence=number,
                version=case.version,
                looked_at=work.now,
                **row,
            )
        written += len(rows)
    return written


def latest(work: UnitOfWork, cases: Sequence[UUID]) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, int]]:
    """The newest record of each check of each case, and the last number used."""
    latest: dict[UUID, dict[str, Any]] = {}
    last: dict[UUID, int] = {}
    for row in work.execute(_LAST_RECORDS, {"cases": list(cases)}):
        latest.setdefault(row.case_id, {})[row.name] = row
        last[row.case_id] = max(last.get(row.case_id, 0), row.sequence)
    return latest, last


def _new(known: Any, finding: Finding) -> bool:
    told = (finding.result.result.value, finding.result.data, finding.condition.hard, finding.condition.needed.value)
    return known is None or told != (known.result, known.data, known.hard, known.needed)


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.result.id,
        "hard": finding.condition.hard,
        "needed": finding.condition.needed.value,
        "result": finding.result.result.value,
        "rule": f"checks.{finding.result.id.partition(':')[0]}",
        "data": finding.result.data,
        "words": finding.result.words.zh,
        "words_en": finding.result.words.en,
        "person_id": finding.result.person,
    }


def _gone(row: Any) -> dict[str, Any]:
    """The end of a check that is asked no more: the parameter behind it is no longer in force, say."""
    kept = {name: getattr(row, name) for name in ("name", "hard", "needed", "rule", "data")}
    return {**kept, "result": LIFTED, "words": "不再适用", "words_en": "not asked any more", "person_id": None}
