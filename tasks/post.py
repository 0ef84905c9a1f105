"""寄送: messages that wait in the outbox go out through the channels set up here."""

from prefect import task

from casework import sending
from casework.home import Home
from casework.outcome import Outcome
from tasks.kit import QUIETLY


@task(**QUIETLY)
def send_waiting() -> Outcome:
    """One pass over everything that is due."""
    done = sending.deliver(Home.current())
    return Outcome(moved=[("消息", str(done))] if done.routed or done.states else [])
