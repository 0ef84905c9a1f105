"""Acts on several cases at once, of one kind or line by line from a workbook: each is looked at first, then done or refused alone.

Every line's act id follows from its list's id and its place, so that a list sent again does nothing twice, and the decisions of a
list are found by its id alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from casework import act_list_workbook
from casework.act_forms import CASE_FORMS, act_named, parse
from casework.act_preview import ActPreview, confirm, preview
from casework.applications import fact_workbook
from casework.forms.act_values import value_of
from casework.forms.facts_as_claimed import claims, facts_as_claimed
from casework.forms.form_fields import Faults, WrongForm
from casework.lifecycle.commands import Act
from casework.lifecycle.receipts import Receipt
from casework.shared.errors import Problem, Refused
from casework.shared.text_normalization import narrow
from casework.views.case_lists import ids_of
from casework.views.decision_list import act_id
from models.store import Store
from policies.measures import Item
from policies.policy import Policy

MOST_LINES = 200  # of a workbook that a page takes: every line is looked at first
_FACTS = next(field for field in CASE_FORMS["certify"].fields if field.name == "facts")


@dataclass(frozen=True, kw_only=True)
class ListLine:
    """One line: the case and the act as they were named, the command, or why there is none."""

    case: str
    action: str
    command: Act | None = None
    refused: Problem | None = None


@dataclass(frozen=True, kw_only=True)
class LineOutcome:
    """A line with what it would do, what it did, or why it was refused."""

    line: ListLine
    came: ActPreview | Receipt | Problem


def look_at(store: Store, lines: Sequence[ListLine]) -> list[LineOutcome]:
    """What each line would do by itself; nothing is written."""
    return [LineOutcome(line=line, came=_seen(store, line)) for line in lines]


def _seen(store: Store, line: ListLine) -> ActPreview | Receipt | Problem:
    if line.command is None:
        return line.refused or _nothing()
    try:
        return preview(store, line.command)
    except Problem as no:
        return no


def carry_out(store: Store, lines: Sequence[ListLine], agreed: Mapping[UUID, str]) -> list[LineOutcome]:
    """Does every line that does what was seen (its digest by act id), one by one; any other is refused, and nothing of it written.

    A line that nobody agreed to is looked at once more.
    """
    return [LineOutcome(line=line, came=_done(store, line, agreed)) for line in lines]


def _done(store: Store, line: ListLine, agreed: Mapping[UUID, str]) -> ActPreview | Receipt | Problem:
    digest = agreed.get(line.command.act_id) if line.command is not None else None
    if line.command is None or digest is None:
        return _seen(store, line)
    try:
        return confirm(store, line.command, digest)
    except Problem as no:
        return no


def _nothing() -> Refused:
    return Refused("line", "这一行没有可办理的内容", "there is nothing to do in this line")


# a list as a workbook


def read(path: Path, by: UUID) -> tuple[UUID, list[dict[str, Any]]]:
    """A workbook's id for whoever sends it, the same as at the command line, and its lines; refused where any cell is wrong."""
    return _listed(path, by, act_list_workbook.read(path), "duixian act --list")


def read_facts(path: Path, policy: Policy, by: UUID) -> tuple[UUID, list[dict[str, Any]]]:
    """The same of a workbook of facts: each line certifies a case."""
    return _listed(path, by, fact_workbook.read(path, policy), "duixian facts certify")


def _listed(path: Path, by: UUID, rows: list[dict[str, Any]], command: str) -> tuple[UUID, list[dict[str, Any]]]:
    if len(rows) > MOST_LINES:
        zh = f"一份清单最多 {MOST_LINES} 件，现有 {len(rows)} 件；请分成几份，或用 {command}"
        raise Refused("many", zh, f"at most {MOST_LINES} lines here: split the list, or use {command}", field="file")
    return uuid5(NAMESPACE_OID, f"{act_list_workbook.digest(path)}:{by}"), rows


def lines_of(store: Store, rows: Sequence[Mapping[str, Any]], *, by: UUID, list_id: UUID) -> list[ListLine]:
    """The lines of a workbook as acts; a form's cell holds JSON. A case that `by` may not see is as if there were none."""
    given = [{name: value for name, value in row.items() if value not in (None, "", False, [])} for row in rows]
    numbers = [narrow(str(row.get("case", ""))).upper() for row in given]
    known = ids_of(store, numbers, reader=by)
    with store.read() as work:
        stated = claims(work, [known[number] for number in numbers if number in known])
    lines = []
    for place, (number, row) in enumerate(zip(numbers, given, strict=True)):
        options = {name: value for name, value in row.items() if name not in ("case", "action")}
        case = known.get(number)
        if options.pop("as_claimed", False) and case in stated:
            options = _as_claimed(stated[case], options)
        lines.append(_line(number, str(row.get("action", "")), case, options, by, act_id(list_id, place)))
    return lines


def _as_claimed(claim: tuple[Item, Mapping[str, Any]], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with what was claimed as facts, changed by the cell of the facts; one that cannot be read stays as it is, for
    the act's own form to refuse."""
    faults: Faults = []
    own = value_of(_FACTS, options["facts"], _FACTS.name, faults) if "facts" in options else {}
    return dict(options) if faults else {**options, "facts": {**facts_as_claimed(*claim), **own}}


def _line(number: str, word: str, case: UUID | None, options: Mapping[str, Any], by: UUID, made: UUID) -> ListLine:
    form = act_named(word)
    if form is None:
        no = Refused("action", f"没有动作“{word[:40]}”", f"there is no act {word[:40]}", field="action")
        return ListLine(case=number, action=word, refused=no)
    if case is None:
        no = Refused("unknown_case", f"没有案件“{number[:60]}”", f"there is no case {number[:60]}", field="case")
        return ListLine(case=number, action=form.word, refused=no)
    try:
        command = parse(form.word, options, by=by, case=case, act_id=made, complete=False)
    except WrongForm as wrong:
        return ListLine(case=number, action=form.word, refused=wrong)
    return ListLine(case=number, action=form.word, command=command)
