"""Delivery that breaks by a fault of its own: tried again after pauses that grow, told once, and told when it is over."""

import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from casework.operations.alarms import lasting
from casework.operations.message_delivery import BROKEN, tell_operators
from models.store import Store
from notifications.delivery import Dispatcher, Pace, dispatcher
from support.posts import Post, Scripted, crowd


class Clock(threading.Event):
    """Notes each pause and does not wait; tells to stop after so many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.pauses = most, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) >= self.most:
            self.set()
        return self.is_set()


@pytest.fixture
def post(store: Store) -> Post:
    """An office with mail and one message that waits."""
    made = Post(store, Scripted())
    made.tell(*crowd(made, 1))
    return made


def mail_of(post: Post) -> Scripted:
    """The dispatcher's one channel."""
    (mail,) = post.channels
    assert isinstance(mail, Scripted)
    return mail


def broken(monkeypatch: pytest.MonkeyPatch, times: int, wrong: Exception) -> None:
    """So many turns break where answers are booked."""
    settle, failed = dispatcher.settle, list[Exception]()

    def breaks(*given: Any) -> Any:
        if len(failed) < times:
            failed.append(wrong)
            raise wrong
        return settle(*given)

    monkeypatch.setattr(dispatcher, "settle", breaks)


def run(post: Post, most: int) -> list[float]:
    """The pauses of delivery, until there were so many."""
    clock = Clock(most)
    by_mail = Dispatcher(post.store, [mail_of(post)], pace=Pace(limit=1.0))
    by_mail.run(clock, lambda wrong: tell_operators(post.store, wrong))
    return clock.pauses


def alarms(post: Post) -> list[str]:
    """What the audit tells of alarms, in order."""
    rows = post.rows("SELECT action FROM audit_entry WHERE action LIKE 'alarm.%' ORDER BY seq")
    return [action for (action,) in rows]


def test_the_pauses_grow_to_five_minutes_and_the_operators_are_told_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, 9, ValueError("a name that must not be told"))
    assert run(post, 9) == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]
    assert lasting(post.store) == [BROKEN] and alarms(post) == ["alarm.wrong"]
    ((content,),) = post.rows("SELECT content FROM audit_entry WHERE action = 'alarm.wrong'")
    assert "ValueError" in str(content) and "must not be told" not in str(content)


def test_when_it_works_again_all_is_sent_the_alarm_is_over_and_pauses_begin_anew(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, 2, ValueError("算例"))
    assert run(post, 3) == [5.0, 10.0, dispatcher.POLL_SECONDS]
    assert lasting(post.store) == [] and alarms(post) == ["alarm.wrong", "alarm.over"]
    assert len(mail_of(post).got) >= 1
    post.tell("person:nobody")
    broken(monkeypatch, 1, ValueError("算例"))
    assert run(post, 1) == [5.0]
    assert alarms(post) == ["alarm.wrong", "alarm.over", "alarm.wrong"]


def test_an_alarm_left_by_a_process_that_is_gone_ends_with_the_first_good_turn(post: Post) -> None:
    tell_operators(post.store, ValueError("算例"))
    run(post, 1)
    assert lasting(post.store) == []


def test_a_database_that_is_away_is_no_fault_of_delivery(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    away = sqlite3.OperationalError("unable to open database file")
    away.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    broken(monkeypatch, 4, OperationalError("SELECT 1", {}, away))
    assert run(post, 4) == [5.0] * 4
    assert lasting(post.store) == []


def test_those_who_cannot_be_told_at_the_first_break_are_told_at_the_next(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, 3, ValueError("算例"))
    heard: list[Exception | None] = []

    def told(wrong: Exception | None) -> None:
        heard.append(wrong)
        if len(heard) == 1:
            raise OSError("away")

    Dispatcher(post.store, [mail_of(post)], pace=Pace(limit=1.0)).run(Clock(3), told)
    assert len(heard) == 2
