"""Working days of China: real notices, make-up days, overrides, and the refusal to guess."""

from datetime import UTC, date, datetime, timedelta
from time import process_time

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.workdays import CHINA, Calendar, CalendarUnknown, Day, whole_year

DAYS = st.dates(date(2004, 1, 1), date(2026, 12, 31))
INNER_DAYS = st.dates(date(2008, 1, 1), date(2022, 12, 31))
NOTICES = [
    (date(2023, 6, 19), date(2023, 6, 28), 7),
    (date(2023, 6, 20), date(2023, 6, 29), 7),
    (date(2023, 9, 12), date(2023, 9, 20), 7),
    (date(2023, 9, 22), date(2023, 10, 8), 7),
    (date(2023, 10, 10), date(2023, 10, 18), 7),
    (date(2023, 11, 7), date(2023, 11, 9), 3),
    (date(2023, 2, 21), date(2023, 2, 27), 5),
]


@pytest.mark.parametrize(("first", "last", "days"), NOTICES)
def test_a_real_notice_counts_its_first_and_its_last_day(first: date, last: date, days: int) -> None:
    assert CHINA.count(first, last) == days
    assert CHINA.nth(first, days) == last


@pytest.mark.parametrize("day", [date(2023, 6, 25), date(2023, 10, 7), date(2023, 10, 8)])
def test_a_make_up_day_on_a_weekend_works(day: date) -> None:
    assert CHINA.is_workday(day)


@pytest.mark.parametrize("day", [date(2023, 6, 22), date(2023, 9, 29), date(2023, 10, 6), date(2024, 2, 12)])
def test_a_weekday_of_a_long_holiday_rests(day: date) -> None:
    assert not CHINA.is_workday(day)


def test_the_window_of_the_plan_has_249_working_days_7_of_them_on_weekends() -> None:
    first, last = date(2023, 7, 1), date(2024, 6, 30)
    assert CHINA.count(first, last) == len(CHINA.working_days(first, last)) == 249
    assert len(CHINA.make_up_days(first, last)) == 7


def test_a_deadline_starts_on_the_next_working_day() -> None:
    assert CHINA.deadline(date(2023, 9, 28), 1) == date(2023, 10, 7)
    assert CHINA.deadline(date(2023, 9, 28), 5) == date(2023, 10, 11)
    assert CHINA.deadline(date(2023, 9, 30), 1) == date(2023, 10, 7)


def test_a_notice_that_starts_on_a_day_of_rest_counts_from_the_next_working_day() -> None:
    assert CHINA.nth(date(2024, 6, 30), 1) == date(2024, 7, 1)
    assert CHINA.nth(date(2023, 12, 30), 5) == date(2024, 1, 8)


def test_adding_nothing_stays_on_a_working_day_and_leaves_a_day_of_rest() -> None:
    assert CHINA.add(date(2023, 10, 9), 0) == date(2023, 10, 9)
    assert CHINA.add(date(2023, 10, 1), 0) == date(2023, 10, 7)


def test_subtracting_goes_back_over_a_year() -> None:
    assert CHINA.add(date(2024, 1, 2), -1) == date(2023, 12, 29)


@given(INNER_DAYS, st.integers(1, 400))
def test_going_forth_and_back_returns_to_the_working_day(day: date, number: int) -> None:
    start = CHINA.nth(day, 1)
    assert CHINA.add(CHINA.add(start, number), -number) == start


@given(INNER_DAYS, st.integers(1, 400))
def test_the_nth_day_of_a_notice_is_the_day_at_which_the_count_reaches_n(first: date, number: int) -> None:
    last = CHINA.nth(first, number)
    assert CHINA.is_workday(last) and CHINA.count(first, last) == number


@given(DAYS, DAYS)
def test_the_count_is_the_sum_of_its_days(start: date, other: date) -> None:
    first, last = min(start, other), max(start, other)
    if (last - first).days > 900:
        last = first + timedelta(days=900)
    days = [first + timedelta(days=index) for index in range((last - first).days + 1)]
    assert CHINA.count(first, last) == sum(map(CHINA.is_workday, days)) == len(CHINA.working_days(first, last))


