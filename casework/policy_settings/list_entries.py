"""What a new list or table adds to the one in force, what it drops from it, and what it says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col

from models import ParameterValue
from models.unit_of_work import UnitOfWork
from policies.kinds import Kind, ListKind, TableKind

_ROWS: Select[Any] = select(ParameterValue.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Entries by name: new ones, dropped ones, and those with another content."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    def words(self) -> tuple[str, str]:
        """In two languages; "" where nothing differs."""
        parts = (
            ("增加", "adds", self.added), ("移出", "takes out", self.removed), ("更改", "changes", self.altered),
        )  # fmt: skip
        zh = "；".join(f"{name} {'、'.join(listed)}" for name, _, listed in parts if listed)
        return zh, "; ".join(f"{name} {', '.join(listed)}" for _, name, listed in parts if listed)


def between(kind: Kind, before: Any, after: Any) -> Entries:
    """How two values differ, where the kind holds entries; before may be None."""
    if not isinstance(kind, TableKind | ListKind):
        return Entries()
    old, new = _named(before), _named(after)
    return Entries(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        altered=tuple(name for name in new if name in old and old[name] != new[name]),
    )


def _named(value: Any) -> dict[str, Any]:
    given = value if isinstance(value, Mapping) else dict.fromkeys(value or (), "")
    return {
        str(name).strip().upper() if len(str(name).strip()) == 18 else str(name): reason
        for name, reason in given.items()
    }


def in_force(work: UnitOfWork, policy: str, name: str, day: str) -> Any:
    """The confirmed value that a new one from this day on takes the place of; None where there is none."""
    mine = (col(ParameterValue.policy) == policy, col(ParameterValue.parameter) == name)
    holds = (
        col(ParameterValue.valid_from) <= day,
        or_(col(ParameterValue.valid_to) == "", col(ParameterValue.valid_to) >= day),
    )
    query = _ROWS.where(*mine, *holds, col(ParameterValue.status) == "confirmed")
    row = work.execute(query.order_by(col(ParameterValue.valid_from).desc()).limit(1)).first()
    return None if row is None else loads(row.value)
