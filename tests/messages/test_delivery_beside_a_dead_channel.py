"""A channel that hangs delays its own messages and nothing else: not another channel, not an act, not a flow's pass."""

import time
from threading import Event, Thread
from typing import Any

import pytest

from casework.queries import outgoing
from models import State
from models.store import Store
from notifications.delivery import Deliverer, Pace, deliver_due
from support.posts import Post, Scripted, crowd
from support.stage import LEAD, NOON, Stage
from support.walk import Walk

HANGS = 0.6
ACTS = 15


def acts_in(walk: Walk, first: int) -> float:
    """How long the slower half of some acts begins to take, each a transaction with its message."""
    took = []
    for number in range(first, first + ACTS):
        case = walk.open("M4a", number)
        began = time.perf_counter()
        walk.to(case, State.FILED)
        took.append(time.perf_counter() - began)
    return sorted(took)[ACTS // 2]


def test_acts_are_as_quick_while_a_channel_hangs_as_before(store: Store) -> None:
    Stage(store).furnish()
    post, walk = Post(store, now=NOON), Walk(Stage(store))
    post.contact(f"unit:{LEAD}", "room")
    calm = acts_in(walk, 1)
    dead = Scripted("room", "dingtalk", group=True, hold=Event())
    for _ in range(6):
        post.tell(f"unit:{LEAD}:certifier")
    running = Deliverer(store, [dead], pace=Pace(limit=HANGS, width=2))
    running.start()
    while not dead.got:
        time.sleep(0.01)
    beside = acts_in(walk, 100)
    running.stop()
    assert beside < calm * 3 + HANGS / 2, (calm, beside)  # an act that waited for the channel would take HANGS more


def test_a_dead_channel_delays_no_other_and_a_pass_ends_in_its_time(store: Store) -> None:
    mail, dead = Scripted(), Scripted("room", "dingtalk", group=True, hold=Event())
    post = Post(store, mail, dead)
    people = crowd(post, 5)
    post.unit()
    post.contact(f"unit:{post.rows('SELECT name FROM unit')[0][0]}", "room")
    within = max(2.0, 10 * _alone(post, people, mail))
    for number in range(80):
        post.tell(people[number % 5] if number % 2 else f"unit:{post.rows('SELECT name FROM unit')[0][0]}:certifier")
    arrived: list[float] = []
    watch: Any = Thread(target=lambda: _when(mail, 40, arrived))
    watch.start()
    began = time.monotonic()
    done = deliver_due(store, post.channels, pace=Pace(limit=within * 0.3, width=2, ahead=1, first=3600), within=within)
    took = time.monotonic() - began
    watch.join()
    assert done.states["sent"] == 40 and arrived[0] - began < within
    assert took < 4 * within, "and not the twelve hangs of all that waits for the dead channel"
    assert {one.status for one in outgoing.listed(store, most=1000)} == {"sent", "routed"}


def _alone(post: Post, people: list[str], mail: Scripted) -> float:
    """How long so many mails take on this machine now, when no other channel is there."""
    for number in range(40):
        post.tell(people[number % 5])
    began = time.monotonic()
    deliver_due(post.store, [mail])
    took = time.monotonic() - began
    assert len(mail.got) == 40
    mail.got.clear()
    return took


def _when(mail: Scripted, count: int, arrived: list[float]) -> None:
    end = time.monotonic() + 120
    while len(mail.got) < count and time.monotonic() < end:
        time.sleep(0.005)
    arrived.append(time.monotonic())


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
    began = time.monotonic()
    assert post.deliver().states["sent"] == 20
    assert len(writes) == 20 and time.monotonic() - began < 25, "not until the lock's patience was over"
