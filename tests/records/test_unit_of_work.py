"""One transaction holds rows and audit, or nothing at all; a failure anywhere in it leaves no trace."""

from collections.abc import Callable

import pytest
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import col

from models import AuditEntry, Counter, JobClaim, UnitRecord
from models.statements import Prepared
from models.store import Store
from models.unit_of_work import UnitOfWork
from models.verify import head, verify


def count(store: Store, table: str) -> int:
    """Rows of a table."""
    with store.read() as work:
        return int(work.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())


def spoken(work: UnitOfWork, number: int = 1) -> None:
    """One unit and its audit row."""
    work.add(UnitRecord, name=f"示例单位{number}")
    work.audit(actor="system", action="add_unit", subject=f"示例单位{number}", content={"n": number})


def test_rows_and_audit_are_written_together(store: Store) -> None:
    with store.write() as work:
        spoken(work)
        assert work.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == 0
    assert (count(store, "unit"), count(store, "audit_entry")) == (1, 1)
    assert verify(store).ok


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as work:
        spoken(work)
        work.flush()
        raise ZeroDivisionError
    assert (count(store, "unit"), count(store, "audit_entry")) == (0, 0)
    assert head(store).seq == 0


def test_a_row_that_the_database_refuses_takes_the_others_with_it(store: Store) -> None:
    with store.write() as work:
        spoken(work)
    with pytest.raises(IntegrityError), store.write() as work:
        spoken(work, 2)
        spoken(work, 1)
    assert (count(store, "unit"), count(store, "audit_entry")) == (1, 1)


def test_a_refusal_is_told_without_the_values_which_may_be_personal(store: Store) -> None:
    with store.write() as work:
        work.add(UnitRecord, name="身份证号 330000")
    with pytest.raises(IntegrityError) as caught, store.write() as work:
        work.add(UnitRecord, name="身份证号 330000")
    assert "[parameters" not in str(caught.value)


def test_a_column_that_does_not_exist_is_refused_at_once(store: Store) -> None:
    with pytest.raises(TypeError, match="no column"), store.write() as work:
        work.add(UnitRecord, name="x", wrong=1)


def test_a_read_writes_nothing(store: Store) -> None:
    with store.read() as work:
        spoken(work)
    assert count(store, "unit") == 0


def test_numbers_of_a_series_follow_each_other_and_a_rollback_gives_them_back(store: Store) -> None:
    with store.write() as work:
        assert [work.number("a"), work.number("a"), work.number("b"), work.number("a", 10)] == [1, 2, 1, 3]
    with pytest.raises(ZeroDivisionError), store.write() as work:
        assert work.number("a") == 13
        raise ZeroDivisionError
    with store.write() as work:
        assert work.number("a") == 13


def test_a_prepared_statement_gives_the_same_on_both_databases(store: Store) -> None:
    with store.write() as work:
        work.number("a", 5)
        raised = Prepared(
            update(Counter).where(col(Counter.series) == bindparam("wanted")).values(last=bindparam("to"))
        )
        assert work.run(raised, wanted="a", to=9) == 1
        assert work.run(raised, wanted="none", to=9) == 0
        assert work.run_many(raised, [{"wanted": "a", "to": 10}, {"wanted": "none", "to": 1}]) == 1
        assert work.run_many(raised, []) == 0
        read = Prepared(select(col(Counter.series), col(Counter.last)).where(col(Counter.last) > 1))
        assert [tuple(row) for row in work.rows(read)] == [("a", 10)]


def test_a_statement_that_fails_is_told_as_sqlalchemy_tells_it(store: Store) -> None:
    wrong = Prepared(select(col(JobClaim.id)).where(text("no_such_column = 1")))
    with pytest.raises(Exception, match="no_such_column") as caught, store.read() as work:
        work.rows(wrong)
    assert type(caught.value).__module__ == "sqlalchemy.exc"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_second_writer_waits_and_is_told_when_it_waits_too_long(
    store: Store, make_store: Callable[..., Store]
) -> None:
    other = Store(store.url)
    with store.write() as first:
        spoken(first)
        with other.engine.connect().execution_options(writes=True) as connection:
            connection.connection.cursor().execute("PRAGMA busy_timeout=50").close()
            with pytest.raises(OperationalError, match="locked"):
                connection.execute(text("SELECT 1"))
    other.close()
    assert count(store, "unit") == 1
