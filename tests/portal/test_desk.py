"""The officers' lists and the case page: what waits, what is looked for, what may be done and by whom."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.views.case_lists import cases
from models import Case, Duty, State
from models.clock import end_of, in_shanghai
from support import two_policies
from support.portal import Portal, Visitor
from support.stage import Stage, named, officer
from support.walk import Walk
from web.pages import desk
from web.wordings import last_day, left


def test_a_deadline_names_its_last_day_and_counts_from_there() -> None:
    due = end_of(date(2023, 9, 11))  # 24:00 of that day
    assert last_day(due) == "2023-09-11"
    assert left(due, in_shanghai(due).replace(day=11, hour=9), "zh") == "今天到期"
    assert left(due, due + timedelta(hours=36), "zh") == "逾期 2 天"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """Five cases of three firms on their way."""
    walk = Walk(stage)
    for number, item in enumerate(("M16", "M4a", "M5c", "M9", "M16"), start=1):
        walk.open(item, number, number % 3)
    walk.to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    for number in (2, 3, 4):
        walk.to(named(f"case-{number}"), State.FILED, Duty.ACCEPTOR)
    return walk


@pytest.fixture
def acceptor(portal: Portal, walk: Walk) -> Visitor:
    """Whoever accepts cases, signed in."""
    return portal.as_(officer(Duty.ACCEPTOR, 1))


def test_the_inbox_shows_what_may_be_done_and_leads_to_the_case_and_back(acceptor: Visitor) -> None:
    page = acceptor.get("/desk")
    assert page.status == 200
    words = page.words()
    assert "XZ2023-M04-000002" in words and "XZ2023-M16-000001" not in words and "受理" in words
    assert page.tree.xpath("//table[@data-rows]")
    case = acceptor.get(next(link for link in page.links() if "000002" in link))
    assert case.status == 200 and "/desk" in case.links()
    following = acceptor.get("/desk/next?number=XZ2023-M04-000002&list=inbox")
    assert following.url.startswith("http://localhost:8023/desk/cases/XZ2023-M")
    assert "list=inbox" in following.url and "000002" not in following.url


def test_an_inbox_that_is_longer_than_a_page_goes_on_with_the_next(
    acceptor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "PAGE", 2)
    first = acceptor.get("/desk")
    assert "在您岗位上等待的共 3 件" in first.words() and "本页 2 件" in first.words()
    following = first.tree.xpath("//a[@rel='next']/@href")[0]
    second = acceptor.get(following)
    shown = [page.tree.xpath("//table[@data-rows]//th[@scope='row']//text()") for page in (first, second)]
    assert [len(numbers) for numbers in shown] == [2, 1] and not second.tree.xpath("//a[@rel='next']")
    last, before = shown[1][0], shown[0][1]
    assert f"/desk/cases/{last}?" in acceptor.get(f"/desk/next?number={before}&list=inbox").url
    assert f"/desk/cases/{before}?" in acceptor.get(f"/desk/next?number={last}&way=previous&list=inbox").url
    assert acceptor.get("/desk?after=nowhere").status == 404


def test_after_the_last_case_of_the_list_comes_the_list(acceptor: Visitor) -> None:
    assert acceptor.get("/desk/next?number=XZ2023-M09-000004&list=item%3DM9").url.endswith("/desk/cases?item=M9")
    before = acceptor.get("/desk/next?number=XZ2023-M09-000004&way=previous&list=all%3D1").url
    assert "/desk/cases/XZ2023-M05-000003?list=all" in before


def test_a_filter_is_an_address_and_stays_while_a_case_is_open(acceptor: Visitor) -> None:
    page = acceptor.get("/desk/cases?state=filed&item=M9")
    assert page.status == 200 and "M09-000004" in page.words() and "M04-000002" not in page.words()
    link = next(link for link in page.links() if "000004" in link)
    assert acceptor.get(link).tree.xpath("//a[contains(@class,'back-link')]")[0].get("href") == (
        "/desk/cases?state=filed&item=M9"
    )
    workbook = acceptor.client.get("/desk/cases.xlsx?state=filed&item=M9")
    assert workbook.status_code == 200 and workbook.content[:2] == b"PK"


def test_a_case_is_found_by_its_number_or_the_end_of_it(acceptor: Visitor) -> None:
    for typed in ("XZ2023-M04-000002", "m04-000002", "000002"):
        links = " ".join(acceptor.get(f"/desk/cases?applicant={quote(typed)}").links())
        assert "/desk/cases/XZ2023-M04-000002" in links and "/desk/cases/XZ2023-M05" not in links, typed
    assert "没有符合条件的案件" in acceptor.get("/desk/cases?applicant=M04-00000").words(), "the end, not the middle"


def test_only_who_sees_less_than_all_is_told_so(portal: Portal, acceptor: Visitor) -> None:
    nothing, less = "/desk/cases?applicant=算例没有", "您只能看到与您单位有关的案件"
    assert less in acceptor.get(nothing).words()
    for duty in (Duty.AUDITOR, Duty.ADMINISTRATOR):
        words = portal.as_(officer(duty)).get(nothing).words()
        assert "没有符合条件的案件" in words and less not in words


def test_cases_with_a_problem_are_found_as_an_alarm_says(portal: Portal, walk: Walk) -> None:
    with portal.store.write() as work:
        work.execute(update(Case).where(col(Case.number) == "XZ2023-M04-000002").values(problem="算例问题"))
    page = portal.as_(officer(Duty.ADMINISTRATOR)).get("/desk/cases?problem=1")
    rows = page.tree.xpath("//table[@data-rows]/tbody/tr")
    assert len(rows) == 1 and "算例问题" in page.words() and page.tree.xpath("//input[@name='problem']/@checked")


@pytest.fixture
def both() -> Iterator[None]:
    """A second policy with the same ids, until the store was looked over."""
    with two_policies.installed():
        yield


def test_items_of_two_policies_with_one_id_are_told_apart(both: None, portal: Portal, walk: Walk) -> None:
    numbers = {"XZ2023": "XZ2023-M04-000077", "QX2023": "QX2023-M04-000078"}
    for policy, number in numbers.items():
        walk.to(two_policies.draft(walk, policy, "M4a", int(number[-6:])), State.COMPUTED, Duty.DECIDER)
    decider = portal.as_(officer(Duty.DECIDER, 1))
    offered = decider.get("/desk/cases").tree.xpath("//select[@name='item']//option/@value")
    assert "XZ2023:M4a" in offered and "QX2023:M4a" in offered and len(offered) == len(set(offered))
    for policy, other in (("XZ2023", "QX2023"), ("QX2023", "XZ2023")):
        page = decider.submit_get(decider.get("/desk/cases"), item=f"{policy}:M4a")
        assert numbers[policy] in page.words() and numbers[other] not in page.words()
        case = decider.get(next(link for link in page.links() if numbers[policy] in link))
        assert f"/items/{policy}/M4a" in case.links() and f"/items/{other}/M4a" not in case.links()
    plain = decider.get("/desk/cases?item=m4a").words()  # an address that was kept from before
    assert all(number in plain for number in numbers.values())
    helps = [link for link in portal.visitor().get("/help").links() if link.startswith("/items/")]
    assert helps and all(link.split("/")[2] in numbers for link in helps)


def test_pages_of_a_list_go_on_behind_the_last_number(walk: Walk) -> None:
    store = walk.stage.store
    first = cases(store, limit=2, count_to=3)
    assert [one.number[-1] for one in first.rows] == ["2", "3"] and first.total == 3
    rest = cases(store, limit=9, after=first.rows[-1].number).rows
    assert [one.number[-1] for one in rest] == ["4", "1", "5"]
    assert [one.number for one in cases(store, limit=1, before=rest[0].number).rows] == [first.rows[-1].number]


def test_the_case_page_shows_the_law_behind_the_amount_and_who_may(portal: Portal, walk: Walk) -> None:
    page = portal.as_(officer(Duty.ACCEPTOR, 1)).get("/desk/cases/XZ2023-M16-000001")
    words = page.words()
    assert "30,000.00" in words and "P16-rate" in words and "算例文号" in words and "第 16 条" in words
    assert "现在没有由您办理的事项" in words and "审定" in words and "算例decider-0" in words
    decides = portal.as_(officer(Duty.DECIDER, 1)).get("/desk/cases/XZ2023-M16-000001")
    assert "/desk/cases/XZ2023-M16-000001/do/decide?list=inbox" in decides.links()


def test_a_case_that_does_not_concern_somebody_is_not_there_for_them(portal: Portal, walk: Walk) -> None:
    stranger = portal.as_(named("applicant-2-0"))
    assert stranger.get("/desk/cases/XZ2023-M04-000002").status == 404  # their own is at /my
    assert stranger.get("/desk/cases/XZ2023-M16-000001").status == 404
    assert portal.visitor().get("/desk/cases/XZ2023-M16-000001").url.startswith("http://localhost:8023/sign-in")
    assert stranger.get("/desk/cases/XZ2023-M99-999999").status == 404


def test_the_pages_are_whole_in_english(acceptor: Visitor) -> None:
    for address in ("/desk?lang=en", "/desk/cases?lang=en", "/desk/cases/XZ2023-M04-000002?lang=en"):
        page = acceptor.get(address)
        assert page.status == 200, page.text[:600]
        assert "Due" in page.words() or "Next" in page.words()
