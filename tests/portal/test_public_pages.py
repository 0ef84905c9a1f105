"""What anybody may read without an account: items and their calculator, notices, the register of payments, the way of a case."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from casework.shared.reference import touch
from casework.spreadsheets.csv_writing import csv_lines
from casework.staff import contact_addresses
from casework.views.notice_pages import html as sheet_html
from casework.views.paid_register import PaidFilter, all_paid, paid
from casework.views.published_notices import published_notice
from models import Duty, State
from models.store import Store
from support.graduate import ACCOUNT, NAME, NUMBER, PHONE, Graduate, graduate
from support.office import POLICY
from support.portal import Portal, Shown, Visitor
from support.stage import LEAD, MARKET, Stage, applicant, claim, facts, named, officer
from support.walk import Walk, answer, on, order_of

S = State
PROGRAMME, CASH = "M10", "M4a"


def changes(store: Store) -> tuple[int, ...]:
    """How many rows the tables that tell of acts have."""
    with store.read() as work:
        tables = ("audit_entry", "case_file", "decision", "form_draft", "sign_in_throttle")
        return tuple(work.connection.exec_driver_sql(f"SELECT count(*) FROM {one}").scalar_one() for one in tables)


def anchors(page: Shown) -> list[str]:
    """Where the error summary leads, each to something on the page."""
    found = [one.get("href")[1:] for one in page.tree.xpath("//div[@role='alert']//a")]
    assert found and all(page.tree.xpath(f"//*[@id='{one}']") for one in found)
    return found


# items


def test_the_front_page_lists_every_item_with_its_unit_and_the_days_left(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/")
    assert page.status == 200
    assert {f"/items/XZ2023/{item.id}" for item in POLICY} <= set(page.links())
    assert {"区经商局", "剩 300 天", "按级别 200,000.00 元至 2,000,000.00 元", "最高 500,000.00 元"} <= texts(page)
    english = visitor.get("/?lang=en")
    assert "300 days left" in english.words() and "up to 500,000.00 yuan" in english.words()


def texts(page: Shown) -> set[str]:
    """The pieces of text of a page, and what stands after a comma in them."""
    pieces = [piece.strip() for text in page.tree.itertext() for piece in text.replace("，", "\n").splitlines()]
    return {one for one in pieces if one}


def test_a_word_finds_the_items_that_have_it_and_says_where_none_has(portal: Portal) -> None:
    visitor = portal.visitor()
    found = visitor.submit_get(visitor.get("/"), q="首店")
    assert [one for one in found.links() if one.startswith("/items/")] == ["/items/XZ2023/M16"]
    for words in ("首店 补助", "补助　首店", "M16 经商局"):
        page = visitor.submit_get(visitor.get("/"), q=words)
        assert [link for link in page.links() if link.startswith("/items/")] == ["/items/XZ2023/M16"], words
    assert "没有事项含有" in visitor.get("/?q=首店 无此词").words()
    assert "没有事项含有“无此词”" in visitor.get("/?q=无此词").words()
    assert "<b>" not in visitor.get("/?q=<b>").text


def test_an_item_tells_its_conditions_papers_and_deadlines_and_leads_to_the_application(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/items/xz2023/m4a")
    assert {"第 4 条", "区经商局", "认定证书、通知或公布名单（必备）", "收款账户", "不予办理"} <= {
        *texts(page), *(piece for one in texts(page) for piece in one.split("《"))
    }  # fmt: skip
    assert "/apply/new?policy=XZ2023&item=M4a" in page.links()
    work = visitor.get(f"/items/XZ2023/{PROGRAMME}")
    assert "企业不需要申报" in work.words() and not any("/apply/" in one for one in work.links())
    assert visitor.get("/items/M4a").url.endswith("/items/XZ2023/M4a")
    for unknown in ("/items/XZ2023/M99", "/items/NOWHERE/M4a", "/items/M99"):
        assert visitor.get(unknown).status == 404


def test_after_the_window_nothing_is_offered_for_filing(portal: Portal, stage: Stage) -> None:
    stage.store.set_clock(on("2024-07-02"), frozen=True)
    page = portal.visitor().get("/items/XZ2023/M4a")
    assert "现不在申报期内" in page.words() and not any("/apply/" in one for one in page.links())
    assert "申报已截止" in portal.visitor().get("/").words()


def test_the_calculator_answers_as_the_real_computation_and_keeps_nothing(portal: Portal) -> None:
    visitor = portal.visitor()
    page, before = visitor.get("/items/XZ2023/M4a"), changes(portal.store)
    said = visitor.submit(page, action="/items/", **{**facts(CASH, 1), "level": "national"})
    assert said.status == 200 and "1,500,000.00 元" in said.words() and "壹佰伍拾万元整" in said.words()
    assert "第 4 条" in said.words() and "级别“国内”定额" in said.words()
    assert changes(portal.store) == before
    kept = said.tree.xpath("//main//input[@name='product']")[0].get("value")
    assert kept == facts(CASH, 1)["product"]


def store_facts(**more: Any) -> dict[str, Any]:
    """A first store as a page sends it."""
    line = {
        "cost_lines[0].document": "发票 1",
        "cost_lines[0].claimed": "100,000.00",
        "cost_lines[0].recognised": "100000",
    }
    stated = {key: value for key, value in claim("M16", 1).items() if key != "cost_lines"}
    return {**stated, **line, "first_store": "true", **more}


def test_each_step_names_its_parameter_with_the_citation_and_what_is_missing_is_said(
    portal: Portal, stage: Stage
) -> None:
    visitor = portal.visitor()
    said = visitor.submit(visitor.get("/items/XZ2023/M16"), action="/items/", **store_facts())
    assert "30,000.00 元" in said.words()
    assert "P16-rate = 0.3，依据：算例文号（演示值）" in said.words()
    with stage.store.write() as work:
        stage.end(work, "P16-rate")
        touch(work)
    said = visitor.submit(visitor.get("/items/XZ2023/M16"), action="/items/", **store_facts())
    assert "不可兑付：缺少参数" in said.words() and "P16-rate：品牌首店的补助比例" in said.words()
    english = visitor.get("/language/en")
    said = visitor.submit(visitor.get("/items/XZ2023/M16"), action="/items/", **store_facts())
    assert english.status == 200 and "parameter P16-rate is missing" in said.words()


def test_all_faults_come_at_once_linked_to_their_fields_and_what_was_typed_stays(portal: Portal) -> None:
    visitor = portal.visitor()
    typed = store_facts(**{"venue": "galaxy", "opened_on": "31.12.2023", "cost_lines[0].recognised": "x"})
    page = visitor.submit(visitor.get("/items/XZ2023/M16"), action="/items/", **typed)
    assert page.status == 422
    assert set(anchors(page)) == {"f-venue", "f-opened_on", "f-cost_lines-0--recognised"}
    assert page.tree.xpath("//input[@name='cost_lines[0].recognised']")[0].get("value") == "x"
    more = visitor.submit(
        visitor.get("/items/XZ2023/M16"), action="/items/", press=("_more", "cost_lines"), **store_facts()
    )
    assert more.status == 200 and more.tree.xpath("//input[@name='cost_lines[1].document']")


def test_what_is_required_under_a_condition_is_not_marked_optional(portal: Portal) -> None:
    page = portal.visitor().get("/items/XZ2023/M7")
    assert "标准类别（其他标准必填）" in page.words() and "必填）（选填）" not in page.words()
    english = portal.visitor().get("/items/XZ2023/M7?lang=en").words()
    assert "kind of another standard (where it applies)" in english and "another standard (optional)" not in english


def test_what_a_missing_parameter_decides_is_said_in_words(portal: Portal) -> None:
    visitor = portal.visitor()
    line = {"cost_lines[0].document": "发票 1", "cost_lines[0].claimed": "100", "cost_lines[0].recognised": "100"}
    stated = {name: str(value) for name, value in claim("M7", 1).items() if name != "cost_lines"}
    stated |= {"completed": "true", "newly_drafted": "true", "joint_first": "1"}
    page = visitor.submit(visitor.get("/items/XZ2023/M7"), action="/items/", **stated, **line)
    said = page.tree.xpath("//*[@id='answer']")[0].text_content()
    assert "按级别、定额、按认定金额、按比例" in said and "by_level" not in said
    shown = portal.as_(officer(Duty.DECIDER)).get("/desk/parameters/XZ2023/P4a-upgrade").words()
    assert "补差（difference），不再补助（nothing）" in shown and "difference：补差" not in shown


# notices


@pytest.fixture
def published(stage: Stage) -> Walk:
    """Three cases on notice: two measures."""
    walk = Walk(stage)
    for number, item in ((1, "M4a"), (2, "M4a"), (3, "M5c")):
        walk.to(walk.open(item, number, number), S.ON_NOTICE)
    return walk


def test_a_notice_shows_its_list_with_the_days_left_and_can_be_kept(portal: Portal, published: Walk) -> None:
    visitor = portal.visitor()
    listed = visitor.get("/notices")
    assert "剩 4 天" in listed.words() and "推动开展新产品研发" in listed.words()
    number = next(one for one in listed.links() if one.startswith("/notices/XZ2023-GS-"))
    page = visitor.get(number)
    assert "算例企业" in page.words() and page.status == 200
    kept = visitor.client.get(f"{number}/sheet.html")
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert kept.text == sheet_html(published_notice(portal.store, number.rpartition("/")[2]))
    table = list(csv.reader(io.StringIO(visitor.client.get(f"{number}/list.csv").text.lstrip("\ufeff"))))
    assert len(table) - 1 == len(page.tree.xpath("//main//tbody/tr"))
    assert number in visitor.get("/").links(), "what runs stands on the front page"


def test_how_to_object_names_the_unit_and_offers_nothing_that_does_not_exist(portal: Portal, published: Walk) -> None:
    visitor = portal.visitor()
    page = visitor.get("/notices/XZ2023-GS-0003/object")
    assert MARKET in page.words() and "书面形式实名提出" in page.words() and "2023-09-08 24:00" in page.words()
    assert page.tree.xpath("//main//form") == []
    for unknown in ("/notices/XZ2023-GS-0099", "/notices/XZ2023-GS-0099/object", "/notices/x/list.csv"):
        assert visitor.get(unknown).status == 404


# what was paid


@pytest.fixture
def season(stage: Stage) -> Walk:
    """Payments of two units."""
    walk = Walk(stage)
    for number, item in ((1, "M4a"), (2, "M4a"), (3, "M5c")):
        walk.to(walk.open(item, number, number), S.CLOSED)
    return walk


def test_the_register_filters_and_its_downloads_are_the_filter_on_the_screen(portal: Portal, season: Walk) -> None:
    visitor = portal.visitor()
    everything = visitor.get("/paid")
    assert "共 3 笔，合计 500,000.00 元" in everything.words()
    one = visitor.submit_get(everything, item="XZ2023:M4a", unit=LEAD, year="2023")
    assert "共 2 笔，合计 400,000.00 元" in one.words() and "M5c" not in {
        x.text for x in one.tree.xpath("//main//td/a")
    }
    asked = next(link for link in one.links() if link.startswith("/paid.csv"))
    table = list(csv.DictReader(io.StringIO(visitor.client.get(asked).text.lstrip("\ufeff"))))
    rows = json.loads(visitor.client.get(asked.replace(".csv", ".json")).text)
    assert [row["案件编号"] for row in table] == [row["case"] for row in rows["paid"]]
    assert sorted(row["case"] for row in rows["paid"]) == ["XZ2023-M04-000001", "XZ2023-M04-000002"]
    assert {row["金额（元）"] for row in table} == {"200000.00"} and rows["filter"]["year"] == 2023
    for nothing in ("/paid?unit=区科技局", "/paid?year=2031", "/paid?item=XZ2023:M1"):
        assert "没有符合条件的款项" in visitor.get(nothing).words()
    assert visitor.get("/paid?year=abc").status == 404


def test_the_register_comes_in_pages_without_a_gap_and_without_money_that_came_back(season: Walk) -> None:
    store = season.stage.store
    first = paid(store, PaidFilter(), limit=2)
    second = paid(store, PaidFilter(), after=first.after, limit=2)
    assert (len(first.rows), len(second.rows), second.after) == (2, 1, "")
    assert [*first.rows, *second.rows] == list(all_paid(store, PaidFilter(), step=1))
    assert first.rows[0].paid_on >= second.rows[-1].paid_on and paid(store, PaidFilter(), after="unknown").rows == ()
    gone = first.rows[0].number
    returned = order_of(store, named("case-3"))
    assert returned is not None and returned.number == gone
    answer(store, returned, "returned", by=officer(Duty.RECONCILER), act_id=season.act_id())
    assert gone not in {one.number for one in paid(store, PaidFilter()).rows}


# the way of a case


def follow(visitor: Visitor, number: str, digits: str) -> Shown:
    """Through the page, as a person does."""
    return visitor.submit(visitor.get("/track"), action="/track", number=number, digits=digits)


@pytest.fixture
def followed(stage: Stage) -> Walk:
    """A firm with a telephone on record, whose case waits for the certifier."""
    walk = Walk(stage)
    contact_addresses.add(
        stage.store, officer(Duty.CLERK), f"party:{named('firm-1')}", channel="sms", address="13900005678"
    )
    walk.to(walk.open("M4a", 1, 1), S.ACCEPTED, Duty.SCREENER)
    return walk


def test_number_and_telephone_open_where_a_case_stands(portal: Portal, followed: Walk) -> None:
    page = follow(portal.visitor(), "xz2023-m04-000001 ", "5678")
    assert page.status == 200
    assert "已受理，审核中" in page.words() and "算例镇 · 初审人" in page.words() and "2023-09-11" in page.words()
    assert {"已完成", "进行中", "未开始"} <= set(page.words().split())
    assert "算例企业" not in page.words() and "5678" not in page.words() and "200,000" not in page.words()


def test_every_wrong_pair_meets_the_same_answer_and_too_many_wait(portal: Portal, followed: Walk) -> None:
    visitor = portal.visitor()
    pairs = (("XZ2023-M04-000001", "0000"), ("XZ2023-M04-000009", "5678"), ("'; --", "5678"))
    pages = [follow(visitor, *pair) for pair in pairs]
    assert {page.status for page in pages} == {422}
    assert len({page.tree.xpath("string(//div[@role='alert'])") for page in pages}) == 1
    for _ in range(4):
        follow(visitor, "XZ2023-M04-000001", "0000")
    late = follow(portal.visitor(), "XZ2023-M04-000001", "5678")
    assert late.status == 429 and "次数过多" in late.words(), "right or wrong"
    incomplete = follow(visitor, "", "12a")
    assert incomplete.status == 422 and anchors(incomplete) == ["f-number", "f-digits"]


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1"])
def test_a_stranger_closes_no_case_to_its_firm(portal: Portal, followed: Walk, address: str) -> None:
    stranger = portal.visitor(address)
    for _ in range(6):
        follow(stranger, "XZ2023-M04-000001", "0000")
    assert follow(portal.visitor("192.0.2.2"), "XZ2023-M04-000001", "5678").status == 200


def test_one_visitor_cannot_try_one_number_after_another(portal: Portal, followed: Walk) -> None:
    visitor = portal.visitor()
    token = visitor.get("/track").form().find(".//input[@name='_token']").get("value")
    answers = [
        visitor.post("/track", {"_token": token, "number": f"XZ2023-M04-{number:06d}", "digits": "1234"}).status
        for number in range(100, 131)
    ]
    assert answers == [422] * 30 + [429]


# nothing personal


@pytest.fixture
def someone(store: Store, tmp_path: Path) -> Graduate:
    """A natural person who applies, with a telephone on record."""
    return graduate(store, tmp_path)


def test_of_a_natural_person_nothing_shows_but_the_first_character(someone: Graduate, tmp_path: Path) -> None:
    case = someone.walk.stage.case(someone.case(tmp_path))
    portal = Portal(someone.store, tmp_path)
    visitor = portal.visitor()
    number = notice_number(someone.store)
    pages = ("/", "/notices", f"/notices/{number}", f"/notices/{number}/object", f"/notices/{number}/sheet.html")
    more = (f"/notices/{number}/list.csv", "/paid", "/paid.csv", "/paid.json", "/items/XZ2023/M2b")
    shown = {address: visitor.client.get(address).text for address in (*pages, *more)}
    shown["track"] = follow(visitor, case.number, PHONE[-4:]).text
    assert "已办结" in shown["track"]
    for address, text in shown.items():
        assert not [secret for secret in (NAME, NAME[1:], PHONE, ACCOUNT, ACCOUNT[-4:], NUMBER) if secret in text], (
            address
        )
    assert all("算**" in shown[one] for one in (f"/notices/{number}", "/paid", "/paid.csv", "/paid.json"))


def test_a_notice_of_support_in_kind_says_what_is_given_and_names_no_amount(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    case = walk.to(walk.open("M9", 1), S.ON_NOTICE)
    visitor = portal.visitor()
    address = f"/notices/{notice_number(portal.store)}"
    kept = [visitor.client.get(address + part).text for part in ("/sheet.html", "/list.csv")]
    for said in (visitor.get(address).words(), *kept):
        assert "要素、名单等支持，不发放资金" in said and "0.00" not in said and "合计" not in said
    assert "support in kind, no money" in visitor.get(address + "?lang=en").words()
    officers = portal.as_(officer(Duty.DECIDER))
    (row,) = officers.get("/desk/cases?item=M9").tree.xpath("//tbody/tr")
    assert [cell.text_content() for cell in row.xpath("./td[@data-label='金额（元）']")] == ["–"]
    shown = officers.get(f"/desk/cases/{case.number}").words()
    assert "金额： " not in shown and "核算（第 1 次）：不涉及资金" in shown


def test_support_in_kind_is_to_be_delivered_once_its_notice_is_over(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    case = walk.to(walk.open("M9", 1), S.ON_NOTICE)
    firm, decider = portal.as_(applicant(0)), portal.as_(officer(Duty.DECIDER))
    assert "公示结束" not in firm.get(f"/my/cases/{case.number}").words() and "公示中" in firm.get("/my").words()
    case = walk.to(case.id, S.ON_NOTICE, Duty.DELIVERER)
    assert "公示结束，等待落实" in firm.get(f"/my/cases/{case.number}").words()
    assert "公示结束，等待落实" in firm.get("/my").words() and "公示中" not in firm.get("/my").words()
    listed = decider.get("/desk/cases?item=M9").tree.xpath("//tbody")[0].text_content()
    assert "公示结束，待落实" in listed and "公示中" not in listed
    assert "公示结束，待落实" in decider.get(f"/desk/cases/{case.number}").words()


def notice_number(store: Store) -> str:
    """The number of the only notice."""
    with store.read() as work:
        return str(work.connection.exec_driver_sql("SELECT number FROM notice").scalar_one())


def test_no_cell_of_a_download_is_a_formula() -> None:
    rows = [["=1+1", "+1", "-1", "@x", "\t=1", "\uff1d1", "算例", 5]]
    (_, line) = csv_lines(rows)
    assert line == "'=1+1,'+1,'-1,'@x,'\t=1,'\uff1d1,算例,5\r\n"


def test_the_help_says_who_answers(portal: Portal) -> None:
    page = portal.visitor().get("/help")
    assert LEAD in page.words() and "/track" in page.links() and "/items/XZ2023/M16" in page.links()
    assert "Who answers" in portal.visitor().get("/help?lang=en").words()


def test_a_page_of_the_register_is_read_in_the_order_of_an_index(season: Walk) -> None:
    store, seen = season.stage.store, list[str]()

    def explained(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "payment_order" in statement:
            plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.extend(str(row[3]) for row in plan)

    event.listen(store.engine, "before_cursor_execute", explained)
    paid(store, PaidFilter(year=2023), limit=2)
    event.remove(store.engine, "before_cursor_execute", explained)
    assert any("COVERING INDEX orders_by_day" in one for one in seen), seen
    assert not any("TEMP B-TREE" in one or one.startswith("SCAN") for one in seen), seen
