"""The records are proven every hour of real time, and a broken one is told to the operators once, with an all-clear."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.calendar_jobs import job_registry
from casework.calendar_jobs.integrity_check import VERIFY, prove, proving_due
from casework.operations.alarms import lasting
from casework.operations.heartbeat import beat
from models import Heartbeat, Message
from models.clock import real_now
from models.store import Store
from support.dossier import DossierCase
from support.stage import NOON

TODAY = NOON.date()


def test_it_is_due_an_hour_after_the_last_and_not_before(store: Store) -> None:
    assert not proving_due(store, TODAY), "a store that was just made needs no proof yet"
    assert prove(store, TODAY).idle and not proving_due(store, TODAY)
    with store.write() as work:
        beat(work, VERIFY)
        work.execute(update(Heartbeat).values(at=real_now() - timedelta(minutes=61)))
    assert proving_due(store, TODAY)
    assert VERIFY in {moment.kind for moment in job_registry.MOMENTS}


@pytest.mark.tampers
def test_a_broken_record_is_told_once_and_its_repair_too(
    store: Store, whole: DossierCase, intruder: Callable[..., None]
) -> None:
    intruder("UPDATE entitlement SET paid_fen = paid_fen - 1")
    for _ in range(2):
        found = prove(store, TODAY)
        assert found.failed and lasting(store) == ["verify_broken"]
    assert told(store).count("verify_broken") == 1
    intruder("UPDATE entitlement SET paid_fen = paid_fen + 1")
    assert prove(store, TODAY).idle and lasting(store) == []
    assert told(store).count("alarm_over") == 1


def told(store: Store) -> list[str]:
    """The kinds of messages in the outbox."""
    with store.read() as work:
        return list(work.execute(select(col(Message.kind))).scalars())
