"""Figures of the evaluation through the pages: entered and corrected by the lead unit, a ranking published anew as it was seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs import ranking_days
from casework.programmes import ranking_catalogue
from casework.programmes.ranking_catalogue import NewValue
from casework.shared.reference import touch
from models import Duty, IndicatorValue, Ranking
from models.store import Store
from support.accessible import faults, faults_on_a_phone, signed_in
from support.evaluated_units import AFTER, FIGURES, POLICY, UNITS, EvaluatedUnits, evaluation
from support.evaluated_units import FIRST as DATE
from support.portal import PASSWORD, Portal, Shown, Visitor
from support.served_portal import serving
from support.stage import FINANCE, MARKET, NOON, TOWN, Stage, named, officer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE, IMPORT, CORRECT = "/desk/rankings", "/desk/rankings/import", f"/desk/rankings/{POLICY.code}/{DATE}"
GROWTH, ENERGY = FIGURES
TYPED = {"indicator": GROWTH, "unit": TOWN, "period": "2023-09", "value": "9.50", "source": "算例年鉴"}
HEAD = "指标,评估对象,期间,数值,数据来源"


@pytest.fixture
def units(store: Store) -> EvaluatedUnits:
    """An evaluation on the day after its first ranking is due."""
    return evaluation(store)


@pytest.fixture
def portal(units: EvaluatedUnits, tmp_path: Path) -> Portal:
    """The portal over it."""
    return Portal(units.store, tmp_path)


def stored(portal: Portal) -> list[tuple[Any, ...]]:
    with portal.store.read() as work:
        columns = (IndicatorValue.unit, IndicatorValue.value, IndicatorValue.sequence)
        rows = work.execute(select(*map(col, columns)).order_by(*map(col, columns)))
        return [tuple(row) for row in rows]


def versions(portal: Portal) -> list[tuple[int, str]]:
    with portal.store.read() as work:
        rows = work.execute(select(col(Ranking.sequence), col(Ranking.reason)).order_by(col(Ranking.sequence)))
        return [tuple(row) for row in rows]


def entered(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(PAGE), action=PAGE, **{**TYPED, **changed})


def sent(visitor: Visitor, *rows: str, **typed: str) -> Shown:
    files = {"file": ("x.csv", "\n".join((HEAD, *rows)).encode(), "text/csv")}
    return visitor.submit(visitor.get(IMPORT), action=IMPORT, files=files, **typed)


def published(units: EvaluatedUnits) -> None:
    """The first ranking, and afterwards a better figure of the town."""
    units.enter()
    ranking_days.snapshots(units.store, AFTER)
    better = NewValue(indicator=GROWTH, unit=TOWN, period="2023-09", value="9", source="算例年鉴")
    ranking_catalogue.enter(units.store, officer(Duty.HEAD), POLICY, [better])


def test_a_ranking_whose_day_is_over_is_not_called_the_next_one(portal: Portal, units: EvaluatedUnits) -> None:
    visitor = portal.as_(officer(Duty.HEAD))
    said = visitor.get(PAGE).words()
    assert f"到期未公布的排名 {DATE}" in said and f"下一次排名 {DATE}" not in said and "下一次排名" in said
    units.store.set_clock(NOON, frozen=True)
    assert f"下一次排名 {DATE}" in visitor.get(PAGE).words()


def test_a_figure_is_entered_once_and_another_value_corrects_it(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    page = visitor.get(PAGE)
    assert (
        PAGE in visitor.get("/desk").links() and "尚缺 6 项数据" in page.words() and f"{ENERGY}：{TOWN}" in page.words()
    )
    page = entered(visitor)
    assert "已登记" in page.words() and "9.50" in page.words() and "尚缺 5 项数据" in page.words()
    assert "此前已登记" in entered(visitor).words() and stored(portal) == [(TOWN, "9.50", 1)]
    assert "更正 1 次" in entered(visitor, value="10").words()
    assert stored(portal) == [(TOWN, "10", 2), (TOWN, "9.50", 1)]
    english = visitor.get(f"{PAGE}?lang=en").words()
    assert "5 figures are missing" in english and "No ranking was published yet" in english


def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    for name, value in (
        ("indicator", "算例无此指标"), ("unit", ""), ("period", "2023-13"), ("value", "many"), ("value", ""), ("source", ""),
    ):  # fmt: skip
        page = entered(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), (name, page.words()[:300])
        kept = "period" if name == "source" else "source"
        assert page.form(action=PAGE).fields[kept] == TYPED[kept]
    assert stored(portal) == []


def test_the_lead_units_certifiers_and_heads_alone_enter_and_correct(portal: Portal, units: EvaluatedUnits) -> None:
    published(units)
    before = stored(portal), versions(portal)
    with portal.store.write() as work:
        stage = Stage(units.store)
        stage.person(work, "elsewhere")
        stage.grant(work, "elsewhere", Duty.HEAD, MARKET)
        touch(work)
    seen = portal.as_(officer(Duty.HEAD)).get(CORRECT).form(action=CORRECT).fields["seen"]
    for person in (named("elsewhere"), officer(Duty.FUND_OFFICER), officer(Duty.AUDITOR)):
        visitor = portal.as_(person)
        token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
        common = {"_token": token, "policy": POLICY.code}
        for address, typed in ((PAGE, TYPED), (IMPORT, {}), (CORRECT, {"seen": seen, "reason": "算例"})):
            page = visitor.get(address)
            assert page.status == 200 and not page.tree.xpath("//main//form"), (address, page.words()[:300])
            assert "牵头单位的认定人或负责人" in page.words()
            assert visitor.post(address, {**common, **typed}).status == 422
    assert (stored(portal), versions(portal)) == before


def test_a_published_ranking_is_corrected_as_it_was_seen_and_once(portal: Portal, units: EvaluatedUnits) -> None:
    published(units)
    visitor, other = portal.as_(officer(Duty.HEAD)), portal.as_(officer(Duty.CERTIFIER))
    assert CORRECT in visitor.get(PAGE).links()
    page = visitor.get(CORRECT)
    assert "3 (2023-09)" in page.words() and "9 (2023-09)" in page.words() and "100.00" in page.words()
    bare = visitor.submit(page, action=CORRECT, reason=" ")
    assert bare.status == 422 and "#f-reason" in bare.links() and versions(portal) == [(1, "")]
    entered(other, unit=FINANCE, value="50")  # somebody enters another figure meanwhile
    late = visitor.submit(page, action=CORRECT, reason="算例更正")
    assert late.status == 422 and "已有变化" in late.words() and versions(portal) == [(1, "")]
    assert late.form(action=CORRECT).fields["reason"] == "算例更正" and "50 (2023-09)" in late.words()
    done = visitor.submit(late, action=CORRECT)
    assert "已重新公布" in done.words() and versions(portal) == [(1, ""), (2, "算例更正")]
    again = visitor.submit(late, action=CORRECT)
    assert again.status == 200 and "未重复" in again.words() and len(versions(portal)) == 2
    assert "无须更正" in visitor.get(CORRECT).words() and not visitor.get(CORRECT).tree.xpath("//main//form")
    for wrong in (f"/desk/rankings/{POLICY.code}/2023-12-31", f"/desk/rankings/NONE/{DATE}", f"{PAGE}?policy=NONE"):
        assert visitor.get(wrong).status == 404


def test_a_correction_that_was_not_looked_at_is_refused(portal: Portal, units: EvaluatedUnits) -> None:
    published(units)
    visitor = portal.as_(officer(Duty.HEAD))
    token = visitor.get(CORRECT).form(action=CORRECT).fields["_token"]
    assert visitor.post(CORRECT, {"_token": token, "reason": "算例更正"}).status == 409
    wrong = visitor.post(CORRECT, {"_token": token, "reason": "算例更正", "seen": "0" * 64})
    assert wrong.status == 422 and versions(portal) == [(1, "")]


def test_a_workbook_goes_in_whole_or_its_faults_are_shown_by_row(portal: Portal, tmp_path: Path) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    good = [
        f"{title},{unit},2023-09,{value},算例年鉴"
        for title, values in FIGURES.items()
        for unit, value in zip(UNITS, values, strict=True)
    ]
    page = sent(
        visitor, *good, f"无此指标,{TOWN},2023-09,1,算例", f"{GROWTH},{TOWN},2023-08,x,算例", policy=POLICY.code
    )
    assert page.status == 422 and stored(portal) == []
    rows = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert {row[1] for row in rows} == {"8", "9"}, rows
    assert "#f-policy" in sent(visitor, *good, policy="").links() and stored(portal) == []
    assert "读入 6 行，新登记 6" in sent(visitor, *good).words() and "新登记 0" in sent(visitor, *good).words()
    assert "数据已齐全" in visitor.get(PAGE).words()
    path = tmp_path / "rankings.xlsx"
    path.write_bytes(visitor.client.get(f"{IMPORT}/template.xlsx").content)
    assert "赛马" in load_workbook(path).sheetnames


def test_before_an_evaluation_is_reviewed_there_is_nothing_to_enter(tmp_path: Path, stage: Stage) -> None:
    page = Portal(stage.store, tmp_path).as_(officer(Duty.CERTIFIER)).get(PAGE)
    assert page.status == 200 and "尚无指标目录" in page.words() and not page.tree.xpath("//main//form")


@pytest.mark.prove
@pytest.mark.browser
def test_figures_and_a_correction_can_be_read_on_a_phone(portal: Portal, units: EvaluatedUnits, page: "Page") -> None:
    published(units)
    portal.as_(officer(Duty.HEAD))  # has a password from now on
    with serving(portal) as address:
        signed_in(page, address, "head-0", PASSWORD)
        wrong = [
            fault for at in (PAGE, IMPORT, f"{CORRECT}?lang=en") for fault in faults_on_a_phone(page, address + at)
        ]
        with page.expect_navigation():
            page.locator("main form button").click()
        assert page.locator(".govuk-error-summary").count() == 1
        assert not wrong + faults(page)
