"""What a check is and what it found: a named query whose every row is a breach."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Connection

ENOUGH = 1_000  # breaches are counted up to here


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a check looks at beside the database: which policies there are, and the audit chain's outside anchor.

    `notes` takes what a check could not look at, which is no breach but must be said.
    """

    policy: Callable[[str], Any]
    anchor: tuple[int, str] | None = None
    notes: list[str] = field(default_factory=list)


Search: TypeAlias = Callable[[Connection, Scope], Iterator[str]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One invariant. `find` yields a line for each breach; `sql` is its query where it is a single one."""

    id: str
    zh: str
    en: str
    find: Search
    sql: str = ""

    def run(self, connection: Connection, scope: Scope) -> "Checked":
        """The breaches, counted up to ENOUGH, with the first one in words."""
        found = list(islice(self.find(connection, scope), ENOUGH))
        return Checked(
            id=self.id, zh=self.zh, en=self.en, ok=not found, bad=found[0] if found else None, rows=len(found)
        )


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The outcome of one check; `bad` is the first bad row, `rows` how many there are (up to ENOUGH)."""

    id: str
    zh: str
    en: str
    ok: bool
    bad: str | None
    rows: int

    def __str__(self) -> str:
        return f"{self.id} {self.zh}" + ("" if self.ok else f"：{self.bad}（共 {self.rows} 处）")


@dataclass(frozen=True)
class Report:
    """All checks of one consistent reading, and what they could not look at."""

    checks: tuple[Checked, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return not self.bad

    @property
    def bad(self) -> tuple[Checked, ...]:
        """The checks that found something."""
        return tuple(one for one in self.checks if not one.ok)

    def json(self) -> dict[str, Any]:
        """For `duixian verify --json`."""
        return {"ok": self.ok, "checks": [vars(one) for one in self.checks], "notes": list(self.notes)}


def query(id: str, zh: str, en: str, sql: str) -> Check:
    """A check that is one select, in SQL that both databases read alike; every row it returns is a breach.

    It runs at the driver's own speed, since all of them run after every test and every step of the model test.
    """

    def find(connection: Connection, _scope: Scope) -> Iterator[str]:
        cursor = connection.connection.cursor()
        cursor.execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        for row in cursor.fetchmany(ENOUGH):
            yield describe(names, row)
        cursor.close()

    return Check(id=id, zh=zh, en=en, find=find, sql=sql)


def describe(names: list[str], row: Any) -> str:
    """A bad row in words: what it is first, then its figures by name."""
    return f"{row[0]}: " + ", ".join(f"{name}={value}" for name, value in zip(names[1:], row[1:], strict=True))
