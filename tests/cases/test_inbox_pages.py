"""The pages of an inbox: together they are the inbox, each says where the next begins, and what is cut off is said."""

import sys
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.command_handler import act
from casework.lifecycle.commands import File
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.staff import duty_grants
from casework.views import Inbox, inbox, pages, whole_inbox
from models import Case, Duty, State
from models.store import Store
from support.stage import LEAD, NOON, Stage, claim, named, officer
from support.walk import Walk

ACCEPTOR = officer(Duty.ACCEPTOR)


@pytest.fixture
def walk(store: Store) -> Walk:
    """Five filed cases that wait for the acceptors."""
    walk = Walk(Stage(store).furnish())
    for number in range(1, 6):
        walk.to(walk.open("M4a", number, number % 3), State.FILED, Duty.ACCEPTOR)
    return walk


def dated(store: Store, **days: int) -> None:
    """Gives cases other deadlines: so many days after noon."""
    with store.write() as work:
        for name, day in days.items():
            case = update(Case).where(col(Case.id) == named(name.replace("_", "-")))
            work.execute(case.values(next_due=NOON + timedelta(days=day)))


def numbers(page: Inbox) -> list[str]:
    """The last figures of the cases of a page."""
    return [task.case.number[-1] for task in page.tasks]


@pytest.mark.tampers
@pytest.mark.parametrize("limit", range(1, 7))
def test_pages_of_any_length_are_together_the_inbox_by_deadlines_and_numbers(
    walk: Walk, store: Store, limit: int
) -> None:
    dated(store, case_1=12, case_2=9, case_3=3, case_4=12, case_5=3)
    found = list(pages(store, ACCEPTOR, limit=limit))
    assert [number for page in found for number in numbers(page)] == ["3", "5", "2", "1", "4"]
    assert all(len(page.tasks) == limit for page in found[:-1]) and found[-1].tasks
    assert [task.case.number[-1] for task in inbox(store, ACCEPTOR)] == ["3", "5", "2", "1", "4"]


@pytest.mark.tampers
def test_a_page_that_is_not_all_says_how_many_wait_and_how_many_are_overdue(
    walk: Walk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    dated(store, case_1=12, case_2=9, case_3=0, case_4=-2, case_5=3)
    first = whole_inbox(store, ACCEPTOR, limit=2)
    assert (first.whole, first.waiting, first.overdue, numbers(first)) == (False, 5, 2, ["4", "3"])
    whole = whole_inbox(store, ACCEPTOR, limit=5)
    assert (whole.whole, whole.waiting, whole.further) == (True, 5, "")
    last = list(pages(store, ACCEPTOR, limit=4))[-1]
    assert (last.whole, last.waiting, numbers(last)) == (False, 5, ["1"]), "the last page is not all either"
    monkeypatch.setattr(sys.modules[whole_inbox.__module__], "COUNTED", 3)
    assert whole_inbox(store, ACCEPTOR, limit=2).waiting == 4, "more than three"


def test_a_page_of_barred_cases_leads_on_to_those_that_are_not(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    duty_grants.add(store, SYSTEM, person="acceptor-0", duty=Duty.CLERK, unit=LEAD)
    for number in range(1, 6):
        case = walk.stage.case(walk.open("M4a", number, number % 3))
        if number <= 2:
            filed = File(
                case=case.id, by=ACCEPTOR, act_id=named(f"f{number}"), claim=claim("M4a", number), on_behalf=True
            )
            act(store, filed)
        walk.to(case.id, State.FILED, Duty.ACCEPTOR)
    first = whole_inbox(store, ACCEPTOR, limit=2)
    assert first.tasks == () and [len(kept.cases) for kept in first.barred] == [2] and first.further
    assert [number for page in pages(store, ACCEPTOR, limit=2) for number in numbers(page)] == ["3", "4", "5"]


@pytest.mark.parametrize("place", ["x", "~", "2023-09-04~XZ", "2023-09-04T10:00:00~XZ", "soon~XZ2023-M04-000001"])
def test_a_place_that_is_none_is_refused(walk: Walk, store: Store, place: str) -> None:
    with pytest.raises(Refused, match="没有这一页") as no:
        whole_inbox(store, ACCEPTOR, after=place)
    assert no.value.field == "after"
