"""docs/access.md, asked of the product: who may do each act, by duty and by relation to the case, and who sees a case at all.

Every situation of a case is reached by real acts; then the guards that every act passes are asked, person by person. Nothing here
says what the answer should be. `PYTHONPATH=.:tests .venv/bin/python -m support.access_table > docs/access.md` writes the page anew.
"""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from casework.lifecycle.authorization import PriorDuty, admitted
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.read_access import refuse_case
from casework.lifecycle.transitions import rows
from casework.shared.errors import Refused
from casework.shared.reference import Reference, person, reference
from models import Duty, State
from models.people import ONLOOKERS, SEPARATED
from models.store import Store
from models.unit_of_work import UnitOfWork
from support.access_cast import (
    AT_WORK,
    OTHER_FIRM,
    ROLES,
    behind,
    deputy,
    furnished,
    home,
    member,
    nobody,
    onlooker,
    role,
)  # fmt: skip
from support.postgres import Server
from support.situations import SITUATIONS, Situation
from support.stage import UNITS, applicant, officer
from support.stores import Databases
from support.walk import Walk, firm_of

YES = ""


@dataclass
class Answers:
    """What was answered about one act by one duty, relation by relation: "" is yes, anything else the code of the refusal."""

    units: set[str] = field(default_factory=set)
    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    besides: set[Duty] = field(default_factory=set)  # other duties on the case that do not bar this one


@dataclass
class AccessTable:
    """All answers, and how many there were."""

    acts: dict[tuple[Action, Duty], Answers] = field(default_factory=lambda: defaultdict(Answers))
    sees: dict[tuple[str, str], set[bool]] = field(default_factory=lambda: defaultdict(set))
    asked: int = 0


@dataclass(frozen=True)
class AskedCase:
    """One case in one transaction, to ask about."""

    store: Store
    work: UnitOfWork
    facts: Reference
    procedure: Procedure
    case: CaseView
    table: AccessTable

    def answer(self, by: UUID, action: Action, held: Sequence[PriorDuty] = ()) -> str:
        """Yes, or the code of the refusal; `held`: the parts that people already had in the case."""
        self.table.asked += 1
        try:
            admitted(self.work, self.facts, self.procedure, self.case, person(self.work, self.facts, by), action, held)
        except Refused as no:
            return no.code
        return YES

    def sees(self, by: UUID) -> bool:
        """Whether the case is there for them."""
        self.table.asked += 1
        try:
            refuse_case(self.store, self.work, self.case, by)
        except Refused:
            return False
        return True


def asked_of(stage_file: Path, template: Path, situation: Situation, table: AccessTable) -> None:
    """Asks everything about one case in one situation."""
    stage = furnished(stage_file, template)
    case = situation.reach(Walk(stage))
    with stage.store.read() as work:
        facts = reference(stage.store, work)
        desk = AskedCase(stage.store, work, facts, procedure_of(facts, case, work.today), case, table)
        for action in Action:
            if not rows(action, State(case.state)):
                continue
            for duty in AT_WORK:
                _ask_duty(desk, action, duty)
            _ask_applicants(desk, action)
        _ask_sight(desk)
    stage.store.close()


def _ask_duty(desk: AskedCase, action: Action, duty: Duty) -> None:
    units = {unit: desk.answer(home(duty, unit), action) for unit in UNITS}
    entitled = [unit for unit, said in units.items() if said == YES]
    if not entitled:
        return
    found = desk.table.acts[action, duty]
    found.units |= {role(desk.procedure, desk.case.town, unit) for unit in entitled}
    found.codes["foreign"] |= {said for said in units.values() if said != YES} or {YES}
    found.codes["deputy"].add(desk.answer(deputy(duty), action))
    found.codes["member"].add(desk.answer(member(duty), action))
    found.codes["onlooker"].add(desk.answer(onlooker(duty), action))
    for other in set(AT_WORK) - {duty}:
        mine = desk.answer(home(duty, entitled[0]), action, [PriorDuty(other, f"{duty}@{entitled[0]}", None)])
        lent = desk.answer(deputy(duty), action, [PriorDuty(other, behind(duty), None)])
        if (mine, lent) == (YES, YES):
            found.besides.add(other)
        found.codes["before"] |= {mine, lent} - {YES}


def _ask_applicants(desk: AskedCase, action: Action) -> None:
    if desk.answer(applicant(firm_of(desk.case), 1), action) != YES:
        return
    found = desk.table.acts[action, Duty.APPLICANT]
    found.units.add("own")
    found.codes["foreign"] |= {desk.answer(applicant(OTHER_FIRM), action), desk.answer(nobody(), action)}


def _ask_sight(desk: AskedCase) -> None:
    for duty in AT_WORK:
        for unit in UNITS:
            desk.table.sees[duty, role(desk.procedure, desk.case.town, unit)].add(desk.sees(home(duty, unit)))
    for duty in ONLOOKERS:
        for kind in ROLES:
            desk.table.sees[duty, kind].add(desk.sees(officer(duty)))
    desk.table.sees["own", ""].add(desk.sees(applicant(firm_of(desk.case), 1)))
    desk.table.sees["foreign", ""] |= {desk.sees(applicant(OTHER_FIRM)), desk.sees(nobody())}


