"""Trouble of the database is told by its codes, in whatever language its words are."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.shared.error_translation import as_problem, translated
from casework.shared.errors import Problem, Refused, Retryable
from models import Counter
from models.database_errors import ErrorKind, kind_of, of_database
from models.store import Store

CHINESE = "错误：检测到死锁"


def raised_by(store: Store, statement: str) -> Exception:
    """What a statement in a write transaction of ours raises."""
    with pytest.raises(Exception) as caught, store.write() as work:
        work.execute(text(statement))
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.DeadlockDetected, ErrorKind.RACE),
        (errors.SerializationFailure, ErrorKind.RACE),
        (errors.LockNotAvailable, ErrorKind.RACE),
        (errors.UniqueViolation, ErrorKind.RACE),
        (errors.QueryCanceled, ErrorKind.RACE),
        (errors.AdminShutdown, ErrorKind.AWAY),
        (errors.CannotConnectNow, ErrorKind.AWAY),
        (errors.ConnectionFailure, ErrorKind.AWAY),
        (errors.TooManyConnections, ErrorKind.AWAY),
        (errors.InvalidPassword, ErrorKind.AWAY),
        (psycopg.OperationalError, ErrorKind.AWAY),
        (errors.CheckViolation, ErrorKind.OTHER),
        (errors.ForeignKeyViolation, ErrorKind.OTHER),
        (errors.NotNullViolation, ErrorKind.OTHER),
        (errors.UndefinedTable, ErrorKind.OTHER),
        (errors.DiskFull, ErrorKind.OTHER),
        (psycopg.ProgrammingError, ErrorKind.OTHER),
    ],
)
def test_a_server_that_speaks_chinese_is_understood(error: type[psycopg.Error], kind: ErrorKind) -> None:
    plain = error(CHINESE)
    assert kind_of(plain) is kind
    assert kind_of(DBAPIError.instance("", None, plain, psycopg.Error)) is kind


def test_english_words_alone_mean_nothing() -> None:
    assert kind_of(errors.CheckViolation("unique duplicate locked deadlock")) is ErrorKind.OTHER
    assert not of_database(RuntimeError("database is locked")) and kind_of(RuntimeError("deadlock")) is ErrorKind.OTHER


def test_what_another_wrote_first_is_a_race_and_a_broken_rule_is_not(store: Store) -> None:
    with store.write() as work:
        work.add(Counter, series="a", last=1)
    taken = raised_by(store, "INSERT INTO counter (series, last) VALUES ('a', 2)")
    assert kind_of(taken) is ErrorKind.RACE and isinstance(as_problem(taken), Retryable)
    missing = raised_by(store, "INSERT INTO counter (series, last) VALUES ('b', NULL)")
    assert kind_of(missing) is ErrorKind.OTHER
    with pytest.raises(DBAPIError), translated():
        raise missing


def test_a_guard_of_the_database_is_known_by_its_code(store: Store) -> None:
    with store.write() as work:
        work.audit(actor="system", action="test", subject="guard", content={})
    refused = raised_by(store, "DELETE FROM audit_entry")
    assert kind_of(refused) is ErrorKind.GUARD
    with pytest.raises(DBAPIError, match="append-only"):
        as_problem(refused)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("separation-of-duties: 同一人", Refused),
        ("stale-version: 版本", Retryable),
    ],
)
def test_guards_that_a_person_can_meet_are_told_in_words(words: str, kind: type[Problem]) -> None:
    assert isinstance(as_problem(sqlite3.IntegrityError(words)), kind)
    assert isinstance(as_problem(errors.CheckViolation(words)), kind)


def test_a_lock_that_is_held_too_long_is_a_race(tmp_path: Path) -> None:
    place = tmp_path / "held.db"
    first, second = (sqlite3.connect(place, isolation_level=None, timeout=0) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as held:
        second.execute("BEGIN IMMEDIATE")
    assert kind_of(held.value) is ErrorKind.RACE
    for trouble in (first, second):
        trouble.close()


def test_a_database_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(DBAPIError) as gone, Store(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}").read():
        pass
    assert kind_of(gone.value) is ErrorKind.AWAY
    with pytest.raises(DBAPIError) as gone, Store("postgresql+psycopg://nobody@127.0.0.1:1/none").read():
        pass
    assert kind_of(gone.value) is ErrorKind.AWAY


def test_a_problem_of_ours_passes_as_it_is() -> None:
    with pytest.raises(Refused, match="算例"), translated():
        raise Refused("x", "算例")
