"""寄送: messages that wait in the outbox go out through the channels set up here."""

from prefect import task

from casework.operations import message_delivery
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from tasks.runtime import QUIETLY


@task(**QUIETLY)
def send_waiting() -> RunSummary:
    """One pass over everything that is due."""
    done = message_delivery.send_waiting(Home.current())
    return RunSummary(moved=[("消息", str(done))] if done.routed or done.states else [])
