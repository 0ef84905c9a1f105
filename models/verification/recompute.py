"""Every amount again: from the frozen facts, the parameters and earlier awards as stored, by the rule; to the fen."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from json import loads
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import Connection, select
from sqlmodel import col

from models.awards import Award
from models.cases import Case, Snapshot
from models.sealing import Gone
from models.statements import Prepared
from models.verification.report import Check, Scope
from models.work import content_hash
from policies.awards import Prior, plain
from policies.memo import Milli
from policies.money import Money, Rate
from policies.parameters import Value

_READ: dict[Any, Any] = {Money: Money.yuan, Milli: Milli.of, Rate: Rate.parse, date: date.fromisoformat}


_FACTS = Prepared(
    select(col(Snapshot.case_id), col(Snapshot.hash), col(Snapshot.content)).where(col(Snapshot.kind) == "facts")
)
_SHOWN = (
    Case.number, Case.policy, Case.item, Award.case_id, Award.sequence, Award.inputs, Award.trace, Award.hash,
    Award.gross_fen, Award.rule_digest,
)  # fmt: skip
_AWARDS = Prepared(
    select(*(col(one) for one in _SHOWN))
    .join(Award, col(Award.case_id) == Case.id)
    .order_by(col(Case.number), col(Award.sequence))
)


def restore(kind: Any, value: Any) -> Any:
    """A value of the law's own types from the JSON it was stored as (the inverse of `policies.awards.plain`)."""
    if value is None or kind is Any:
        return value
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return restore(next(one for one in inner if one is not type(None)), value)
    if origin is tuple:
        return tuple(restore(inner[0], one) for one in value)
    if kind in _READ:
        return _READ[kind](value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: restore(hint, value[name]) for name, hint in _hints(kind).items() if name in value})
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {one.name: known[one.name] for one in fields(kind)}


@dataclass
class _Rules:
    """The rules as installed now, each with its digest, looked up once."""

    scope: Scope
    known: dict[tuple[str, str], tuple[Any, str]] = field(default_factory=dict)

    def of(self, policy: str, item: str) -> tuple[Any, str]:
        """The item and its digest; (None, "") where it is not installed."""
        if (policy, item) not in self.known:
            try:
                found = self.scope.policy(policy).item(item)
                self.known[policy, item] = (found, found.digest)
            except LookupError:
                self.known[policy, item] = (None, "")
        return self.known[policy, item]


def _rows(connection: Connection) -> Iterator[Any]:
    """Every award with the newest facts that were frozen before it was computed."""
    by_hash = {(row.case_id, row.hash): row.content for row in _FACTS.rows(connection)}
    for row in _AWARDS.rows(connection):
        yield row, by_hash.get((row.case_id, loads(row.inputs).get("facts", "")))


def _differences(connection: Connection, scope: Scope) -> Iterator[str]:
    """Awards that the rule, asked again, does not give."""
    rules, older, gone = _Rules(scope), 0, 0
    for row, content in _rows(connection):
        if isinstance(row.inputs, Gone):
            gone += 1
            continue
        item, digest = rules.of(row.policy, row.item)
        if digest != row.rule_digest:
            older += 1
            continue
        if content is None:
            yield f"{row.number}: sequence={row.sequence}, the facts it was computed from are not there"
            continue
        wrong = _difference(item, row, content)
        if wrong:
            yield f"{row.number}: sequence={row.sequence}, {wrong}"
    if gone:
        scope.notes.append(
            f"{gone} 条核算的申报人已匿名，未重算 ({gone} awards of anonymised persons were not recomputed)"
        )
    if older:
        scope.notes.append(f"{older} 条核算依据的规则版本现未安装，未重算 ({older} awards rest on rules not installed)")


def _difference(item: Any, row: Any, content: str) -> str:
    inputs, trace = loads(row.inputs), loads(row.trace)
    values: Mapping[str, Value] = {name: restore(Value, one) for name, one in inputs["parameters"].items()}
    prior = [restore(Prior, one) for one in inputs["prior"]]
    try:
        award = item.award(restore(item.facts, loads(content)), values, prior)
    except (ValueError, TypeError, KeyError) as error:
        return f"cannot be computed again: {error}"
    if award.missing or award.refused:
        return f"stored {row.gross_fen} fen, recomputed: {award.text}"
    if int(award.amount or 0) != row.gross_fen:
        return f"stored {row.gross_fen} fen, recomputed {int(award.amount or 0)} fen"
    return "" if plain(award.lines) == trace["lines"] else "the amount is the same, its trace is not"


def _hashes(connection: Connection, _scope: Scope) -> Iterator[str]:
    """Awards whose inputs or trace were altered."""
    for row in _AWARDS.rows(connection):
        if not isinstance(row.inputs, Gone) and content_hash(row.inputs + row.trace) != row.hash:
            yield f"{row.number}: sequence={row.sequence}, hash={row.hash}"


CHECKS = (
    Check(
        id="I15-recompute",
        zh="每笔核算按原事实、参数和规则重算，分毫不差",
        en="every award computed again from its facts, parameters and rule is the same to the fen",
        find=_differences,
    ),
    Check(
        id="I15-hash",
        zh="核算的依据和过程与其哈希一致",
        en="an award's inputs and trace still have their hash",
        find=_hashes,
    ),
)
