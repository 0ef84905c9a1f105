"""How the season's applications come in: most by workbook through the import that users have, some by the applicant."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from casework.applications import application_import
from casework.applications.application_workbook import ACCOUNT, CODE, EVIDENCE, NAME, NO, write_applications
from casework.applications.case_opening import NewCase, open_case
from casework.applications.evidence_vault import Paper, examine
from casework.command_handler import act, act_list
from casework.lifecycle import commands as r
from demo import fictional_papers
from demo.plans import CasePlan
from demo.staff import POLICY
from demo.stage import Season
from demo.twists import Twist
from models import Duty, PartyKind

T = Twist


def by_workbook(season: Season, round_: int) -> None:
    """The round's applications: filled in, read, opened and filed on behalf by the service hall's clerk."""
    plans = [row for row in season.plans if row.round == round_ and not row.by_applicant]
    if not plans:
        return
    folder = season.folders.input
    path = folder / f"applications-{round_}.xlsx"
    by_item: dict[str, list[CasePlan]] = {}
    for plan in plans:
        by_item.setdefault(plan.item, []).append(plan)
    write_applications(
        POLICY, path, {item: list(_rows(season, listed)) for item, listed in by_item.items()}, today=season.today
    )
    by = season.who(Duty.CLERK)
    done = application_import.bring_in(
        season.store,
        by,
        path,
        policy=POLICY,
        act_list=act_list,
        vault=season.vault,
        folder=folder / fictional_papers.FOLDER,
    )
    if done.refused:
        raise AssertionError(f"{done.refused[0][0].number} was refused: {done.refused[0][1].zh}")
    for plan, opened in zip((plan for listed in by_item.values() for plan in listed), done.cases, strict=True):
        season.opened(plan, opened.case, opened.number)
    season.acts += len(done.filed)
    season.tell("申报", f"从 {path.name} 导入 {done.new} 件申报，材料逐件核对入库")


def open_own(season: Season, plan: CasePlan) -> str:
    """The applicant opens a draft under their own account; returns the case's number."""
    folder = season.folders.input / fictional_papers.FOLDER
    found: dict[str, Sequence[Paper]] = {
        slot.id: [examine(fictional_papers.write(folder, plan.key, slot.id, slot.title.zh))]
        for slot in POLICY.item(plan.item).evidence
        if slot.required and slot.upload
    }
    new = NewCase(
        act_id=season.act_id(),
        policy=POLICY.code,
        item=plan.item,
        party=season.parties[plan.firm],
        claim=plan.claim,
        papers=found,
    )
    opened = open_case(season.store, season.applicant(plan), new, vault=season.vault)
    season.opened(plan, opened.case, opened.number)
    return opened.number


def file_own(season: Season, plan: CasePlan) -> None:
    """The applicant files the draft."""
    act(season.store, r.File(case=season.cases[plan.key], by=season.applicant(plan), act_id=season.act_id()))
    season.acts += 1


def file_round(season: Season, round_: int) -> None:
    """What comes in on a round's day: its workbook, and what applicants do under their own accounts."""
    by_workbook(season, round_)
    for plan in (row for row in season.plans if row.round == round_ and row.by_applicant):
        if plan.key not in season.cases:
            open_own(season, plan)
        if plan.twist is T.EARLY:
            file_own(season, plan)


def early(season: Season) -> None:
    """Before the window: the single filing and the whole workbook are refused."""
    refuse_early_workbook(season)
    for plan in (row for row in season.plans if row.twist is T.EARLY):
        number = open_own(season, plan)
        with season.refusal(T.EARLY, "窗口开启前提交申报", case=number):
            file_own(season, plan)


def last_second(season: Season) -> None:
    """At 23:59:59 of the last day."""
    for case, plan in season.twisted(T.LAST_SECOND):
        file_own(season, plan)
        season.tell(T.LAST_SECOND, "窗口最后一秒提交，接收登记", case=case.number)


def one_second_late(season: Season) -> None:
    """At 24:00:00, which is 00:00:00 of the day after."""
    for case, plan in season.twisted(T.ONE_SECOND_LATE):
        with season.refusal(T.ONE_SECOND_LATE, "晚一秒提交申报", case=case.number):
            file_own(season, plan)
    for case, _ in season.twisted(T.NEVER_FILED):
        season.tell(T.NEVER_FILED, "草稿始终未提交，随窗口结束终止", case=case.number)


def _rows(season: Season, plans: Iterable[CasePlan]) -> Iterable[dict[str, Any]]:
    """The lines of an item's sheet: one a case, further ones for further cost lines."""
    for number, plan in enumerate(plans, 1):
        firm = season.firms[plan.firm]
        own: dict[str, Any] = {NO: str(number), CODE: firm.code, NAME: firm.name}
        if POLICY.item(plan.item).pays and firm.kind is not PartyKind.UNIT:
            own[ACCOUNT] = firm.account
        further = _spread(own, plan.claim)
        own |= _papers(season, plan)
        yield own
        yield from further


def _spread(own: dict[str, Any], claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Puts a claim's fields into the columns of a row; lists of forms go on in rows of their own."""
    further: list[dict[str, Any]] = []
    for name, value in claim.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines = [{f"{name}.{key}": _cell(cell) for key, cell in line.items()} for line in value]
            own |= lines[0]
            further += [{NO: own[NO], **line} for line in lines[1:]]
        elif value not in ([], ()):
            own[name] = _cell(value)
    return further


def _cell(value: Any) -> Any:
    return "；".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _papers(season: Season, plan: CasePlan) -> dict[str, str]:
    """The names of the papers in the folder; what is left out comes with the correction."""
    folder = season.folders.input / fictional_papers.FOLDER
    named = {}
    for slot in POLICY.item(plan.item).evidence:
        if slot.required and slot.upload and slot.id != plan.leaves_out:
            fictional_papers.write(folder, plan.key, slot.id, slot.title.zh)
            named[EVIDENCE + slot.id] = fictional_papers.name_of(plan.key, slot.id)
    return named


def refuse_early_workbook(season: Season) -> None:
    """A workbook before the window opens: nothing of it is taken."""
    folder = season.folders.input
    path = folder / "applications-early.xlsx"
    plan = next(row for row in season.plans if not row.by_applicant and not POLICY.item(row.item).event_dates)
    write_applications(POLICY, path, {plan.item: list(_rows(season, [plan]))}, today=season.today)
    papers_folder, by = folder / fictional_papers.FOLDER, season.who(Duty.CLERK)
    with season.refusal(T.EARLY, "窗口开启前导入申报表"):
        application_import.bring_in(
            season.store, by, path, policy=POLICY, act_list=act_list, vault=season.vault, folder=papers_folder
        )
