"""With every guard off, somebody alters what the calendar wrote: `verify` says what broke and names the row."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from casework.calendar_jobs import job_runner
from models.clock import real_now
from models.store import Store
from models.triggers import uninstall
from models.verify import verify
from support.calendar_jobs import Notebook, at, only
from support.stage import Stage
from support.walk import Walk

pytestmark = pytest.mark.tampers


@pytest.fixture
def reminded(store: Store) -> Store:
    """A store with a finished job, a failed one and a reminder; nothing guards it any more."""
    walk = Walk(Stage(store).furnish())
    walk.open("M4a", 1)
    store.set_clock(at("2024-06-20"), frozen=True)
    job_runner.run_due(store)
    with store.engine.begin() as connection:
        uninstall(connection)
    return store


def broken(store: Store, *statements: str) -> dict[str, str]:
    """What verify finds after these statements: the check and its first row."""
    with store.engine.connect().execution_options(writes=True) as connection:
        if store.engine.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            for statement in statements:
                connection.execute(text(statement))
    return {invariant.id: str(invariant.bad) for invariant in verify(store).bad if invariant.id.startswith("J")}


def test_what_the_calendar_wrote_itself_is_in_order(reminded: Store) -> None:
    assert broken(reminded) == {}


def test_a_claim_that_contradicts_itself_is_found(reminded: Store) -> None:
    found = broken(reminded, "UPDATE job_claim SET done_at = NULL WHERE kind = 'deadlines'")
    assert found["J1-claims"].startswith("deadlines:")


def test_a_skipped_job_without_a_reason_is_found(reminded: Store) -> None:
    assert "J1-claims" in broken(
        reminded, "UPDATE job_claim SET status = 'skipped', reason = '' WHERE kind = 'deadlines'"
    )


def test_a_claim_that_nobody_took_over_is_found(reminded: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Notebook(trouble=lambda _day: True)
    only(monkeypatch, [failing.job("failing")])
    assert job_runner.run_due(reminded).failed
    assert broken(reminded) == {}, "it waits for its next attempt"
    long_ago = real_now() - timedelta(hours=2)
    shown = long_ago.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    found = broken(reminded, f"UPDATE job_claim SET lease_until = '{shown}' WHERE kind = 'failing'")
    assert found["J2-alive"].startswith("failing 2024-06-20: status=failed")


def test_a_reminder_to_somebody_else_is_found(reminded: Store) -> None:
    assert "XZ2023-M04-000001" in broken(reminded, "UPDATE reminder SET recipient = 'party:other'")["J3-reminders"]


def test_a_reminder_whose_message_is_gone_is_found(reminded: Store) -> None:
    if reminded.engine.dialect.name == "postgresql":
        drop = "ALTER TABLE reminder DROP CONSTRAINT reminder_message_id_fkey"
        found = broken(reminded, drop, "DELETE FROM message WHERE kind = 'filing_reminder'")
    else:
        found = broken(reminded, "DELETE FROM message WHERE kind = 'filing_reminder'")
    assert "told=None" in found["J3-reminders"]


def test_a_second_reminder_is_found_even_when_its_index_is_gone(reminded: Store) -> None:
    columns = "kind, subject, due, stage, recipient, case_id, message_id, made_at"
    made = "018a0000-0000-7000-8000-000000000001"
    made = made if reminded.engine.dialect.name == "postgresql" else made.replace("-", "")
    again = (
        f"INSERT INTO reminder (id, {columns}) SELECT '{made}', {columns} FROM reminder WHERE kind = 'filing_reminder'"
    )
    assert "sent=2" in broken(reminded, "DROP INDEX reminder_once", again)["J3-once"]
