"""Conditions bind: which checks stop which act, what is written of them, and which overrides stand.

A hard check that failed stops acceptance, certification, decision and payment from the moment it is known; one without
data stops from the act that its condition names. An override counts for the check as it was found: where the check finds
something else, or looks at other data, it stops again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlmodel import col

from casework.cases import CaseView, Change
from casework.checks import CheckResult, Result, check
from casework.errors import Refused
from casework.procedure import Procedure
from casework.reference import Reference
from casework.transitions import Action
from casework.words import action_zh, duty_zh
from models import CheckRecord, Duty, Waiver
from models.columns import canonical_json
from models.conditions import GATES
from models.work import Work, content_hash
from policies.conditions import Condition, Gate

GATE: Mapping[Action, Gate] = {
    Action.FILE: Gate.FILE,
    **{Action(action): one for action, gate in GATES.items() for one in Gate if one == gate},
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


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A condition with what its check found. `waived`: an override stands for exactly this."""

    condition: Condition
    result: CheckResult
    waived: bool = False

    def stops(self, gate: Gate) -> bool:
        """Whether the act of this gate must not be done."""
        if not self.condition.hard or self.waived or self.result.result is Result.OK:
            return False
        if self.result.result is Result.FAIL:
            return gate is not Gate.FILE or self.condition.needed is Gate.FILE
        return self.condition.needed.order <= gate.order

    @property
    def warns(self) -> bool:
        """Whether it is to be told though it stops nothing: a soft check, data still to come, an override."""
        return self.result.result is not Result.OK


Findings = tuple[Finding, ...]
Look = Callable[[Sequence[CaseView]], Mapping[UUID, Findings]]


def look(
    work: Work,
    reference: Reference,
    way_of: Callable[[CaseView], Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any] | None = None,
) -> dict[UUID, Findings]:
    """Looks at fresh data: every condition of each case with its result, by the case's id."""
    results = check(work, reference, way_of, cases, stated)
    waived = standing(work, list(results))
    found: dict[UUID, Findings] = {}
    for case in cases:
        known = {one.id: one for one in way_of(case).item.conditions}
        mine = waived.get(case.id, frozenset())
        found[case.id] = tuple(
            Finding(condition=known[one.id], result=one, waived=(one.id, one.data) in mine) for one in results[case.id]
        )
    return found


def standing(work: Work, cases: Sequence[UUID]) -> dict[UUID, frozenset[tuple[str, str]]]:
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
    found = [one for one in findings if one.stops(gate)]
    if not found:
        return None
    zh = "；".join(f"“{one.condition.title.zh}”未通过（{one.result.words.zh}），{_way_out(one)[0]}" for one in found)
    en = "; ".join(f"{one.condition.title.en} ({one.result.words.en}): {_way_out(one)[1]}" for one in found)
    return Refused(
        "condition", f"不能“{action_zh(action)}”：{zh}", f"{action} is stopped: {en}", field=found[0].result.id
    )


def _way_out(one: Finding) -> tuple[str, str]:
    """What to do about a check that stops: its remedy, and who may override it, if anybody."""
    remedy, may = one.condition.remedy, one.condition.override
    if may is None:
        return f"{remedy.zh}；此项不得例外", f"{remedy.en}; nobody may override it"
    zh = f"{remedy.zh}；确需例外的，由{duty_zh(Duty(may.duty))}提出、{duty_zh(Duty(may.second))}（另一人）核准"
    command = f"waive --check {one.result.id}"
    return f"{zh}（{command}）", f"{remedy.en}; or an override by {may.duty}, confirmed by {may.second} ({command})"


def warnings(findings: Findings) -> tuple[tuple[str, str], ...]:
    """What is to be told at an act in two languages: soft checks, data still to come, overrides that stand."""
    return tuple(_warning(one) for one in findings if one.warns)


def _warning(one: Finding) -> tuple[str, str]:
    title, words = one.condition.title, one.result.words
    if one.waived:
        return f"已核准例外：{title.zh}（{words.zh}）", f"overridden: {title.en} ({words.en})"
    if not one.condition.hard:
        return f"提醒：{words.zh}", f"note: {words.en}"
    if one.result.result is Result.NO_DATA:
        gate = one.condition.needed
        return f"{gate.zh}前须补齐：{words.zh}", f"needed before {gate.en}: {words.en}"
    return f"未通过：{title.zh}（{words.zh}）", f"failed: {title.en} ({words.en})"


def digest(findings: Findings) -> str:
    """The hash of a whole check list: what an act's decision keeps of it."""
    return content_hash(canonical_json(sorted([one.result.id, one.result.result, one.result.data] for one in findings)))


def resting(changes: Sequence[Change], found: Mapping[UUID, Findings]) -> list[Change]:
    """The system's own moves, each with the hash of the check list that it rests on, where one was looked at."""
    lists = {identity: digest(findings) for identity, findings in found.items()}
    return [
        one._replace(content={**one.content, "check_list": lists[one.case.id]}) if one.case.id in lists else one
        for one in changes
    ]


def keep(work: Work, found: Mapping[UUID, tuple[CaseView, Findings]]) -> int:
    """Writes what is new in these check lists beside the earlier records; how many rows."""
    if not found:
        return 0
    newest, last = latest(work, list(found))
    written = 0
    for identity, (case, findings) in found.items():
        known, number = newest.get(identity, {}), last.get(identity, 0)
        rows = [_row(one) for one in findings if _new(known.get(one.result.id), one)]
        asked = {one.result.id for one in findings}
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


def latest(work: Work, cases: Sequence[UUID]) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, int]]:
    """The newest record of each check of each case, and the last number used."""
    latest: dict[UUID, dict[str, Any]] = {}
    last: dict[UUID, int] = {}
    for row in work.execute(_LAST_RECORDS, {"cases": list(cases)}):
        latest.setdefault(row.case_id, {})[row.name] = row
        last[row.case_id] = max(last.get(row.case_id, 0), row.sequence)
    return latest, last


def _new(known: Any, one: Finding) -> bool:
    told = (one.result.result.value, one.result.data, one.condition.hard, one.condition.needed.value)
    return known is None or told != (known.result, known.data, known.hard, known.needed)


def _row(one: Finding) -> dict[str, Any]:
    return {
        "name": one.result.id,
        "hard": one.condition.hard,
        "needed": one.condition.needed.value,
        "result": one.result.result.value,
        "rule": f"checks.{one.result.id.partition(':')[0]}",
        "data": one.result.data,
        "words": one.result.words.zh,
        "words_en": one.result.words.en,
        "person_id": one.result.person,
    }


def _gone(row: Any) -> dict[str, Any]:
    """The end of a check that is asked no more: the parameter behind it is no longer in force, say."""
    kept = {name: getattr(row, name) for name in ("name", "hard", "needed", "rule", "data")}
    return {**kept, "result": LIFTED, "words": "不再适用", "words_en": "not asked any more", "person_id": None}
