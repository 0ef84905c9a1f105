"""Open data and the calendar: files say what the pages say, their description holds of them, and nothing personal is in them."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from jsonschema import Draft202012Validator

from casework.views import open_data
from casework.views.daily_heads import daily_heads
from casework.views.open_data import TABLES
from casework.views.paid_register import PaidFilter, all_paid
from models import State
from models.store import Store
from models.verify import head
from policies.forms import Text
from support.graduate import ACCOUNT, NAME, NUMBER, PHONE, graduate
from support.office import POLICY
from support.portal import Portal
from support.stage import Stage
from support.walk import Walk, on

S = State


def rows(portal: Portal, name: str) -> list[dict[str, Any]]:
    """A table as JSON."""
    answer = portal.visitor().client.get(f"/data/{name}.json")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    found = json.loads(answer.text)
    assert found["demo"] is True
    return list(found["rows"])


def sheet(portal: Portal, name: str) -> list[list[str]]:
    """The same as CSV, without its heads."""
    answer = portal.visitor().client.get(f"/data/{name}.csv")
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


@pytest.fixture
def season(stage: Stage) -> Walk:
    """One case paid, one on notice."""
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), S.CLOSED)
    walk.to(walk.open("M4a", 2, 2), S.ON_NOTICE)
    return walk


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_what_its_description_says_in_both_forms(portal: Portal, season: Walk, name: str) -> None:
    described = portal.visitor().client.get("/data/openapi.json").json()
    body = described["paths"][f"/data/{name}.json"]["get"]["responses"]["200"]["content"]["application/json"]
    Draft202012Validator.check_schema(body["schema"])
    answer = portal.visitor().client.get(f"/data/{name}.json").json()
    Draft202012Validator(body["schema"]).validate(answer)
    assert len(sheet(portal, name)) == len(answer["rows"])
    assert set(described["paths"]) == {f"/data/{one}.{kind}" for one in TABLES for kind in ("csv", "json")}
    assert f"/data/{name}.csv" in portal.visitor().get("/data").links()


def test_items_and_windows_are_those_of_the_front_page(portal: Portal) -> None:
    assert {one["item"] for one in rows(portal, "items")} == {item.id for item in POLICY}
    (window,) = [one for one in rows(portal, "windows") if one["policy"] == "XZ2023"]
    assert (window["first_day"], window["last_day"], window["open"]) == ("2023-07-01", "2024-06-30", True)


def test_notices_and_payments_are_those_of_their_pages(portal: Portal, season: Walk) -> None:
    paid = list(all_paid(portal.store, PaidFilter()))
    assert [(one["case"], one["amount_yuan"]) for one in rows(portal, "paid")] == [(paid[0].case, "200000.00")]
    listed = portal.visitor().get("/notices").words()
    found = rows(portal, "notices")
    assert len(found) == 2 and all(one["number"] in listed for one in found)
    (own,) = rows(portal, "payouts")
    assert (own["approved_yuan"], own["paid_yuan"], own["paid_cases"]) == ("400000.00", "200000.00", 1)


def test_of_a_natural_person_only_the_first_character_is_in_any_file(store: Store, tmp_path: Path) -> None:
    graduate(store, tmp_path).case(tmp_path)
    portal = Portal(store, tmp_path)
    for address in [f"/data/{name}.{kind}" for name in TABLES for kind in ("csv", "json")] + ["/data", "/calendar.ics"]:
        text = portal.visitor().client.get(address).text
        assert not [one for one in (NAME, NAME[1:], PHONE, ACCOUNT, NUMBER) if one in text], address
    assert rows(portal, "paid")[0]["applicant"] == "算**"


def test_a_cell_that_begins_like_a_formula_stays_text(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    column = open_data.OpenColumn(name="x", title=Text("列", "column"))
    signs = ("=1+1", "+1", "-1", "@x", "\uff1d1")
    odd = open_data.OpenTable(
        name="odd", title=Text("表", "t"), about=Text("表", "t"), columns=(column,), rows=lambda _: ((one,) for one in signs)
    )  # fmt: skip
    monkeypatch.setattr("web.pages.public_data.TABLES", {"odd": odd})
    assert sheet(portal, "odd") == [[f"'{one}"] for one in signs]


def test_there_is_no_other_table(portal: Portal) -> None:
    for address in ("/data/people.csv", "/data/audit_entry.json", "/data/..%2Fx.json"):
        assert portal.visitor().client.get(address).status_code == 404


# the audit chain's heads


def test_the_days_heads_are_public_and_those_of_the_chain(portal: Portal, season: Walk) -> None:
    found, end = rows(portal, "audit-heads"), head(portal.store)
    assert (found[0]["hash"], found[0]["seq"], found[0]["over"]) == (end.hash, end.seq, False) and len(found) > 1
    assert [(one["day"], one["hash"]) for one in found] == [
        (str(one.day), one.hash) for one in daily_heads(portal.store)
    ]
    page = portal.visitor().get("/data")
    assert all(one["hash"] in page.words() for one in found) and "当日未结束" in page.words()


# the calendar


def events(portal: Portal, query: str = "") -> dict[str, Any]:
    """The feed's entries by their summary."""
    answer = portal.visitor().client.get(f"/calendar.ics{query}")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/calendar")
    return {str(one["summary"]): one for one in Calendar.from_ical(answer.text).walk("VEVENT")}


def test_the_feed_has_windows_notices_and_the_days_by_which_payment_is_promised(portal: Portal, season: Walk) -> None:
    found = events(portal)
    title = POLICY.title.zh
    closes = found[f"演示 DEMO · 申报截止（24:00）：{title}"]
    assert closes["dtstart"].dt == date(2024, 6, 30) and closes["dtend"].dt == date(2024, 7, 1), "one whole day"
    assert not any("80%" in said for said in found)  # before the first day of the policy: no day to plan by
    assert found[f"演示 DEMO · 各单位全部惠企政策兑付率达到 100% 的期限：{title}"]["dtstart"].dt == date(2023, 9, 30)
    notice = next(one for words, one in found.items() if "公示" in words)
    assert str(notice["url"]).startswith("http://localhost:8023/notices/")
    assert any("Filing ends" in one for one in events(portal, "?lang=en"))
    uids = [str(one["uid"]) for one in found.values()]
    assert len(set(uids)) == len(uids) and uids == [str(one["uid"]) for one in events(portal).values()], "and stay so"


def test_the_page_lists_what_lies_ahead_before_what_is_past(portal: Portal, season: Walk) -> None:
    page = portal.visitor().get("/calendar")
    words = page.words()
    assert words.index("今天和以后") < words.index("申报截止（24:00）") < words.index("已过") < words.index("申报开始")
    assert "/calendar.ics" in page.links()


def test_a_notice_leaves_the_calendar_after_a_quarter_of_a_year(portal: Portal, season: Walk) -> None:
    assert any("公示" in one for one in events(portal))
    portal.store.set_clock(on("2024-05-30"), frozen=True)
    assert not any("公示" in one for one in events(portal))