def asked(folder: Path, situations: Iterable[Situation] = SITUATIONS) -> AccessTable:
    """The whole table; the stores lie in a folder and go with it."""
    databases, table = Databases(folder, Server), AccessTable()
    for situation in situations:
        file = Path(databases.fresh("sqlite", folder, demo=True).removeprefix("sqlite:///"))
        asked_of(file, folder / "furnished.sqlite", situation, table)
    return table


# the page

_HEAD = """# Who may do what

Generated: `PYTHONPATH=.:tests .venv/bin/python -m support.access_table > docs/access.md` writes this page anew, and
`tests/proof/test_access_page.py` compares it with the product. For each of {situations} situations a case is brought there by
real acts, and the guards that every act passes (`casework/lifecycle/authorization.py`, `casework/lifecycle/read_access.py`) are
asked {asked} times: every act, by somebody of each duty in each unit, who stands in, who belongs to the applicant, who audits as
well, who had another part in the case. That the portal refuses what this page says no to, page by page and by API, shows
`tests/portal/test_access_by_pages.py`.
"""
_ACTS = """
## Acts

A row is an act and a duty by which somebody may do it in some situation; by a duty without a row nobody may, in no situation
and no unit. The other columns say what the same guards answer in those situations to others who hold the same duty. A `word` is
the code of the refusal.

- **unit**: where the duty has to be held: `lead` (the unit that has the item in hand), `joint` (asked for its opinion),
  `treasury` (pays), `town` (of the applicant), any unit at all. `own`: the applicant's people, without any duty.
- **elsewhere**: held in another unit only; for applicants, people of another firm and accounts without anything.
- **deputy**: holds nothing and stands in for a holder. **member**: holds the duty, and belongs to the applicant under another
  account. **auditor**: holds the duty, and audits under another account.
- **had a part**: already acted on the case in another duty, or stands in for somebody who did. `any`: no duty bars this one; else
  those of the separated duties that do not, or the refusal where all do.

| act | duty | unit | elsewhere | deputy | member | auditor | had a part |
|---|---|---|---|---|---|---|---|
"""
_SIGHT = """
## Seeing a case

Whether the case is there for somebody who holds the duty in that unit alone: always, never, or in some situations (clerks while
the applicant's turn lasts or where they filed it). Whoever does not see a case is answered 404 under every address of it, and so
does no act on it through the portal, whatever the table above says of any unit.

| duty | lead | joint | treasury | town | none |
|---|---|---|---|---|---|
"""
_OTHERS = """
The applicant's people see it {own}; people of another firm and accounts without anything {foreign}.

## Nobody's acts

The system alone does: {system}.
No person may, whatever they hold.
"""


def _said(codes: set[str]) -> str:
    if not codes:
        return "-"
    return ", ".join("yes" if code == YES else f"`{code}`" for code in sorted(codes))


def _before(duty: Duty, found: Answers) -> str:
    if not found.codes["before"]:
        return "any"
    beside = [other for other in AT_WORK if other in found.besides and other in SEPARATED]
    return ", ".join(beside) or _said(found.codes["before"])


def _acts(table: AccessTable) -> Iterator[str]:
    for action in Action:
        for duty in (Duty.APPLICANT, *AT_WORK):
            if (action, duty) not in table.acts:
                continue
            found = table.acts[action, duty]
            units = (
                "any" if "none" in found.units else " ".join(kind for kind in ("own", *ROLES) if kind in found.units)
            )
            cells = [_said(found.codes[kind]) for kind in ("foreign", "deputy", "member", "onlooker")]
            last = "-" if duty is Duty.APPLICANT else _before(duty, found)
            yield f"| `{action}` {action.zh} | {duty} | {' | '.join((units, *cells, last))} |"


def _seen(answers: set[bool]) -> str:
    return "-" if not answers else {(True,): "yes", (False,): "no"}.get(tuple(answers), "in some")


def page(table: AccessTable) -> str:
    """The page as it is stored."""
    told = {kind: {"yes": "always", "no": "never"}[_seen(table.sees[kind, ""])] for kind in ("own", "foreign")}
    system = [
        f"`{action}` {action.zh}" for action in Action if action is not Action.OPEN and not _persons(table, action)
    ]
    sight = [
        f"| {duty} | {' | '.join(_seen(table.sees[duty, kind]) for kind in ROLES)} |"
        for duty in (*AT_WORK, *sorted(ONLOOKERS))
    ]
    head = _HEAD.format(situations=len(SITUATIONS), asked=f"{table.asked:,}")
    return head + _ACTS + "\n".join(_acts(table)) + "\n" + _SIGHT + "\n".join(sight) + "\n" + _OTHERS.format(
        **told, system=", ".join(system)
    )  # fmt: skip


def _persons(table: AccessTable, action: Action) -> bool:
    return any(named == action for named, _ in table.acts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(page(asked(Path(place))))
