"""The second signature: who has to give it once the first is given, and the command that does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.cases import CaseView, view
from casework.errors import Refused
from casework.guards import Part, one_side, parts, principal_key, separate, standing
from casework.handlers.waive import condition_of
from casework.procedure import Procedure, procedure_of
from casework.reference import PersonView, Reference
from casework.transitions import Action
from casework.words import action_zh, duty_zh
from models import Case, Decision, Duty
from models.work import Work

REQUESTED = "requested"  # the outcome of a first signature


@dataclass(frozen=True, kw_only=True)
class Confirms:
    """A first signature that waits for the reader's: the act, what was asked for and why, by whom, and the command."""

    action: str
    zh: str
    en: str
    reason: str
    asked_by: str
    command: str


def command(number: str, action: str, content: Mapping[str, Any]) -> str:
    """What the second person types; words in capitals are theirs to fill in."""
    more = {
        Action.WAIVE: f" --check {content.get('check', '')}",
        Action.REBIND: f" --rule-version {content.get('rule_version', '')} --reason REASON",
    }
    return f"duixian act {number} {action}{more.get(Action(action), ' --reason REASON')}"


def wanted(way: Procedure, case: CaseView, action: Action, content: Mapping[str, Any]) -> tuple[str, str]:
    """Who confirms: the unit and the duty."""
    second = Duty.HEAD
    if action is Action.WAIVE:
        second = Duty(condition_of(way.item, str(content.get("check", "")))[1].second)
    return way.unit_of(second, case.town) or "", second


def awaits(way: Procedure, case: CaseView, action: Action, content: Mapping[str, Any]) -> tuple[str, str]:
    """What the first person is answered, in two languages."""
    unit, duty = wanted(way, case, action, content)
    line = f"{command(case.number, action, content)} --as …"
    zh = f"已提出“{action_zh(action)}”，尚未生效：须由{unit}{duty_zh(Duty(duty))}中的另一人确认：{line}"
    return zh, f"{action} is asked for and not in force: another {duty} of {unit} confirms it: {line}"


def waiting(
    work: Work, facts: Reference, who: PersonView, units: Sequence[str], names: Mapping[UUID, str]
) -> Iterator[tuple[CaseView, Confirms]]:
    """The first signatures of these units' heads' cases that this person may confirm."""
    if not units:
        return
    said = (col(Decision.action), col(Decision.content), col(Decision.reason), col(Decision.person_id))
    asked = {
        row.case_id: row
        for row in work.execute(
            select(col(Decision.case_id), col(Decision.natural_key), col(Decision.on_behalf_of), *said)
            .join(Case, (col(Case.id) == col(Decision.case_id)) & (col(Case.version) == col(Decision.version)))
            .where(col(Decision.outcome) == REQUESTED)
        )
    }
    held = parts(work, list(asked))
    for row in work.execute(view().where(col(Case.id).in_(asked))).all() if asked else ():
        case = CaseView._make(row)
        try:
            yield case, _confirms(work, facts, who, case, asked[case.id], names, held[case.id])
        except Refused:
            continue


def _confirms(
    work: Work, facts: Reference, who: PersonView, case: CaseView, asked: Any, names: Mapping[UUID, str],
    held: Sequence[Part],
) -> Confirms:  # fmt: skip
    """Refused where the second signature is not this person's."""
    way, action, content = procedure_of(facts, case, work.today), Action(asked.action), loads(asked.content)
    _, duty = wanted(way, case, action, content)
    stands = standing(work, facts, way, case, who, action, frozenset({Duty(duty)}))
    key = principal_key(facts, who, stands.duty, stands.principal) if stands.principal else who.natural_key
    separate(case, who, stands.duty, held, key, stands.principal)
    if one_side(work, facts, asked, who, stands):
        raise Refused("second_person", "", "")
    title = condition_of(way.item, str(content["check"]))[0].title if action is Action.WAIVE else None
    zh, en = (f"：{title.zh}", f": {title.en}") if title else ("", "")
    return Confirms(
        action=action,
        zh=f"{action_zh(action)}{zh}",
        en=f"{action}{en}",
        reason=asked.reason,
        asked_by=names.get(asked.person_id, ""),
        command=command(case.number, action, content),
    )
