"""What the text leaves open and nobody has set is said where an amount is promised, and where a case waits for it."""

from pathlib import Path

from casework.awards import computation
from casework.shared.reference import touch
from models import Duty, State
from models.store import Store
from support.portal import Portal
from support.stage import Stage, applicant, officer
from support.walk import Walk

SAID = "设定前不能核算，也不能兑付"


def test_an_item_says_at_its_head_what_is_not_set_and_may_be_applied_for_all_the_same(
    portal: Portal, stage: Stage
) -> None:
    visitor = portal.visitor()
    set_already = visitor.get("/items/XZ2023/M16").words()
    assert SAID not in set_already and "口径未定" not in set_already
    with stage.store.write() as work:
        stage.end(work, "P16-rate")
        touch(work)
    page = visitor.get("/items/XZ2023/M16")
    assert page.words().index(SAID) < page.words().index("支持标准") < page.words().index("申报此事项")
    assert "品牌首店的补助比例 (P16-rate)" in page.words() and "口径未定，设定前不能兑付" in page.words()
    assert "/apply/new?policy=XZ2023&item=M16" in page.links()
    assert "nothing is computed or paid" in visitor.get("/items/XZ2023/M16?lang=en").words()


def test_lists_of_items_mark_those_whose_parameters_are_not_set(portal: Portal) -> None:
    rows = {
        row.xpath("./td")[0].text_content().strip(): row.text_content()
        for row in portal.visitor().get("/").tree.xpath("//tr[td]")
    }
    assert "口径未定" in rows["M7"] and "口径未定" not in rows["M16"] and "口径未定" not in rows["M4a"]


def test_who_begins_to_apply_reads_it_first(portal: Portal) -> None:
    firm = portal.as_(applicant(0))
    start = firm.get("/apply/new?policy=XZ2023&item=M7")
    assert SAID in start.words() and "P7-shape" in start.words() and start.form(action="/apply/new") is not None
    assert SAID not in firm.get("/apply/new?policy=XZ2023&item=M16").words()
    assert "P7-shape" in firm.get("/my/match").words()


def test_a_case_that_waits_for_a_parameter_tells_its_applicant_which_and_whose_turn_it_is(
    portal: Portal, stage: Stage
) -> None:
    walk = Walk(stage)
    case = walk.to(walk.open("M16", 1), State.CERTIFIED)
    firm, address = portal.as_(applicant(0)), f"/my/cases/{case.number}"
    assert "口径未定" not in firm.get(address).words()
    with stage.store.write() as work:
        stage.end(work, "P16-rate")
        touch(work)
    computation.compute(stage.store, cases=[case.id])
    assert stage.case(case.id).next_duty == Duty.PARAMETER_AUTHOR
    said = firm.get(address).words()
    assert "品牌首店的补助比例 (P16-rate)" in said and "轮到区经商局" in said and "不在您" in said
    assert "等待口径确定" in said and "核算中" not in said and "等待口径确定" in firm.get("/my").words()
    assert "P16-rate" in firm.get(address + "?lang=en").words()
    assert "待口径确定" in portal.as_(officer(Duty.DECIDER)).get(f"/desk/cases/{case.number}").words()


def test_a_case_that_waits_for_money_says_so_too(store: Store, tmp_path: Path) -> None:
    walk = Walk(Stage(store).furnish(budget=1))
    case = walk.to(walk.open("M16", 1), State.CERTIFIED)
    computation.compute(store, cases=[case.id])
    assert walk.stage.case(case.id).next_duty == Duty.FUND_OFFICER
    said = Portal(store, tmp_path).as_(applicant(0)).get(f"/my/cases/{case.number}").words()
    assert "等待资金安排" in said and "专项资金暂不足" in said and "口径未定" not in said
