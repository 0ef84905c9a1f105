"""The edges of the window: both sides of each, in any time zone, and what may move its end."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.window import SHANGHAI, Extension, Window, business_day, reminder_days

YEAR = Window(first=date(2023, 7, 1), last=date(2024, 6, 30))
TICK = timedelta(microseconds=1)
NOTICE = Extension(until=date(2024, 7, 15), published=date(2024, 6, 20), citation="示例公告 1 号")


def test_the_window_opens_at_midnight_of_its_first_day() -> None:
    opening = datetime(2023, 7, 1, tzinfo=SHANGHAI)
    assert YEAR.inside(opening) and not YEAR.inside(opening - TICK)


def test_the_window_closes_at_midnight_after_its_last_day() -> None:
    closing = datetime(2024, 7, 1, tzinfo=SHANGHAI)
    assert YEAR.inside(closing - TICK) and not YEAR.inside(closing)


def test_one_second_before_midnight_is_in_time_and_one_second_after_is_late() -> None:
    assert YEAR.inside(datetime(2024, 6, 30, 23, 59, 59, 999_999, tzinfo=SHANGHAI))
    assert not YEAR.inside(datetime(2024, 7, 1, 0, 0, 1, tzinfo=SHANGHAI))


def test_the_edges_in_universal_time_are_16_hours() -> None:
    assert YEAR.opens_at == datetime(2023, 6, 30, 16, tzinfo=UTC)
    assert YEAR.closes_at == datetime(2024, 6, 30, 16, tzinfo=UTC)


@given(
    st.timedeltas(timedelta(days=-2), timedelta(days=370)),
    st.sampled_from(
        [UTC, SHANGHAI, ZoneInfo("America/New_York"), timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))]
    ),
)
def test_the_zone_of_the_clock_never_matters(offset: timedelta, zone: ZoneInfo) -> None:
    instant = YEAR.opens_at.astimezone(UTC) + offset
    assert YEAR.inside(instant.astimezone(zone)) == YEAR.inside(instant) == YEAR.covers(instant)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2024, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError):
        YEAR.inside(naive)
    with pytest.raises(ValueError):
        business_day(naive)


def test_the_last_day_is_a_sunday_and_stays_where_it_is() -> None:
    assert YEAR.last.weekday() == 6 and YEAR.last_filing_day == date(2024, 6, 30)


def test_the_last_day_rolls_to_monday_when_the_setting_says_so() -> None:
    rolling = Window(first=YEAR.first, last=YEAR.last, rolls=True)
    assert rolling.last_filing_day == date(2024, 7, 1)
    assert rolling.inside(datetime(2024, 7, 1, 23, 59, 59, tzinfo=SHANGHAI))


def test_a_last_day_that_is_a_working_day_does_not_roll() -> None:
    assert Window(first=YEAR.first, last=date(2024, 6, 28), rolls=True).last_filing_day == date(2024, 6, 28)


def test_a_published_notice_puts_off_filing_but_not_the_term() -> None:
    extended = Window(first=YEAR.first, last=YEAR.last, extensions=(NOTICE,))
    assert extended.inside(datetime(2024, 7, 15, 23, 59, tzinfo=SHANGHAI))
    assert not extended.inside(datetime(2024, 7, 16, tzinfo=SHANGHAI))
    assert extended.covers(date(2024, 6, 30)) and not extended.covers(date(2024, 7, 1))


def test_extensions_follow_one_another_in_the_order_of_publication() -> None:
    second = Extension(until=date(2024, 7, 31), published=date(2024, 7, 10), citation="示例公告 2 号")
    for order in ((NOTICE, second), (second, NOTICE)):
        assert Window(first=YEAR.first, last=YEAR.last, extensions=order).last_filing_day == date(2024, 7, 31)


@pytest.mark.parametrize(
    "notice",
    [
        Extension(until=date(2024, 7, 15), published=date(2024, 7, 1), citation="示例公告"),
        Extension(until=date(2024, 6, 30), published=date(2024, 6, 1), citation="示例公告"),
        Extension(until=date(2024, 7, 15), published=date(2024, 6, 1), citation=" "),
    ],
    ids=["published too late", "extends nothing", "cites nothing"],
)
def test_a_notice_that_is_late_empty_or_without_citation_is_refused(notice: Extension) -> None:
    with pytest.raises(ValueError):
        Window(first=YEAR.first, last=YEAR.last, extensions=(notice,))


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError):
        Window(first=date(2024, 1, 2), last=date(2024, 1, 1))


def test_the_term_covers_both_of_its_ends() -> None:
    assert YEAR.covers(date(2023, 7, 1)) and YEAR.covers(date(2024, 6, 30))
    assert not YEAR.covers(date(2023, 6, 30)) and not YEAR.covers(date(2024, 7, 1))


def test_reminders_count_calendar_days() -> None:
    assert reminder_days(date(2024, 6, 30), (60, 30, 14, 7, 3, 1))[0] == date(2024, 5, 1)
    assert reminder_days(date(2024, 6, 30), (1, 3, 1)) == [date(2024, 6, 27), date(2024, 6, 29)]
