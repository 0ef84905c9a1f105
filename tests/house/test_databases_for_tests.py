"""The PostgreSQL that tests use is a real one with safe settings, and each test gets a database of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from models.triggers import uninstall
from support.stores import broken

if TYPE_CHECKING:
    from models.store import Store
    from support.postgres import Server


def fill(url: str) -> None:
    """Put one table with one row into an empty database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (n int)"))
        connection.execute(text("INSERT INTO seen VALUES (1)"))
    engine.dispose()


def test_a_real_server_with_durable_settings_answers(postgres: "Callable[[], Server]") -> None:
    engine = create_engine(postgres().url("postgres"))
    with engine.connect() as connection:
        assert int(connection.execute(text("SHOW server_version_num")).scalar_one()) >= 150_000
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(text(f"SHOW {setting}")).scalar_one() == "on"
    engine.dispose()


def test_two_databases_of_one_kind_share_their_content_but_not_their_changes(postgres: "Callable[[], Server]") -> None:
    first, second = (create_engine(postgres().database("house", fill)) for _ in range(2))
    with first.begin() as connection:
        connection.execute(text("INSERT INTO seen VALUES (2)"))
    with second.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM seen")).scalar_one() == 1
    for engine in (first, second):
        engine.dispose()
        postgres().drop(engine.url.render_as_string(hide_password=False))


def test_a_store_is_fresh_and_may_be_broken_only_by_those_who_say_so(make_store: "Callable[..., Store]") -> None:
    first, second = make_store(), make_store(demo=False)
    assert (first.demo, second.demo) == (True, False)
    assert first.url != second.url
    assert broken(first) == []


@pytest.mark.tampers
def test_what_a_test_breaks_is_named_by_the_check_after_it(store: "Store") -> None:
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        uninstall(connection)
    assert [fault for fault in broken(store) if fault.startswith("R2-guards")]
