"""The second signature: who has to give it once the first is given, and the command that does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.authorization import PriorDuty, admitted, one_side, parts
from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.wordings import action_zh
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference
from models import Case, Decision, Duty
from models.duty_names import duty_zh
from models.unit_of_work import UnitOfWork
from policies.conditions import Condition, Override
from policies.measures import Item

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


def condition_of(item: Item, check: str) -> tuple[Condition, Override]:
    """The condition to be overridden and who may; Refused where there is none, or nobody may."""
    known = {condition.id: condition for condition in item.conditions}
    if check not in known:
        among = "、".join(
            f"{condition.id}（{condition.title.zh}）" for condition in known.values() if condition.override
        )
        zh = f"没有核验项“{check}”；可核准例外的有：{among}" if check else f"请写明核验项；可核准例外的有：{among}"
        raise Refused("check", zh, f"no check {check!r}; one of {', '.join(known)}", field="check")
    wanted = known[check]
    if wanted.override is None:
        zh = f"“{wanted.title.zh}”不得例外；{wanted.remedy.zh}"
        raise Refused("no_override", zh, f"{wanted.title.en} knows no override: {wanted.remedy.en}", field="check")
    return wanted, wanted.override


def duties(item: Item, check: str) -> frozenset[Duty]:
    """Who may have a part in overriding this check."""
    _, may = condition_of(item, check)
    return frozenset({Duty(may.duty), Duty(may.second)})


def command(number: str, action: str, content: Mapping[str, Any]) -> str:
    """What the second person types; words in capitals are theirs to fill in."""
    more = {
        Action.WAIVE: f" --check {content.get('check', '')}",
        Action.REBIND: f" --rule-version {content.get('rule_version', '')} --reason REASON",
    }
    return f"duixian act {number} {action}{more.get(Action(action), ' --reason REASON')}"


def wanted(procedure: Procedure, case: CaseView, action: Action, content: Mapping[str, Any]) -> tuple[str, str]:
    """Who confirms: the unit and the duty."""
    second = Duty.HEAD
    if action is Action.WAIVE:
        second = Duty(condition_of(procedure.item, str(content.get("check", "")))[1].second)
    return procedure.unit_of(second, case.town) or "", second


def awaits(procedure: Procedure, case: CaseView, action: Action, content: Mapping[str, Any]) -> tuple[str, str]:
    """What the first person is answered, in two languages."""
    unit, duty = wanted(procedure, case, action, content)
    line = f"{command(case.number, action, content)} --as …"
    zh = f"已提出“{action_zh(action)}”，尚未生效：须由{unit}{duty_zh(Duty(duty))}中的另一人确认：{line}"
    return zh, f"{action} is asked for and not in force: another {duty} of {unit} confirms it: {line}"


_ASKED = (
    col(Decision.case_id), col(Decision.natural_key), col(Decision.on_behalf_of), col(Decision.action),
    col(Decision.content), col(Decision.reason), col(Decision.reason_code), col(Decision.person_id),
    col(Decision.decided_at),
)  # fmt: skip


def asked_on(work: UnitOfWork, case: CaseView) -> Any | None:
    """The decision that asks for a second signature on a case, if nothing happened since; None where none waits."""
    mine = (col(Decision.case_id) == case.id, col(Decision.version) == case.version)
    return work.execute(select(*_ASKED).where(*mine, col(Decision.outcome) == REQUESTED)).first()


def waiting(
    work: UnitOfWork, reference: Reference, who: PersonView, units: Sequence[str], names: Mapping[UUID, str]
) -> Iterator[tuple[CaseView, Confirms]]:
    """The first signatures of these units' heads' cases that this person may confirm."""
    if not units:
        return
    asked = {
        row.case_id: row
        for row in work.execute(
            select(*_ASKED)
            .join(Case, (col(Case.id) == col(Decision.case_id)) & (col(Case.version) == col(Decision.version)))
            .where(col(Decision.outcome) == REQUESTED)
        )
    }
    held = parts(work, list(asked))
    for row in work.execute(view().where(col(Case.id).in_(asked))).all() if asked else ():
        case = CaseView._make(row)
        try:
            yield case, confirms(work, reference, who, case, asked[case.id], names, held[case.id])
        except Refused:
            continue


def confirms(
    work: UnitOfWork, reference: Reference, who: PersonView, case: CaseView, asked: Any, names: Mapping[UUID, str],
    held: Sequence[PriorDuty],
) -> Confirms:  # fmt: skip
    """Refused where the second signature is not this person's."""
    procedure, action, content = procedure_of(reference, case, work.today), Action(asked.action), loads(asked.content)
    _, duty = wanted(procedure, case, action, content)
    stands = admitted(work, reference, procedure, case, who, action, held, frozenset({Duty(duty)}))
    if one_side(work, reference, asked, who, stands):
        raise Refused("second_person", "", "")
    title = condition_of(procedure.item, str(content["check"]))[0].title if action is Action.WAIVE else None
    zh, en = (f"：{title.zh}", f": {title.en}") if title else ("", "")
    return Confirms(
        action=action,
        zh=f"{action_zh(action)}{zh}",
        en=f"{action}{en}",
        reason=asked.reason,
        asked_by=names.get(asked.person_id, ""),
        command=command(case.number, action, content),
    )
