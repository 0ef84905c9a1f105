"""A channel that hangs delays its own messages and nothing else: not another channel, not an act, not a flow's pass."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from casework.views import message_log
from models import State
from models.store import Store
from notifications.delivery import DeliveryThread, Pace, send_due
from support.posts import Post, Scripted, crowd
from support.stage import LEAD, NOON, Stage
from support.walk import Walk

PATIENCE = 300.0  # of the test, on a busy machine; nothing is measured
ACTS = 5


def until(reached: Callable[[], bool]) -> None:
    """Waits; fails where it never comes."""
    end = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_acts_are_done_while_a_channel_hangs(store: Store) -> None:
    Stage(store).furnish()
    post, walk = Post(store, now=NOON), Walk(Stage(store))
    post.contact(f"unit:{LEAD}", "room")
    hang = Event()
    dead = Scripted("room", "dingtalk", group=True, hold=hang)
    for _ in range(6):
        post.tell(f"unit:{LEAD}:certifier")
    running = DeliveryThread(store, [dead], pace=Pace(limit=PATIENCE, width=2))
    running.start()
    try:
        until(lambda: len(dead.got) == 2)
        for number in range(ACTS):
            walk.to(walk.open("M4a", number + 1), State.FILED)
        assert len(dead.got) == 2, "the channel still hangs, and every act was done"
    finally:
        hang.set()
        running.stop()


def test_a_dead_channel_delays_no_other(store: Store) -> None:
    hang = Event()
    mail, dead = Scripted(), Scripted("room", "dingtalk", group=True, hold=hang)
    post = Post(store, mail, dead)
    both(post, 40)
    passing = Thread(target=send_due, args=(store, post.channels), kwargs={"pace": Pace(limit=PATIENCE, width=2)})
    passing.start()
    try:
        until(lambda: len(mail.got) == 40)
        assert len(dead.got) == 2, "every mail went while the other channel still hung"
    finally:
        hang.set()
        passing.join()


def test_a_pass_ends_in_its_time_whatever_waits_for_a_dead_channel(store: Store) -> None:
    mail, dead = Scripted(), Scripted("room", "dingtalk", group=True, hold=Event())
    post = Post(store, mail, dead)
    both(post, 40)
    send_due(store, post.channels, pace=Pace(limit=0.3, width=2, ahead=1, first=3600), within=1.0)
    assert len(dead.got) < 40, "not the hang of each that waits for the dead channel"
    assert {message.status for message in message_log.listed(store, most=1000)} <= {"sent", "routed", "queued"}


def both(post: Post, each: int) -> None:
    """So many messages for people by mail, and as many for a unit's room."""
    people = crowd(post, 5)
    post.unit()
    room = post.rows("SELECT name FROM unit")[0][0]
    post.contact(f"unit:{room}", "room")
    for number in range(each):
        post.tell(people[number % 5])
        post.tell(f"unit:{room}:certifier")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_transaction_is_open_while_a_channel_sends(store: Store) -> None:
    writes: list[str] = []

    class Writing(Scripted):
        """A channel that writes to the same store while it sends: with a transaction held open it would wait for ever."""

        def send(self, parcel: Any, *, seconds: float) -> Any:
            with store.write() as work:
                work.audit(actor="system", action="trial", subject=parcel.key, content={})
            writes.append(parcel.key)
            return super().send(parcel, seconds=seconds)

    post = Post(store, Writing())
    (to,) = crowd(post, 1)
    for _ in range(20):
        post.tell(to)
    assert post.send_due().states["sent"] == 20
    assert len(writes) == 20
