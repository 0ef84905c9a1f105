"""Instants are aware and in UTC on both databases, ids can be repeated from a seed, business days are Shanghai's."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pendulum
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError
from sqlmodel import col

from models import JobClaim
from models.clock import (
    SHANGHAI,
    Clock,
    business_date,
    end_of,
    in_shanghai,
    instant,
    lasting,
    month_end,
    months_later,
    real_now,
    start_of,
    to_the_minute,
    to_the_second,
    week_end,
    week_start,
)
from models.columns import canonical_json, iso
from models.database import UnsafeStore
from models.store import Store
from models.unit_of_work import Ids

NOON = datetime(2023, 9, 1, 12, tzinfo=UTC)
BOUNDS = {"min_value": datetime(1950, 1, 1), "max_value": datetime(2100, 1, 1)}  # noqa: DTZ001
aware = some.datetimes(timezones=some.timezones(), **BOUNDS)


def kept(store: Store, moment: datetime) -> datetime:
    """An instant written and read back."""
    with store.write() as work:
        work.execute(text("DELETE FROM job_claim"))
        work.add(JobClaim, kind="k", business_date="d", claimed_at=moment)
    with store.read() as work:
        found: datetime = work.execute(select(col(JobClaim.claimed_at))).scalar_one()
    return found


def test_a_naive_datetime_never_enters_the_store(store: Store) -> None:
    naive = datetime(2023, 9, 1, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"), store.write() as work:
        work.add(JobClaim, kind="k", business_date="d", claimed_at=naive)
    with pytest.raises(StatementError, match="naive"), store.write() as work:
        values = {"id": work.new_id(), "kind": "k", "business_date": "d", "claimed_at": naive, "outcome": ""}
        work.execute(insert(JobClaim).values(**values))
    with store.read() as work:
        assert work.execute(select(col(JobClaim.id))).first() is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Asia/Kathmandu"])
def test_an_instant_comes_back_the_same_to_the_microsecond_in_utc(store: Store, zone: str) -> None:
    moment = datetime(2024, 6, 30, 23, 59, 59, 999999, tzinfo=ZoneInfo(zone))
    found = kept(store, moment)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_instants_compare_in_the_database_as_they_do_in_time(store: Store) -> None:
    edge = datetime(2024, 7, 1, tzinfo=SHANGHAI)
    moments = [edge - timedelta(microseconds=1), edge, edge.astimezone(timezone(timedelta(hours=-8)))]
    with store.write() as work:
        for number, moment in enumerate(moments):
            work.add(JobClaim, kind="k", business_date=str(number), claimed_at=moment)
    with store.read() as work:
        early = select(col(JobClaim.business_date)).where(col(JobClaim.claimed_at) < edge)
        assert work.execute(early).scalars().all() == ["0"]


@settings(max_examples=50)
@given(aware)
def test_the_spelling_of_an_instant_is_of_one_width_and_keeps_the_order(moment: datetime) -> None:
    assert len(iso(moment)) == 27
    universal = moment.astimezone(UTC)
    assert datetime.fromisoformat(iso(moment)) == universal
    assert iso(moment) < iso(universal + timedelta(microseconds=1))


def test_ids_are_repeated_by_their_seed_and_by_nothing_else() -> None:
    first, again, other = ([ids.new(NOON) for _ in range(100)] for ids in (Ids(7), Ids(7), Ids(8)))
    assert first == again
    assert not set(first) & set(other)
    assert len({Ids().new(NOON) for _ in range(1000)}) == 1000


def test_ids_grow_with_time_and_are_version_seven() -> None:
    ids = Ids(1)
    made = [ids.new(NOON + timedelta(seconds=n)) for n in range(100)]
    assert made == sorted(made)
    assert {(case.version, case.variant) for case in made} == {(7, "specified in RFC 4122")}


def test_two_stores_of_one_seed_give_the_same_ids(make_store: Callable[..., Store]) -> None:
    made = []
    for store in (make_store(seed=5), make_store(seed=5)):
        store.set_clock(NOON, frozen=True)
        with store.write() as work:
            made.append([work.new_id() for _ in range(3)])
    assert made[0] == made[1]


def test_a_business_day_begins_and_ends_in_shanghai() -> None:
    assert business_date(datetime(2024, 6, 30, 15, 59, 59, 999999, tzinfo=UTC)) == date(2024, 6, 30)
    assert business_date(datetime(2024, 6, 30, 16, tzinfo=UTC)) == date(2024, 7, 1)
    assert start_of(date(2023, 7, 1)) == datetime(2023, 6, 30, 16, tzinfo=UTC)
    assert end_of(date(2024, 6, 30)) == start_of(date(2024, 7, 1))


CLIENTS = [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-8))]


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_the_first_and_the_last_microsecond_of_a_window_are_one_for_every_client(client: tzinfo) -> None:
    opens, closes, moment = date(2023, 7, 1), date(2024, 6, 30), timedelta(microseconds=1)
    first, last = start_of(opens).astimezone(client), end_of(closes).astimezone(client) - moment
    assert [business_date(moment_) for moment_ in (first - moment, first)] == [date(2023, 6, 30), opens]
    assert [business_date(moment_) for moment_ in (last, last + moment)] == [closes, date(2024, 7, 1)]
    assert (to_the_second(first), to_the_second(last)) == ("2023-07-01 00:00:00", "2024-06-30 23:59:59")
    assert to_the_minute(last + moment) == "2024-07-01 00:00"


@pytest.mark.slow
@given(aware)
def test_shanghais_clock_says_what_the_zones_of_python_say(moment: datetime) -> None:
    oracle = moment.astimezone(ZoneInfo("Asia/Shanghai"))
    shown = in_shanghai(moment)
    assert (shown.isoformat(), business_date(moment)) == (oracle.isoformat(), oracle.date())
    assert business_date(pendulum.instance(moment)) == oracle.date()


@given(some.dates(date(1950, 1, 1), date(2100, 1, 1)), some.times())
def test_an_instant_of_a_business_date_is_plain_and_in_utc(day: date, clock: time) -> None:
    found = instant(day, clock)
    assert (type(found), found.tzinfo) == (datetime, UTC)
    shown = in_shanghai(found)
    assert (shown.date(), shown.time()) == (day, clock) or day.year in range(1986, 1992)  # summer time skips an hour
    assert repr(start_of(day)) == repr(datetime.combine(day, time.min, ZoneInfo("Asia/Shanghai")).astimezone(UTC))


def test_what_the_clock_says_is_plain_and_follows_the_machine() -> None:
    assert (type(real_now()), real_now().tzinfo) == (datetime, UTC)
    with time_machine.travel(datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=SHANGHAI), tick=False):
        assert str(real_now()) == "2026-02-28 15:59:59.999999+00:00"
        assert str(Clock(offset=timedelta(microseconds=1)).now()) == "2026-02-28 16:00:00+00:00"


def test_pendulums_own_instants_are_kept_like_all_others(store: Store) -> None:
    edge = pendulum.datetime(2024, 6, 30, 23, 59, 59, 999999, tz="Asia/Shanghai")
    found = kept(store, edge)
    assert (repr(found), iso(edge)) == (
        repr(datetime(2024, 6, 30, 15, 59, 59, 999999, UTC)),
        "2024-06-30T15:59:59.999999Z",
    )


@given(some.dates(date(1950, 1, 1), date(2100, 1, 1)), some.integers(0, 400))
def test_weeks_and_months_are_the_calendars(day: date, months: int) -> None:
    monday, sunday, last = week_start(day), week_end(day), month_end(day)
    assert (monday.weekday(), sunday - monday) == (0, timedelta(days=6))
    assert monday <= day <= sunday
    assert (last + timedelta(days=1)).day == 1
    assert (last.year, last.month) == (day.year, day.month)
    later = months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == min(day.day, month_end(later).day)
    assert {type(moment_) for moment_ in (monday, sunday, last, later)} == {date}


def test_a_demo_clock_stands_or_runs_from_where_it_was_set(store: Store) -> None:
    store.set_clock(NOON, frozen=True)
    with store.read() as work:
        assert (work.now, work.today) == (NOON, date(2023, 9, 1))
    store.set_clock(NOON)
    with store.read() as work:
        assert timedelta(0) <= work.now - NOON < timedelta(minutes=1)


def test_a_production_clock_cannot_be_moved(make_store: Callable[..., Store]) -> None:
    store = make_store(demo=False)
    with pytest.raises(UnsafeStore, match="不可调整"):
        store.set_clock(NOON)
    with store.read() as work:
        assert abs(work.now - datetime.now(UTC)) < timedelta(minutes=1)


def test_another_process_sees_the_demo_clock_move(make_store: Callable[..., Store]) -> None:
    opened = make_store()
    other = Store.open(opened.url)
    with other.read() as work:
        assert work.now != NOON
    opened.set_clock(NOON, frozen=True)
    with other.read() as work:
        assert work.now == NOON
    other.close()


def test_a_clock_without_offset_reads_the_real_time() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(minutes=1)


@given(
    some.recursive(some.none() | some.booleans() | some.integers() | some.text(), lambda x: some.lists(x), max_leaves=9)
)
def test_the_canonical_spelling_of_a_value_is_one(value: object) -> None:
    spelled = canonical_json({"b": value, "a": "中文"})
    assert spelled.startswith('{"a":"中文","b":')
    assert spelled == canonical_json({"a": "中文", "b": value})


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒钟", "0 seconds"),
        (59.9, "59 秒钟", "59 seconds"),
        (60, "1 分钟", "1 minute"),
        (12 * 60 + 59, "12 分钟", "12 minutes"),
        (3_600, "1 小时", "1 hour"),
        (3_661, "1 小时 1 分钟", "1 hour 1 minute"),
        (86_400 + 59 * 60, "1 天", "1 day"),
        (40 * 86_400 + 11 * 3_600, "40 天 11 小时", "40 days 11 hours"),
        (800 * 86_400, "800 天", "800 days"),
    ],
)
def test_how_long_something_lasts_is_told_in_its_two_largest_units(seconds: float, zh: str, en: str) -> None:
    assert (lasting(seconds), lasting(seconds, "en")) == (zh, en)
