"""What a check is and what it found: a named query whose every row is a breach."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection

ENOUGH = 1_000  # breaches are counted up to here


@dataclass(frozen=True, kw_only=True)
class VerifiedScope:
    """What a check looks at beside the database: which policies there are, and the audit chain's outside anchor.

    `notes` takes what a check could not look at, which is no breach but must be said. `effective_from`: by check the row of
    the audit chain up to which acts were done under an earlier rule.
    """

    policy: Callable[[str], Any]
    anchor: tuple[int, str] | None = None
    notes: list[str] = field(default_factory=list)
    effective_from: Mapping[str, int] = field(default_factory=dict)


class FoundAct(NamedTuple):
    """A row found by what somebody did: in words, and the number of its row in the audit chain.

    None where the chain has no such row, or the act was against the earlier rule too: it is a breach whenever it was done.
    """

    words: str
    seq: int | None


Search: TypeAlias = Callable[[Connection, VerifiedScope], Iterator[str | FoundAct]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One invariant. `find` yields a line for each breach; `sql` is its query where it is a single one."""

    id: str
    zh: str
    en: str
    find: Search
    sql: str = ""

    def run(self, connection: Connection, scope: VerifiedScope) -> "Checked":
        """The breaches, counted up to ENOUGH, with the first one in words; what an earlier rule allowed goes into the notes."""
        found = list(islice(self._breaches(connection, scope), ENOUGH))
        return Checked(
            id=self.id, zh=self.zh, en=self.en, ok=not found, bad=found[0] if found else None, rows=len(found)
        )

    def _breaches(self, connection: Connection, scope: VerifiedScope) -> Iterator[str]:
        judged_after = scope.effective_from.get(self.id, 0)
        for row in self.find(connection, scope):
            if isinstance(row, str):
                yield row
            elif row.seq is None or row.seq > judged_after:
                yield row.words
            else:
                scope.notes.append(
                    f"{self.id} {row.words}：升级前按当时的规则办理，不作为违反"
                    " (made under the earlier rule, before an upgrade: no breach)"
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
        return tuple(checked for checked in self.checks if not checked.ok)

    def json(self) -> dict[str, Any]:
        """For `duixian verify --json`."""
        return {"ok": self.ok, "checks": [vars(checked) for checked in self.checks], "notes": list(self.notes)}


def query(id: str, zh: str, en: str, sql: str, *, by_act: bool = False) -> Check:
    """A check that is one select, in SQL that both databases read alike; every row it returns is a breach.

    It runs at the driver's own speed, since all of them run after every test and every step of the model test. `by_act`: each
    row is what somebody did, and ends with the number of its row in the audit chain.
    """

    def find(connection: Connection, _scope: VerifiedScope) -> Iterator[str | FoundAct]:
        cursor = connection.connection.cursor()
        cursor.execute(sql)
        names = [str(column[0]) for column in cursor.description or ()]
        try:
            while rows := cursor.fetchmany(ENOUGH):
                for row in rows:
                    yield FoundAct(describe(names[:-1], row[:-1]), row[-1]) if by_act else describe(names, row)
        finally:
            cursor.close()

    return Check(id=id, zh=zh, en=en, find=find, sql=sql)


def describe(names: list[str], row: Any) -> str:
    """A bad row in words: what it is first, then its figures by name."""
    return f"{row[0]}: " + ", ".join(f"{name}={value}" for name, value in zip(names[1:], row[1:], strict=True))
