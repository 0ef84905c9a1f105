"""The bucket: never more than its limit in any sixty seconds, whatever the order of asking, also across a restart."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.bucket import MINUTE, Bucket

START = datetime(2023, 9, 1, tzinfo=UTC)


@given(
    steps=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6)), max_size=60),
    limit=st.integers(1, 20),
    cut=st.integers(0, 60),
)
def test_no_sixty_seconds_hold_more_than_the_limit(steps: list[tuple[int, int]], limit: int, cut: int) -> None:
    now, went, bucket = START, list[datetime](), Bucket(limit)
    for number, (pause, count) in enumerate(steps):
        now += timedelta(seconds=pause)
        if number == cut:  # the process ends, another begins with what the log knows
            bucket = Bucket(limit, went)
        if count <= limit and bucket.take(now, count):
            went += [now] * count
    assert all(sum(1 for moment in went if first <= moment < first + MINUTE) <= limit for first in went)


def test_twenty_go_at_once_and_the_next_a_minute_after_the_first() -> None:
    bucket = Bucket(20)
    assert all(bucket.take(START + timedelta(seconds=n)) for n in range(20))
    now = START + timedelta(seconds=30)
    assert not bucket.take(now) and bucket.wait(now) == timedelta(seconds=30)
    assert bucket.wait(now, 3) == timedelta(seconds=32)
    assert bucket.take(now + bucket.wait(now))


def test_waiting_as_long_as_it_says_is_enough_and_not_too_long() -> None:
    bucket = Bucket(3, [START, START + timedelta(seconds=10)])
    now = START + timedelta(seconds=20)
    wait = bucket.wait(now, 2)
    assert not bucket.take(now + wait - timedelta(seconds=1), 2) and bucket.take(now + wait, 2)


def test_a_text_of_more_parts_than_the_limit_goes_when_all_is_free() -> None:
    bucket = Bucket(2)
    assert bucket.take(START, 5)
    assert bucket.wait(START + timedelta(seconds=1)) == timedelta(seconds=59)


def test_a_robot_that_asks_for_rest_gets_it() -> None:
    bucket = Bucket(20)
    bucket.close(START, 600)
    assert bucket.wait(START + timedelta(seconds=100)) == timedelta(seconds=500)
    assert not bucket.take(START + timedelta(seconds=599)) and bucket.take(START + timedelta(seconds=600))


def test_without_a_limit_there_is_only_the_rest_that_was_asked_for() -> None:
    bucket = Bucket(None)
    assert all(bucket.take(START) for _ in range(1000))
    bucket.close(START, 5)
    assert not bucket.take(START)
