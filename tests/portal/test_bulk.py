"""Several cases with one form, and lists of acts as workbooks: seen row by row first, done or refused row by row, once."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework import act_list_workbook
from casework.command_handler import act
from casework.lifecycle import commands
from casework.shared.reference import touch
from models import Decision, Duty, Grant, Person, Snapshot, State
from support.portal import Portal, Shown, Visitor
from support.stage import BEFORE, FINANCE, Stage, claim, named, officer
from support.walk import Walk

NUMBERS = tuple(f"XZ2023-M16-00000{number}" for number in (1, 2, 3))
ACCEPTOR = officer(Duty.ACCEPTOR, 1)


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """Three cases that wait for their acceptance."""
    walk = Walk(stage)
    for number in (1, 2, 3):
        walk.to(walk.open("M16", number, number), State.FILED, Duty.ACCEPTOR)
    return walk


def acts(walk: Walk) -> list[tuple[UUID, str]]:
    """What people did after the filings."""
    query = select(col(Decision.case_id), col(Decision.action)).where(col(Decision.action).not_in(["open", "file"]))
    with walk.stage.store.read() as work:
        rows = work.execute(query.where(col(Decision.person_id).is_not(None)).order_by(col(Decision.id)))
        return [(row.case_id, row.action) for row in rows]


def form(visitor: Visitor, action: str, numbers: tuple[str, ...] = NUMBERS) -> Shown:
    return visitor.get("/desk/bulk?" + urlencode([*(("case", number) for number in numbers), ("act", action)]))


def test_chosen_cases_are_seen_lineby_linethen_done_once_each(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(ACCEPTOR)
    inbox = visitor.get("/desk")
    assert sorted(inbox.tree.xpath("//input[@name='case']/@value")) == list(NUMBERS)
    start = visitor.get("/desk/bulk?" + urlencode([("case", number) for number in NUMBERS]))
    assert "受理" in start.words() and "您可办 3 件，共 3 件" in start.words()
    assert "certify" not in start.tree.xpath("//input[@name='act']/@value")
    page = form(visitor, "accept")
    effects = visitor.submit(page, action="/desk/bulk", case=[NUMBERS[0], NUMBERS[2]])
    assert effects.status == 200 and "尚未办理" in effects.words() and acts(walk) == []
    assert NUMBERS[0] in effects.words() and NUMBERS[1] not in effects.words()
    assert "确认办理 2 件" in effects.words() and "初审" in effects.words()
    for _ in range(2):  # a second press changes nothing
        done = visitor.submit(effects, action="/desk/bulk")
        assert "已办理 2 件，共 2 件" in done.words()
    assert sorted(acts(walk)) == sorted([(named("case-1"), "accept"), (named("case-3"), "accept")])
    (printed,) = [link for link in done.links() if link.startswith("/desk/lists/")]
    page = visitor.get(printed)
    assert NUMBERS[0] in page.words() and NUMBERS[2] in page.words() and NUMBERS[1] not in page.words()
    assert portal.as_(officer(Duty.AUDITOR)).get(printed).status == 200
    assert visitor.get("/desk/lists/018a0000-0000-7000-8000-00000000a001").status == 404


def test_a_linethat_cannot_be_done_is_refused_and_the_others_go_on(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(ACCEPTOR)
    effects = visitor.submit(form(visitor, "accept"), action="/desk/bulk")
    accept = commands.Accept(case=named("case-2"), by=officer(Duty.ACCEPTOR, 2), act_id=named("x"))
    act(walk.stage.store, accept)
    done = visitor.submit(effects, action="/desk/bulk")
    assert "已办理 2 件，共 3 件" in done.words()
    (row,) = [line for line in done.tree.xpath("//tbody/tr") if NUMBERS[1] in " ".join(line.itertext())]
    assert "不能办理" in " ".join(row.itertext())
    assert len(acts(walk)) == 3


def test_one_form_is_asked_once_and_its_faults_keep_what_was_typed(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(ACCEPTOR)
    page = form(visitor, "return")
    wrong = visitor.submit(page, action="/desk/bulk", reason="算例：缺合同", case=[NUMBERS[1]])
    assert wrong.status == 422 and "必填" in wrong.words()
    assert wrong.tree.xpath("//textarea[@name='reason']")[0].text == "算例：缺合同"
    assert wrong.tree.xpath("//input[@name='case'][@checked]/@value") == [NUMBERS[1]]
    none = visitor.submit(page, action="/desk/bulk", missing="合同", case=[])
    assert none.status == 422 and "请至少勾选一件" in none.words()
    effects = visitor.submit(wrong, action="/desk/bulk", missing="租赁合同")
    assert "一次性补正告知书" in effects.words()
    back = visitor.submit(effects, action="/desk/bulk", press=("_back", "1"))
    assert back.tree.xpath("//textarea[@name='missing']")[0].text == "租赁合同" and acts(walk) == []


def test_what_is_not_mine_is_shown_with_its_reason_and_never_done(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(officer(Duty.SCREENER))
    page = form(visitor, "accept", (NUMBERS[0], "XZ2023-M16-999999"))
    assert not page.tree.xpath("//tbody//input[@type='checkbox']") and "没有这件案件" in page.words()
    address = page.form(action="/desk/bulk").get("action")
    token = page.form(action="/desk/bulk").fields["_token"]
    sent = {"_token": token, "list_id": str(named("list")), "case": [NUMBERS[0], "XZ2023-M16-999999"]}
    effects = visitor.post(address, sent)
    refused = effects.tree.xpath("//tbody//strong[contains(@class,'red')]")
    assert len(refused) == 2 and "确认办理" not in effects.words() and acts(walk) == []


def test_deciding_in_bulk_takes_no_amount_and_asks_for_the_second_factor_first(portal: Portal, walk: Walk) -> None:
    for number in (1, 2):
        walk.to(named(f"case-{number}"), State.COMPUTED, Duty.DECIDER)
    visitor = portal.as_(officer(Duty.DECIDER, 1))
    page = form(visitor, "decide", NUMBERS[:2])
    assert "amount" not in page.form(action="/desk/bulk").fields and "minutes" in page.form(action="/desk/bulk").fields
    effects = visitor.submit(page, action="/desk/bulk", minutes="算例纪要 7 号")
    assert effects.words().count("30,000.00") >= 2
    done = visitor.submit(effects, action="/desk/bulk")
    assert "已办理 2 件" in done.words()
    (printed,) = [link for link in done.links() if link.startswith("/desk/lists/")]
    assert "算例纪要 7 号" in visitor.get(printed).words() and "60,000.00" in visitor.get(printed).words()


def test_more_cases_than_one_page_takes_are_named_so_and_none_of_the_first_is_lost(portal: Portal, walk: Walk) -> None:
    numbers = [*NUMBERS, *(f"XZ2023-M16-{number:06}" for number in range(4, 63))]
    page = portal.as_(ACCEPTOR).get("/desk/bulk?" + urlencode([("case", number) for number in numbers]))
    assert page.status == 200 and "另有 12 件" in page.words()
    assert len(page.tree.xpath("//input[@name='case']")) == 50
    assert portal.as_(ACCEPTOR).get("/desk/bulk?case=" + "X" * 61).status == 404


# a list as a workbook


def csv(*lines: str) -> dict[str, Any]:
    return {"file": ("x.csv", "\n".join(("案件,动作,理由", *lines)).encode(), "text/csv")}


def test_a_list_is_uploaded_seen_and_carried_out_once(portal: Portal, walk: Walk, tmp_path: Path) -> None:
    visitor = portal.as_(ACCEPTOR)
    sent = csv(f"{NUMBERS[0]},受理,", f"{NUMBERS[1]},accept,", f"{NUMBERS[2]},dance,", "XZ2023-M16-999999,受理,")
    effects = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=sent)
    assert effects.status == 200 and acts(walk) == []
    assert "没有动作“dance”" in effects.words() and "没有案件" in effects.words()
    done = visitor.submit(effects, action="/desk/lists")
    assert "已办理 2 件，共 4 件" in done.words() and len(acts(walk)) == 2
    again = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=sent)
    assert again.words().count("此前已办理") == 2 and len(acts(walk)) == 2
    template = visitor.client.get("/desk/lists/template.xlsx")
    path = tmp_path / "list.xlsx"
    path.write_bytes(template.content)
    titles = load_workbook(path)[act_list_workbook.SHEET][1]
    hints = {cell.comment.text for cell in titles if cell.comment}
    assert {"JSON；用命令办理时也可写 @文件名", "指标[@对象[@期间]]=数值"} <= hints
    assert template.headers["content-disposition"].endswith('"acts.xlsx"')
    with pytest.raises(Exception, match="没有一行"):
        act_list_workbook.read(path)


def test_faults_of_a_list_are_shown_with_lineand_column_and_nothing_is_done(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(ACCEPTOR)
    wrong = {"file": ("x.csv", f"案件,动作,已实地核查\n{NUMBERS[0]},受理,也许\n".encode(), "text/csv")}
    page = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=wrong)
    assert page.status == 422 and acts(walk) == []
    cells = [" ".join(cell.itertext()) for cell in page.tree.xpath("//tbody/tr/td")]
    assert "2" in cells and any("是 或 否" in cell or "是或否" in cell for cell in cells)
    bare = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists")
    assert bare.status == 422 and "请先选择文件" in bare.words()


def listed(**facts: Any) -> dict[str, Any]:
    """A list that certifies a case as claimed, with facts of the unit's own."""
    cell = json.dumps(facts, ensure_ascii=False).replace('"', '""')
    lines = f'案件,动作,按申报内容认定,认定事实\n{NUMBERS[0]},认定,是,"{cell}"\n'
    return {"file": ("x.csv", lines.encode(), "text/csv")}


