"""Statements written once in SQLAlchemy Core, compiled once a dialect, run at the driver's own speed.

The ORM's and Core's work for each execution costs several times what SQLite needs for the row itself (measured in
`benchmarks/`), so the hot paths prepare their statements here; everything else uses Core as usual.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Executable, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import SQLModel

Processor = Callable[[Any], Any]


class _Compiled:
    """One statement in one dialect: its text, its parameters in order, and how to turn values to and fro."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) if columns else None)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        self.positional = bool(compiled.positional)
        self.names = list(compiled.positiontup or compiled.binds)
        self.constants: dict[str, Any] = {}
        self.processors: list[tuple[int, str, Processor]] = []
        for position, name in enumerate(self.names):
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                value = bind.effective_value
                self.constants[name] = process(value) if process else value
            elif process is not None:
                self.processors.append((position, name, process))
        selected = getattr(statement, "selected_columns", ())
        self.outputs = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in selected]
        row: Any = namedtuple("Row", [c.key for c in selected], rename=True)  # type: ignore[misc]
        self.make: Callable[[Iterable[Any]], Any] = row._make

    def arguments(self, values: Mapping[str, Any]) -> Any:
        """The driver's argument for one execution: a list in order, or a mapping where the driver wants names."""
        given = {**self.constants, **values} if self.constants else values
        if self.positional:
            row = [given[name] for name in self.names]
            for position, _, process in self.processors:
                row[position] = process(row[position])
            return row
        named = {name: given[name] for name in self.names}
        for _, name, process in self.processors:
            named[name] = process(named[name])
        return named

    def read(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Rows of the driver as named tuples with Python values."""
        make, outputs = self.make, self.outputs
        return [make([f(v) if f else v for f, v in zip(outputs, row, strict=True)]) for row in rows]


class Prepared:
    """A Core statement with named parameters (`bindparam`), ready to run on any connection."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def _on(self, connection: Connection) -> _Compiled:
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = _Compiled(self._statement, self._columns, connection.dialect)
            self._compiled[connection.dialect.name] = compiled
        return compiled

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """All rows of a select, as named tuples."""
        compiled = self._on(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(values))
            found = cursor.fetchall()
        except Exception as error:
            raise _told(error, connection, compiled.text) from error
        cursor.close()
        return compiled.read(found)

    def run(self, connection: Connection, **values: Any) -> int:
        """Runs a write once and returns the number of rows it touched."""
        compiled = self._on(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(values))
        except Exception as error:
            raise _told(error, connection, compiled.text) from error
        touched = cursor.rowcount
        cursor.close()
        return int(touched)

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs a write once a row and returns the number of rows touched in all."""
        if not rows:
            return 0
        compiled = self._on(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(compiled.text, [compiled.arguments(values) for values in rows])
        except Exception as error:
            raise _told(error, connection, compiled.text) from error
        touched = cursor.rowcount
        cursor.close()
        return int(touched)


def _told(error: Exception, connection: Connection, statement: str) -> Exception:
    """A driver's error as SQLAlchemy's own, so that callers know one kind; without the values, which may be personal."""
    driver = connection.dialect.loaded_dbapi
    if not isinstance(error, driver.Error):
        return error
    return DBAPIError.instance(statement, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect)


def insertion(record: type[SQLModel]) -> Prepared:
    """An insert of one record kind with every column given."""
    table = record.__table__  # type: ignore[attr-defined]
    return Prepared(insert(table), [column.key for column in table.columns])


def given(name: str, column: Any) -> BindParameter[Any]:
    """A named parameter of a column's own kind."""
    return bindparam(name, type_=column.type)
