"""An expired window is reopened by nothing but a notice dated while filing was open, however it is entered."""

from datetime import date

import pytest

from casework.lifecycle import commands as r
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import Procedure, procedure_on
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Refused
from casework.shared.reference import policy_of, reference, touch
from models import Case, Duty, ParameterValue, State
from models.columns import canonical_json
from models.store import Store
from models.verify import verify
from policies.kit import Origin
from support.calendar_jobs import at
from support.stage import Stage, claim, named, officer
from support.walk import Walk

NAME = "P-filing-deadline"


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def put_off(store: Store, until: str, published: str | None, *, citation: str = "算例公告 1 号") -> None:
    """Two people enter a notice of extension."""
    day = date.fromisoformat(published) if published else None
    new = Proposal(policy="XZ2023", name=NAME, value=until, citation=citation, valid_from=day, origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(Duty.PARAMETER_AUTHOR), new)
    parameter_register.confirm(store, officer(Duty.PARAMETER_CONFIRMER), made)


def last_day(store: Store) -> date:
    with store.read() as work:
        way = procedure_on(reference(store, work), policy_of("XZ2023"), "M4a", work.today)
        return window(way).last_filing_day


def drafted(walk: Walk, number: int = 1) -> None:
    """A draft of the days when filing was open."""
    walk.stage.store.set_clock(at("2024-06-01"), frozen=True)
    walk.open("M4a", number)


def file(walk: Walk, number: int = 1) -> State:
    case = walk.stage.case(named(f"case-{number}"))
    walk.do(r.File, case, claim=claim(case.item, number))
    return State(walk.stage.case(case.id).state)


@pytest.mark.parametrize("published", ["2024-06-30", "2024-06-20", "2023-07-01"])
def test_a_notice_of_the_term_entered_late_reopens_filing(walk: Walk, store: Store, published: str) -> None:
    drafted(walk)
    store.set_clock(at("2024-07-05"), frozen=True)
    with pytest.raises(Refused, match="截止"):
        file(walk)
    put_off(store, "2024-07-31", published)
    assert file(walk) is State.FILED
    store.set_clock(at("2024-08-01", "00:00:00"), frozen=True)
    assert last_day(store) == date(2024, 7, 31)


@pytest.mark.parametrize("published", [None, "2024-07-01", "2024-07-05", "2024-07-20", "2023-06-30"])
def test_a_notice_of_another_day_is_refused_and_filing_stays_closed(
    walk: Walk, store: Store, published: str | None
) -> None:
    drafted(walk)
    store.set_clock(at("2024-07-05"), frozen=True)
    with pytest.raises(Refused, match="截止之前发布的公告") as caught:
        put_off(store, "2024-07-31", published)
    assert caught.value.code == "extension" and "while filing was open" in caught.value.en
    with pytest.raises(Refused, match="截止"):
        file(walk)


def test_two_years_after_the_end_a_date_alone_reopens_nothing(walk: Walk, store: Store) -> None:
    store.set_clock(at("2026-11-26"), frozen=True)
    with pytest.raises(Refused, match="2024-06-30 截止之后"):
        put_off(store, "2026-12-31", None)
    assert last_day(store) == date(2024, 6, 30)


def test_within_the_term_the_day_of_entry_is_the_day_of_publication(walk: Walk, store: Store) -> None:
    store.set_clock(at("2024-06-20"), frozen=True)
    put_off(store, "2024-07-15", None)
    store.set_clock(at("2024-07-10"), frozen=True)
    put_off(store, "2024-07-31", None, citation="算例公告 2 号")
    assert last_day(store) == date(2024, 7, 31), "published while the first extension ran"
    store.set_clock(at("2024-08-05"), frozen=True)
    with pytest.raises(Refused, match="2024-07-31 截止之后"):
        put_off(store, "2024-08-31", "2024-08-01", citation="算例公告 3 号")


def test_a_notice_of_the_same_day_corrects_the_one_before(walk: Walk, store: Store) -> None:
    store.set_clock(at("2024-06-20"), frozen=True)
    put_off(store, "2024-07-31", None)
    put_off(store, "2024-07-15", None, citation="算例公告 1 号（更正）")
    assert last_day(store) == date(2024, 7, 15)


@pytest.mark.parametrize(
    ("until", "said"), [("2024-06-30", "未延长"), ("2024-07-32", "应为日期"), ("soon", "应为日期")]
)
def test_what_is_no_later_day_is_refused(walk: Walk, store: Store, until: str, said: str) -> None:
    store.set_clock(at("2024-06-20"), frozen=True)
    with pytest.raises(Refused, match=said):
        put_off(store, until, None)


def test_a_confirmation_after_another_notice_is_looked_at_again(walk: Walk, store: Store) -> None:
    store.set_clock(at("2024-06-20"), frozen=True)
    new = Proposal(policy="XZ2023", name=NAME, value="2024-07-10", citation="算例公告 1 号", origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(Duty.PARAMETER_AUTHOR), new)
    put_off(store, "2024-07-31", "2024-06-10", citation="算例公告 0 号")
    with pytest.raises(Refused, match="未延长 2024-07-31"):
        parameter_register.confirm(store, officer(Duty.PARAMETER_CONFIRMER), made)


def by_hand(walk: Walk, policy: str, name: str, value: str, first: str) -> None:
    """A row that nobody checked at the door."""
    with walk.stage.store.write() as work:
        work.add(
            ParameterValue, policy=policy, parameter=name, value=canonical_json(value), citation="算例文号",
            origin="demo", status="confirmed", valid_from=first, set_by=officer(Duty.PARAMETER_AUTHOR), set_at=work.now,
            confirmed_by=officer(Duty.PARAMETER_CONFIRMER), confirmed_at=work.now,
        )  # fmt: skip
        touch(work)


@pytest.mark.tampers
@pytest.mark.parametrize(("until", "published"), [("2026-12-31", "2024-07-01"), ("soon", "2023-07-01")])
def test_a_row_written_by_hand_reopens_nothing_and_a_case_filed_by_it_is_found(
    walk: Walk, store: Store, until: str, published: str
) -> None:
    drafted(walk)
    by_hand(walk, "XZ2023", NAME, until, published)
    store.set_clock(at("2024-07-05"), frozen=True)
    with pytest.raises(Refused, match="截止"):
        file(walk)
    store.set_clock(at("2024-06-02"), frozen=True)
    assert file(walk) is State.FILED and verify(store).ok
    with store.write() as work:
        work.execute(Case.__table__.update().values(filed_at=at("2024-07-05")))  # type: ignore[attr-defined]
    assert "I13-window" in {invariant.id for invariant in verify(store).bad}


def test_an_end_that_rolls_in_a_year_without_holidays_stays_where_it_is(walk: Walk, store: Store) -> None:
    renewed = policy_of("XZ2023").renewed(code="XZ2030", opens=date(2030, 7, 1), closes=date(2031, 6, 29), changes={})
    by_hand(walk, "XZ2030", "P-window-end", "roll", "2030-07-01")
    with store.read() as work:
        way = Procedure(renewed, renewed.measure(4), renewed.item("M4a"), reference(store, work), date(2030, 9, 1))
    assert way.setting("P-window-end") == "roll" and date(2031, 6, 29).weekday() == 6
    assert window(way).inside(at("2030-09-01")) and window(way).last_filing_day == date(2031, 6, 29)
