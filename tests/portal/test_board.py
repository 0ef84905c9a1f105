"""The leaders' board: each figure is the total of the list that it opens, tables can be kept, and it is for leaders alone."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from lxml import html

from casework.funds import budget_register
from casework.lifecycle.commands import Refuse
from casework.shared.reference import touch
from casework.views.board import BoardFilter, board
from casework.views.money_forecast import FundForecast, ItemForecast, forecast
from casework.views.step_days import nearest_rank, step_days
from models import Duty, State
from policies.money import Money
from support.portal import Portal, Shown, Visitor
from support.stage import FINANCE, LEAD, TOWN, Stage, applicant, named, officer, payable
from support.walk import Walk

ASKED = BoardFilter(policy="XZ2023")


@pytest.fixture
def season(stage: Stage, portal: Portal) -> Portal:
    """Cases of several items in several states, one of them paid."""
    walk = Walk(stage)
    walk.open("M4a", 1, 1)
    walk.to(walk.open("M4a", 2, 2), State.FILED, Duty.ACCEPTOR)
    walk.to(walk.open("M16", 3, 1), State.COMPUTED)
    walk.to(walk.open("M4a", 4, 1), State.PAYABLE)
    walk.to(walk.open("M4a", 5, 3), State.CLOSED)
    walk.to(walk.open("M5c", 6, 2), State.CERTIFIED)
    return portal


def listed(visitor: Visitor, address: str) -> tuple[int, int]:
    """How many cases a list says that it found, and the fen of those on its page."""
    page = visitor.get(address)
    assert page.status == 200, address
    count = page.tree.xpath("//ul[contains(@class,'dx-chips')]/li[1]/strong")[0].text_content()
    cells = [
        cell.text_content()
        for cell in page.tree.xpath("//table[@data-rows]//td[last()]")
        if cell.text_content().strip()
    ]
    return int("".join(char for char in count if char.isdigit())), sum(
        int(cell.replace(",", "").replace(".", "")) for cell in cells
    )


def figures(page: Shown) -> list[tuple[str, str]]:
    """Each figure that leads to a list."""
    return [
        (link.text_content(), link.get("href"))
        for link in page.tree.xpath("//main//a[starts-with(@href,'/desk/cases?')]")
    ]


@pytest.mark.parametrize("duty", [Duty.HEAD, Duty.AUDITOR])
def test_every_figure_is_the_total_of_the_list_behind_it(season: Portal, duty: Duty) -> None:
    visitor = season.as_(officer(duty))
    narrowed = ("", "?town=" + TOWN, "?item=M4a", "?lead=" + LEAD)
    seen = 0
    for page in (
        *("/board" + query for query in narrowed),
        "/board/days",
        "/board/days?by=unit",
        "/board/days?by=item",
    ):
        shown = visitor.get(page)
        assert shown.status == 200, page
        for figure, address in figures(shown):
            count, fen = listed(visitor, address)
            if "." in figure:
                assert fen == int(figure.replace(",", "").replace(".", "")), (page, figure, address)
            else:
                assert count == int(figure), (page, figure, address)
            seen += 1
    assert seen > 100


def test_a_figure_counts_what_is_there(season: Portal) -> None:
    found = board(season.store, ASKED, officer(Duty.AUDITOR))
    assert {tally.key: tally.cases for tally in found.by_state} == {
        "draft": 1, "filed": 1, "certified": 1, "computed": 1, "payable": 1, "closed": 1,
    }  # fmt: skip
    assert (found.whole.cases, found.whole.filed, found.whole.open, found.whole.undecided) == (6, 5, 4, 3)
    assert (found.whole.granted, found.whole.paid) == (2, 1)
    assert (found.whole.approved_fen, found.whole.paid_fen) == (2 * payable("M4a"), payable("M4a"))
    assert [tally.key for tally in found.by_item] == ["M4a", "M5c", "M16"]


def test_a_head_counts_their_own_unit_only(season: Portal, stage: Stage) -> None:
    with stage.store.write() as work:
        stage.person(work, "head-elsewhere")
        stage.grant(work, "head-elsewhere", Duty.HEAD, FINANCE)
        touch(work)
    elsewhere = board(season.store, ASKED, named("head-elsewhere"))
    assert [tally.key for tally in elsewhere.by_item] == ["M5c"]  # asked there for a joint opinion
    assert board(season.store, ASKED, officer(Duty.HEAD)).whole.cases == 6


def test_the_board_is_for_heads_and_for_who_looks_on(season: Portal) -> None:
    for person in (officer(Duty.ACCEPTOR), officer(Duty.MAKER), applicant(1)):
        visitor = season.as_(person)
        assert "/board" not in visitor.get("/").links()
        for page in ("/board", "/board/days", "/board.csv?part=units", "/board/days.csv"):
            assert visitor.get(page).status == 404, page
    for duty in (Duty.HEAD, Duty.AUDITOR, Duty.ADMINISTRATOR):
        assert "/board" in season.as_(officer(duty)).get("/").links()


def test_what_is_kept_as_csv_is_what_the_page_shows(season: Portal) -> None:
    visitor = season.as_(officer(Duty.AUDITOR))
    page = visitor.get("/board?item=M4a")
    for link in page.tree.xpath("//a[@download]/@href"):
        answer = visitor.client.get(link)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv"), link
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        table = page.tree.xpath(f"//a[@href='{link}']/parent::p/preceding-sibling::div[1]//tbody")[0]
        assert len(rows) - 1 == len(table.xpath("./tr")) or "forecast" in link, link
    whole = visitor.client.get("/board.csv?part=items&policy=XZ2023&item=M4a").text
    row = whole.splitlines()[1].split(",")
    assert row[1:5] == ["4", "3", "2", "1"] and row[7:11] == ["2", "1", "400000.00", "200000.00"]
    assert visitor.get("/board.csv?part=nothing").status == 404


@pytest.mark.parametrize("chosen", [{"item": "M4a"}, {"town": TOWN}, {"lead": LEAD}, {"item": "M16", "town": TOWN}])
def test_a_funds_forecast_counts_all_cases_whatever_is_chosen(season: Portal, chosen: dict[str, str]) -> None:
    every = {row.unit: row for row in forecast(season.store, ASKED, officer(Duty.AUDITOR)).funds}
    some = forecast(season.store, BoardFilter(policy="XZ2023", **chosen), officer(Duty.AUDITOR))
    assert some.funds and all(every[row.unit] == row for row in some.funds)
    (ours,) = [row for row in some.funds if row.unit == LEAD]
    assert ours.expected_fen >= payable("M16")
    page = season.as_(officer(Duty.AUDITOR)).get(
        "/board?" + "&".join(f"{name}={value}" for name, value in chosen.items())
    )
    assert "各资金按本方案的全部案件推算，不限于上面所选" in page.words()


def test_days_are_working_days_by_nearest_rank(season: Portal, stage: Stage) -> None:
    assert [nearest_rank(range(1, 11), part) for part in (50, 90)] == [5, 9] and nearest_rank([7], 90) == 7
    walk = Walk(stage, seed="slow")
    case = walk.to(walk.open("M4a", 9, 0), State.FILED, Duty.ACCEPTOR)
    with stage.store.read() as work:
        filed = work.now
    stage.store.set_clock(filed + timedelta(days=4), frozen=True)
    walk.forward(case.id)
    found = {
        row.key: row for row in step_days(season.store, ASKED, "town", officer(Duty.AUDITOR)) if row.state == "filed"
    }
    assert found[TOWN].ninetieth >= 2 and found[TOWN].median == 0 and filed.date() >= date(2023, 9, 4)


def test_days_in_a_year_without_a_calendar_are_left_out_and_it_is_said_how_many(season: Portal, stage: Stage) -> None:
    walk = Walk(stage, seed="long")
    late = [walk.to(walk.open(item, number, 0), State.FILED, Duty.ACCEPTOR) for item, number in (("M4a", 8), ("M7", 9))]
    stage.store.set_clock(datetime(2090, 3, 1, 4, tzinfo=UTC), frozen=True)
    for case in late:
        walk.forward(case.id)
    reader = officer(Duty.AUDITOR)
    steps = step_days(season.store, ASKED, "item", reader)
    found = {row.key: (row.cases, row.uncounted, row.median, row.ninetieth) for row in steps if row.state == "filed"}
    assert found["M4a"] == (3, 1, 0, 0) and found["M7"] == (1, 1, None, None) and found["M16"][1] == 0
    visitor = season.as_(reader)
    page = visitor.get("/board/days?by=item")
    (row,) = [each for each in page.tree.xpath("//tbody/tr") if each.text_content().strip().startswith("M7")]
    assert [cell.text_content().strip() for cell in row][-2:] == ["—", "—"]
    assert "1 件跨未公布日历的年度，未计" in row.text_content()
    assert "1 not counted: in a year without a calendar" in visitor.get("/board/days?by=item&lang=en").words()
    assert visitor.get("/board/days").status == 200
    kept = visitor.client.get("/board/days.csv?by=item&lang=zh").text.splitlines()
    assert kept[0].endswith("跨未公布日历的年度，未计（件）")
    assert [line.split(",")[2:] for line in kept if line.startswith("M7,")] == [["1", "—", "—", "1"]]


def test_the_forecast_adds_what_its_method_says(season: Portal) -> None:
    found = {row.item: row for row in forecast(season.store, ASKED, officer(Duty.AUDITOR)).items}
    machine = found["M4a"]
    assert (machine.granted, machine.refused, machine.undecided, machine.recent) == (2, 0, 1, 3)
    average = payable("M4a")
    assert machine.expected_fen == int(average * 1 + average * machine.coming)
    assert found["M16"].average is None and found["M16"].expected_fen == payable("M16")
    words = season.as_(officer(Duty.AUDITOR)).get("/board").words()
    assert "方法：" in words and "28" in words


def test_a_chart_stands_above_its_table_and_needs_no_style(season: Portal) -> None:
    page = season.as_(officer(Duty.HEAD)).get("/board")
    charts = page.tree.xpath("//main//svg")
    assert charts and all(chart.get("aria-label") and not chart.xpath(".//@style") for chart in charts)
    assert html.tostring(charts[0]).count(b"<rect") == 6


def test_a_condition_of_the_list_is_said_and_can_be_taken_off(season: Portal) -> None:
    visitor = season.as_(officer(Duty.AUDITOR))
    page = visitor.get(f"/desk/cases?policy=XZ2023&town={TOWN}&money=paid")
    assert "资金：已付清" in page.words() and f"镇（街道）：{TOWN}" in page.words()
    off = next(link for link in page.links() if "town=" in link and "money" not in link and "cases?" in link)
    assert listed(visitor, off)[0] == 6
    searched = visitor.submit_get(page, applicant="算例企业3")
    assert "money=paid" in searched.url and listed(visitor, searched.url)[0] == 1
    assert listed(visitor, "/desk/cases?money=nonsense")[0] == 0


def counted(**more: int) -> ItemForecast:
    """An item with nothing but what is said."""
    none = dict.fromkeys(
        ("granted", "refused", "approved_fen", "undecided", "computed", "computed_fen", "waiting", "recent"), 0
    )
    return ItemForecast(item="M7", unit=LEAD, last_day=date(2024, 6, 30), days_left=280, **{**none, **more})


def test_a_refusal_is_no_price() -> None:
    refused = counted(refused=3, recent=3)
    assert (refused.average, refused.expected_fen, refused.unknown) == (None, None, "refused")
    waits = counted(refused=1, undecided=2, waiting=2)
    assert (waits.average, waits.expected_fen, waits.unknown) == (None, None, "parameter")
    part = counted(undecided=2, computed=1, computed_fen=500)
    assert (part.expected_fen, part.unknown) == (500, "undecided")
    assert (counted(refused=3).expected_fen, counted(refused=3).unknown) == (0, "")
    mixed = counted(granted=1, refused=1, approved_fen=1000, undecided=2)
    assert (mixed.average, mixed.expected_fen, mixed.unknown) == (500, 1000, "")


def test_an_item_of_refusals_is_listed_as_unknown_with_why(season: Portal, stage: Stage) -> None:
    walk = Walk(stage, seed="refused")
    case = walk.to(walk.open("M7", 21, 0), State.FILED, Duty.ACCEPTOR)
    walk.do(Refuse, case, reason="算例不符合条件")
    (ours,) = [
        row
        for row in forecast(season.store, ASKED, officer(Duty.AUDITOR)).funds
        if "M7" in {x.item for x in row.unknown}
    ]
    assert [row.expected_fen for row in ours.unknown if row.item == "M7"] == [None]
    visitor = season.as_(officer(Duty.AUDITOR))
    assert "M7（已决定的 1 件均不予支持）" in visitor.get("/board").words()
    kept = visitor.client.get("/board.csv?part=forecast&policy=XZ2023&lang=zh").text.splitlines()
    assert next(line for line in kept if line.startswith("M7,")).endswith(",,已决定的 1 件均不予支持")


def test_the_forecast_counts_the_funds_of_every_year_until_the_end_of_filing(season: Portal) -> None:
    def ours() -> FundForecast:
        return next(row for row in forecast(season.store, ASKED, officer(Duty.AUDITOR)).funds if row.unit == LEAD)

    fund = {row.year: row.available + row.reserved for row in budget_register.listed(season.store) if row.unit == LEAD}
    entry = {"unit": LEAD, "year": 2024, "amount": Money.yuan(7), "document": "算例次年 1 号"}
    budget_register.appropriate(season.store, officer(Duty.FUND_OFFICER), **entry)
    found = ours()
    assert [key.year for key in found.funds] == [2023, 2024] and found.without == ()
    assert found.free_fen == fund[2023] + fund.get(2024, 0) + 700
    words = season.as_(officer(Duty.AUDITOR)).get("/board").words()
    assert f"{LEAD} 2023 年度、{LEAD} 2024 年度" in words and "各年度的资金" in words
