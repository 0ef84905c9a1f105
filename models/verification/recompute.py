"""Every amount again: from the frozen facts, the parameters and earlier awards as stored, by the rule; to the fen."""

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from json import loads
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from sqlalchemy import Connection, select
from sqlmodel import col

from models.awards import Award
from models.cases import Case, Snapshot
from models.sealing import Gone
from models.statements import Prepared
from models.verification.report import Check, Scope
from models.work import content_hash
from policies.awards import Prior, plain
from policies.known import Known
from policies.memo import Milli
from policies.money import Money, Rate
from policies.parameters import Value

_READ: dict[Any, Any] = {Money: Money.yuan, Milli: Milli.of, Rate: Rate.parse, date: date.fromisoformat}


_FACTS = Prepared(
    select(col(Snapshot.case_id), col(Snapshot.hash), col(Snapshot.content)).where(col(Snapshot.kind) == "facts")
)
_SHOWN = (
    Case.number, Case.policy, Case.item, Award.case_id, Award.sequence, Award.inputs, Award.trace, Award.hash,
    Award.gross_fen, Award.rule_version, Award.rule_digest,
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


Forms: TypeAlias = tuple[type, ...]  # of certified facts: the version's own first


def facts_forms(item: Any, versions: Sequence[Any]) -> Forms:
    """The forms in which plans of the same item may have been certified."""
    return tuple(dict.fromkeys((item.facts, *(one.facts for one in versions))))


def restore_facts(forms: Forms, stored: Mapping[str, Any]) -> Any:
    """Facts of another case, in the form whose fields they have."""
    return restore(next((one for one in forms if _hints(one).keys() == stored.keys()), forms[0]), stored)


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {one.name: known[one.name] for one in fields(kind)}


@dataclass
class _Rules:
    """The rules that awards were computed by, as installed now; each looked up once."""

    scope: Scope
    known: dict[tuple[str, str, str, str], Any] = field(default_factory=dict)

    def of(self, row: Any) -> Any:
        """The item in the award's version, or the words why it is not here."""
        key = (row.policy, row.item, row.rule_version, row.rule_digest)
        if key not in self.known:
            try:
                self.known[key] = self._found(*key)
            except LookupError as gap:
                self.known[key] = str(gap)
        return self.known[key]

    def _found(self, policy: str, item: str, version: str, digest: str) -> Any:
        """By version and digest; by the digest alone where no version was noted yet."""
        law = self.scope.policy(policy)
        named = version or next((one.version for one in law.versions_of(item) if one.digest == digest), "")
        return law.bound_item(item, named, digest)


def _rows(connection: Connection) -> Iterator[Any]:
    """Every award with the newest facts that were frozen before it was computed."""
    by_hash = {(row.case_id, row.hash): row.content for row in _FACTS.rows(connection)}
    for row in _AWARDS.rows(connection):
        yield row, by_hash.get((row.case_id, loads(row.inputs).get("facts", "")))


def _differences(connection: Connection, scope: Scope) -> Iterator[str]:
    """Awards that the rule, asked again, does not give."""
    rules, gone = _Rules(scope), 0
    for row, content in _rows(connection):
        if isinstance(row.inputs, Gone):
            gone += 1
            continue
        item = rules.of(row)
        if isinstance(item, str):
            yield f"{row.number}: sequence={row.sequence}, cannot be computed again: {item}"
            continue
        if content is None:
            yield f"{row.number}: sequence={row.sequence}, the facts it was computed from are not there"
            continue
        forms = facts_forms(item, scope.policy(row.policy).versions_of(row.item))
        wrong = _difference(item, forms, row, content)
        if wrong:
            yield f"{row.number}: sequence={row.sequence}, {wrong}"
    if gone:
        scope.notes.append(
            f"{gone} 条核算的申报人已匿名，未重算 ({gone} awards of anonymised persons were not recomputed)"
        )


def _difference(item: Any, forms: Forms, row: Any, content: str) -> str:
    inputs, trace = loads(row.inputs), loads(row.trace)
    values: Mapping[str, Value] = {name: restore(Value, one) for name, one in inputs["parameters"].items()}
    prior = [restore(Prior, one) for one in inputs["prior"]]
    try:
        known = _known(forms, inputs.get("known", {}))
        evidence = dict.fromkeys(_hints(item.facts), inputs.get("papers", ()))
        award = item.award(restore(item.facts, loads(content)), values, prior, evidence, known)
    except (ValueError, TypeError, KeyError) as error:
        return f"cannot be computed again: {error}"
    if award.missing or award.refused:
        return f"stored {row.gross_fen} fen, recomputed: {award.text}"
    if int(award.amount or 0) != row.gross_fen:
        return f"stored {row.gross_fen} fen, recomputed {int(award.amount or 0)} fen"
    same = _figures(plain(award.lines)) == _figures(trace["lines"])
    return "" if same else "the amount is the same, its trace is not"


def _figures(lines: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """What a trace says in figures; its words may be put better later, and the award's hash holds them as they were."""
    return [
        [
            *(one[name] for name in ("step", "unrounded", "amount", "ceiling", "capped")),
            [(used["id"], used["value"]) for used in one["parameters"]],
            [entered["name"] for entered in one["inputs"]],
        ]
        for one in lines
    ]


def _known(forms: Forms, stored: Mapping[str, Any]) -> Known:
    """What the records said when it was computed."""
    others = tuple(restore_facts(forms, one) for one in stored.get("others", ()))
    return Known(others=others, listed=tuple(stored.get("listed", ())), benefiting=tuple(stored.get("benefiting", ())))


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
