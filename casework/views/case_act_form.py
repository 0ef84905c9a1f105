"""What the page of one act on one case needs: its form, whose it is, choices that depend on the case, what it begins with."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from casework.act_forms import CASE_FORMS, ActForm
from casework.conditions.condition_wordings import checks
from casework.forms.act_fields import Word
from casework.forms.facts_as_claimed import facts_as_claimed
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Act, Action
from casework.lifecycle.second_signature import asked_on
from casework.shared.errors import Refused
from casework.views.case_acts import PossibleAct
from casework.views.case_lists import find_case
from casework.views.comparison_list import ComparisonRow
from casework.views.officer_case import OfficerCase, officer_case
from models import MilestoneRecord, Objection, Snapshot
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.conditions import Why
from policies.forms import Text
from policies.measures import Item

_FORMS = ("claim", "facts")


@dataclass(frozen=True, kw_only=True)
class CaseActForm:
    """An act's form on a case. `can`: whose it is, None where the case does not allow it as it stands; `choices` by source.

    `typed`: the item's form (of its claim, of its facts) that the act takes, None where it takes none; `begins`: by field's
    name what is there already. `act_id` follows from case, version, act and person: the same form opened twice is one act.
    """

    sheet: OfficerCase
    form: ActForm[Act]
    can: PossibleAct | None
    choices: Mapping[str, tuple[Word, ...]]
    typed: type | None
    begins: Mapping[str, Any]
    act_id: UUID


def case_act_form(store: Store, number: str, action: str, reader: UUID) -> CaseActForm:
    """The form of an act on a case for one reader; Refused where there is no such act or the case does not concern them."""
    form = CASE_FORMS.get(action)
    if form is None:
        raise Refused("unknown_case", f"没有动作“{action[:40]}”", f"there is no act {action[:40]}", field="action")
    sheet = officer_case(store, number, reader)
    can = next((act for act in sheet.can.acts if act.action == action), None)
    with store.read() as work:
        case = find_case(work, number)
        choices = {
            field.source: _choices(work, case, sheet, action, field.source) for field in form.fields if field.source
        }
        begins = _begins(work, case, sheet.item, form)
    typed = next((getattr(sheet.item, field.source) for field in form.fields if field.source in _FORMS), None)
    seen = f"{sheet.file.case.id}:{sheet.file.case.version}:{action}:{reader}"
    return CaseActForm(
        sheet=sheet, form=form, can=can, choices=choices, typed=typed, begins=begins, act_id=uuid5(NAMESPACE_OID, seen)
    )


def _choices(work: UnitOfWork, case: CaseView, sheet: OfficerCase, action: str, source: str) -> tuple[Word, ...]:
    """The values of a field that depend on the case; none where it is free text or the item knows none."""
    item = sheet.item
    if source == "comparisons":
        return tuple(_compared(comparison) for comparison in sheet.file.comparisons if comparison.verdict == "open")
    if source == "objections":
        query = select(col(Objection.position), col(Objection.claim))
        mine = query.where(col(Objection.case_id) == case.id, col(Objection.outcome) == "open")
        return tuple(_numbered(*row) for row in work.execute(mine.order_by(col(Objection.position))))
    if source == "milestones":
        still_open = col(MilestoneRecord.state).in_(["planned", "in_progress"])
        listed = select(col(MilestoneRecord.position), col(MilestoneRecord.title)).where(
            col(MilestoneRecord.case_id) == case.id, still_open
        )
        return tuple(_numbered(*row) for row in work.execute(listed.order_by(col(MilestoneRecord.position))))
    if source == "conditions":
        said = {check["check"] for check in checks(work, case.id) if check["result"] != "ok" and not check["waived"]}
        may = [
            condition for condition in item.conditions if condition.id in said and condition.hard and condition.override
        ]
        return tuple(Word(condition.id, condition.title) for condition in may)
    if source == "reason_codes" and action == Action.WAIVE:
        return tuple(Word(why.value, Text(why.zh, why.en)) for why in Why)
    if source == "results" and item.results is not None:
        return tuple(Word(result.value, Text(result.zh, result.en)) for result in item.results)
    if source == "rule_versions":
        return tuple(Word(version.version, _version(version)) for version in sheet.versions)
    return ()


def _compared(comparison_row: ComparisonRow) -> Word:
    zh, en = (
        f"{comparison_row.sequence}. {comparison_row.other}：{comparison_row.why_zh}",
        f"{comparison_row.sequence}. {comparison_row.other}: {comparison_row.why}",
    )
    return Word(str(comparison_row.sequence), Text(zh, en))


def _numbered(position: int, words: str) -> Word:
    text = f"{position}. {words}"
    return Word(str(position), Text(text, text))


def _version(item: Item) -> Text:
    since = f" {item.since}" if item.since else ""
    return Text(f"第 {item.version} 版{since}", f"version {item.version}{since}")


def _begins(work: UnitOfWork, case: CaseView, item: Item, form: ActForm[Act]) -> dict[str, Any]:
    """What the form begins with: facts as claimed or as certified before, the claim as filed, what was asked for first."""
    begins: dict[str, Any] = {}
    sources = {field.source for field in form.fields}
    newest = _newest(work, case) if sources & set(_FORMS) else {}
    if "claim" in sources and "claim" in newest:
        begins["claim"] = newest["claim"][1]
    if "facts" in sources:
        again = "facts" in newest and newest["facts"][0] > newest.get("claim", (0, None))[0]
        stated = newest.get("claim", (0, {}))[1]
        begins["facts"] = newest["facts"][1] if again else facts_as_claimed(item, stated)
    asked = asked_on(work, case)
    if asked is not None and asked.action == form.word:
        said = loads(asked.content)
        begins |= {field.name: said[field.name] for field in form.fields if field.source and said.get(field.name)}
        begins |= {"reason_code": asked.reason_code} if asked.reason_code else {}
    return begins


def _newest(work: UnitOfWork, case: CaseView) -> dict[str, tuple[int, dict[str, Any]]]:
    """The newest claim and facts, each with the version of the case at which it was given."""
    query = select(col(Snapshot.kind), col(Snapshot.version), col(Snapshot.content))
    rows = work.execute(query.where(col(Snapshot.case_id) == case.id).order_by(col(Snapshot.version)))
    return {row.kind: (row.version, loads(row.content)) for row in rows}