@pytest.mark.parametrize("year", [2018, 2019, 2021, 2022, 2023, 2024, 2025])
def test_an_independent_calendar_agrees_on_every_day(year: int) -> None:
    oracle = holidays.country_holidays("CN", years=[year])
    days = [date(year, 1, 1) + timedelta(days=index) for index in range(365)]
    assert [day for day in days if CHINA.is_workday(day) != oracle.is_working_day(day)] == []


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2099, 1, 1)])
def test_a_year_without_data_is_refused_and_named(day: date) -> None:
    with pytest.raises(CalendarUnknown, match=str(day.year)) as caught:
        CHINA.is_workday(day)
    assert caught.value.year == day.year


def test_a_count_or_deadline_that_runs_into_an_unknown_year_is_refused() -> None:
    last_known = max(year for year in range(2004, 2100) if CHINA.knows(year))
    eve = date(last_known, 12, 31)
    with pytest.raises(CalendarUnknown):
        CHINA.deadline(eve, 1)
    with pytest.raises(CalendarUnknown):
        CHINA.count(date(last_known, 12, 1), eve + timedelta(days=1))
    with pytest.raises(CalendarUnknown):
        CHINA.add(date(2004, 1, 1), -1)


def test_an_override_changes_its_day_and_no_other_calendar() -> None:
    amended = Calendar({date(2023, 7, 3): Day.RESTS, date(2023, 7, 8): Day.WORKS})
    assert not amended.is_workday(date(2023, 7, 3)) and amended.is_workday(date(2023, 7, 8))
    assert amended.count(date(2023, 7, 1), date(2023, 7, 9)) == CHINA.count(date(2023, 7, 1), date(2023, 7, 9))
    assert amended.nth(date(2023, 7, 3), 1) == date(2023, 7, 4) and CHINA.nth(date(2023, 7, 3), 1) == date(2023, 7, 3)


def test_some_overrides_do_not_make_an_unknown_year_known() -> None:
    year = whole_year(2050, rests=[date(2050, 1, 3)])
    year.pop(date(2050, 12, 31))
    with pytest.raises(CalendarUnknown):
        Calendar(year).is_workday(date(2050, 5, 5))


def test_overrides_for_every_day_make_an_unknown_year_known() -> None:
    calendar = Calendar(whole_year(2050, rests=[date(2050, 1, 3)], works=[date(2050, 1, 8)]))
    assert not calendar.is_workday(date(2050, 1, 3)) and calendar.is_workday(date(2050, 1, 8))
    assert calendar.count(date(2050, 1, 1), date(2050, 12, 31)) == 260


def test_a_notice_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="2050-01-03"):
        whole_year(2050, rests=[date(2050, 1, 3)], works=[date(2050, 1, 3)])
    with pytest.raises(ValueError, match="2051-01-03"):
        whole_year(2050, rests=[date(2051, 1, 3)])


def test_an_instant_is_refused_where_a_date_is_meant() -> None:
    with pytest.raises(TypeError):
        CHINA.is_workday(datetime(2023, 7, 3, tzinfo=UTC))


@pytest.mark.parametrize("number", [0, -1])
def test_a_notice_or_deadline_of_no_days_is_refused(number: int) -> None:
    with pytest.raises(ValueError):
        CHINA.nth(date(2023, 7, 3), number)
    with pytest.raises(ValueError):
        CHINA.deadline(date(2023, 7, 3), number)


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError):
        CHINA.count(date(2023, 7, 4), date(2023, 7, 3))


def test_100_000_deadlines_take_a_moment() -> None:
    day, began = date(2023, 7, 3), process_time()
    for _ in range(100_000):
        CHINA.deadline(day, 20)
    assert process_time() - began < 2