def test_a_list_certifies_as_claimed_with_what_the_unit_changed(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.SCREENED)
    visitor = portal.as_(officer(Duty.CERTIFIER))
    (line,) = claim("M16", 1)["cost_lines"]
    lower = {**line, "recognised": "40000.00", "reason": "算例：部分不予认可"}
    sent = listed(first_store=True, cost_lines=[lower])
    effects = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=sent)
    assert "确认办理 1 件" in effects.words(), effects.words()
    assert "已办理 1 件，共 1 件" in visitor.submit(effects, action="/desk/lists").words()
    with walk.stage.store.read() as work:
        query = select(col(Snapshot.content)).where(col(Snapshot.kind) == "facts")
        certified = json.loads(work.execute(query).scalar_one())
    assert certified["first_store"] is True and certified["brand"] == claim("M16", 1)["brand"]
    assert [(row["claimed"], row["recognised"]) for row in certified["cost_lines"]] == [("100000.00", "40000.00")]


@pytest.mark.parametrize("cell", ["@facts.json", "first_store=是", "[1]", "{"])
def test_facts_in_a_list_that_cannot_be_read_are_a_fault_of_their_line(portal: Portal, walk: Walk, cell: str) -> None:
    walk.to(named("case-1"), State.SCREENED)
    visitor = portal.as_(officer(Duty.CERTIFIER))
    sent = {"file": ("x.csv", f"案件,动作,按申报内容认定,认定事实\n{NUMBERS[0]},认定,是,{cell}\n".encode(), "text/csv")}
    page = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=sent)
    assert "应为 JSON 对象" in page.words() and "确认办理" not in page.words()


def test_a_list_tells_nobody_of_cases_that_are_not_theirs_to_see(portal: Portal, walk: Walk) -> None:
    with walk.stage.store.write() as work:
        work.add(Person, id=named("elsewhere"), login="elsewhere", name="算例旁人", natural_key="elsewhere")
        work.add(Grant, person_id=named("elsewhere"), duty=Duty.ACCEPTOR, unit=FINANCE, valid_from=BEFORE)
        touch(work)
    visitor = portal.as_(named("elsewhere"))
    unknown = "XZ2023-M16-999999"
    sent = csv(f"{NUMBERS[0]},受理,", f"{unknown},受理,", f"{NUMBERS[0]},退回补正,算例")
    page = visitor.submit(visitor.get("/desk/lists"), action="/desk/lists", files=sent)
    rows = [" ".join(" ".join(row.itertext()).split()[2:]) for row in page.tree.xpath("//tbody/tr")]
    assert len(rows) == 3 and all("没有案件" in row for row in rows), rows
    assert rows[0].replace(NUMBERS[0], unknown) == rows[1] and "初审" not in page.words() and "由" not in rows[0]
