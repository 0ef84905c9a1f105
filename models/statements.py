"""Statements written once in SQLAlchemy Core, compiled once a dialect, run at the driver's own speed.

The ORM's and Core's work for each execution costs several times what SQLite needs for the row itself (measured in
`benchmarks/`), so the hot paths prepare their statements here; everything else uses Core as usual.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Dialect, Executable, bindparam, insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import SQLModel

from models.columns import binder, reader
from models.connection_pool import Place, driver, told

Processor = Callable[[Any], Any]
Answer = Callable[[], list[Any]]


class _Compiled:
    """One statement in one dialect: its text, its parameters in order, and how to turn values to and fro."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) if columns else None)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        self.positional = bool(compiled.positional)
        self.names = list(compiled.positiontup or compiled.binds)
        self.constants: dict[str, Any] = {}
        self.pick: Callable[[Mapping[str, Any]], Sequence[Any]] = _picker(self.names)
        self.processors: list[tuple[int, str, Processor]] = []
        for position, name in enumerate(self.names):
            bind = compiled.binds[name]
            process = binder(bind.type, dialect)
            if not bind.required:
                value = bind.effective_value
                self.constants[name] = process(value) if process and value is not None else value
            elif process is not None:
                self.processors.append((position, name, process))
        selected = getattr(statement, "selected_columns", ())
        outputs = [reader(c.type, dialect) for c in selected]
        self.outputs = [(position, process) for position, process in enumerate(outputs) if process is not None]
        row: Any = namedtuple("Row", [c.key for c in selected], rename=True)  # type: ignore[misc]
        self.make: Callable[[Iterable[Any]], Any] = row._make

    def arguments(self, values: Mapping[str, Any]) -> Any:
        """The driver's argument for one execution: a list in order, or a mapping where the driver wants names."""
        given = {**self.constants, **values} if self.constants else values
        if self.positional:
            row = list(self.pick(given))
            for position, _, process in self.processors:
                if (value := row[position]) is not None:
                    row[position] = process(value)
            return row
        named = dict(zip(self.names, self.pick(given), strict=True))
        for _, name, process in self.processors:
            if (value := named[name]) is not None:
                named[name] = process(value)
        return named

    def read(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Rows of the driver as named tuples with Python values."""
        if not self.outputs:
            return [self.make(row) for row in rows]
        found = []
        for row in rows:
            values = list(row)
            for position, process in self.outputs:
                if (value := values[position]) is not None:
                    values[position] = process(value)
            found.append(self.make(values))
        return found


def _picker(names: list[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """What takes the named values out of a mapping, in order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: [given[name] for name in names]


class Prepared:
    """A Core statement with named parameters (`bindparam`), ready to run on any connection."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def _on(self, place: Place) -> _Compiled:
        compiled = self._compiled.get(place.dialect.name)
        if compiled is None:
            compiled = _Compiled(self._statement, self._columns, place.dialect)
            self._compiled[place.dialect.name] = compiled
        return compiled

    def rows(self, place: Place, **values: Any) -> list[Any]:
        """All rows of a select, as named tuples."""
        return self.ask(place, values)()

    def ask(self, place: Place, values: Mapping[str, Any]) -> Answer:
        """Sends a select; calling the answer gives its rows."""
        compiled = self._on(place)
        cursor = _executed(place, compiled, values)
        return lambda: compiled.read(cursor.fetchall())

    def run(self, place: Place, **values: Any) -> int:
        """Runs a write once and returns the number of rows it touched."""
        return int(_executed(place, self._on(place), values).rowcount)

    def run_many(self, place: Place, rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs a write once a row and returns the number of rows touched in all."""
        if not rows:
            return 0
        compiled = self._on(place)
        if len(rows) == 1:
            return int(_executed(place, compiled, rows[0]).rowcount)
        cursor = driver(place).cursor()
        try:
            cursor.executemany(compiled.text, [compiled.arguments(values) for values in rows])
        except Exception as error:
            raise told(error, place, compiled.text) from error
        return int(cursor.rowcount)


def _executed(place: Place, compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    """The driver's cursor after one execution."""
    arguments = compiled.arguments(values)
    try:
        return driver(place).execute(compiled.text, arguments)
    except Exception as error:
        raise told(error, place, compiled.text) from error


def insertion(record: type[SQLModel]) -> Prepared:
    """An insert of one record kind with every column given."""
    table = record.__table__  # type: ignore[attr-defined]
    return Prepared(insert(table), [column.key for column in table.columns])


def given(name: str, column: Any) -> BindParameter[Any]:
    """A named parameter of a column's own kind."""
    return bindparam(name, type_=column.type)
