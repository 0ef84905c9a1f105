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

from models.awards import AwardRecord
from models.cases import Case, Snapshot
from models.sealing import Anonymised
from models.statements import Prepared
from models.unit_of_work import content_hash
from models.verification.invariant import Check, VerifiedScope
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
    Case.number, Case.policy, Case.item, AwardRecord.case_id, AwardRecord.sequence,
    AwardRecord.inputs, AwardRecord.trace, AwardRecord.hash,
    AwardRecord.gross_fen, AwardRecord.rule_version, AwardRecord.rule_digest,
)  # fmt: skip
_AWARDS = Prepared(
    select(*(col(column) for column in _SHOWN))
    .join(AwardRecord, col(AwardRecord.case_id) == Case.id)
    .order_by(col(Case.number), col(AwardRecord.sequence))
)


def restore(kind: Any, value: Any) -> Any:
    """A value of the law's own types from the JSON it was stored as (the inverse of `policies.awards.plain`)."""
    if value is None or kind is Any:
        return value
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return restore(next(member for member in inner if member is not type(None)), value)
    if origin is tuple:
        return tuple(restore(inner[0], element) for element in value)
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
    return tuple(dict.fromkeys((item.facts, *(version.facts for version in versions))))


def restore_facts(forms: Forms, stored: Mapping[str, Any]) -> Any:
    """Facts of another case, in the form whose fields they have."""
    return restore(next((form for form in forms if _hints(form).keys() == stored.keys()), forms[0]), stored)


@cache
def _hints(kind: type) -> dict[str, Any]:
    known = get_type_hints(kind)
    return {part.name: known[part.name] for part in fields(kind)}


@dataclass
class _Rules:
    """The rules that awards were computed by, as installed now; each looked up once."""

    scope: VerifiedScope
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
        named = version or next(
            (candidate.version for candidate in law.versions_of(item) if candidate.digest == digest), ""
        )
        return law.bound_item(item, named, digest)


def _rows(connection: Connection) -> Iterator[Any]:
    """Every award with the newest facts that were frozen before it was computed."""
    by_hash = {(row.case_id, row.hash): row.content for row in _FACTS.rows(connection)}
    for row in _AWARDS.rows(connection):
        yield row, by_hash.get((row.case_id, loads(row.inputs).get("facts", "")))


def _differences(connection: Connection, scope: VerifiedScope) -> Iterator[str]:
    """Awards that the rule, asked again, does not give."""
    rules, gone = _Rules(scope), 0
    for row, content in _rows(connection):
        if isinstance(row.inputs, Anonymised):
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


@dataclass(frozen=True)
class PricedWith:
    """What an award was priced with besides its facts."""

    values: Mapping[str, Value]
    prior: Sequence[Prior]
    known: Known


def priced_with(forms: Forms, inputs: Mapping[str, Any]) -> PricedWith:
    """An award's stored inputs, read again. Raises ValueError, TypeError or KeyError where they do not fit the rule."""
    return PricedWith(
        values={name: restore(Value, value) for name, value in inputs["parameters"].items()},
        prior=[restore(Prior, earlier) for earlier in inputs["prior"]],
        known=_known(forms, inputs.get("known", {})),
    )


def award_again(item: Any, forms: Forms, inputs: Mapping[str, Any], content: str) -> Any:
    """What the rule gives for stored inputs and facts.

    Raises ValueError, TypeError or KeyError where what is stored does not fit the rule.
    """
    used = priced_with(forms, inputs)
    evidence = dict.fromkeys(_hints(item.facts), inputs.get("papers", ()))
    return item.award(restore(item.facts, loads(content)), used.values, used.prior, evidence, used.known)


def _difference(item: Any, forms: Forms, row: Any, content: str) -> str:
    trace = loads(row.trace)
    try:
        award = award_again(item, forms, loads(row.inputs), content)
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
            *(line[name] for name in ("step", "unrounded", "amount", "ceiling", "capped")),
            [(used["id"], used["value"]) for used in line["parameters"]],
            [entered["name"] for entered in line["inputs"]],
        ]
        for line in lines
    ]


def _known(forms: Forms, stored: Mapping[str, Any]) -> Known:
    """What the records said when it was computed."""
    others = tuple(restore_facts(forms, stated) for stated in stored.get("others", ()))
    return Known(others=others, listed=tuple(stored.get("listed", ())), benefiting=tuple(stored.get("benefiting", ())))


def _hashes(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Awards whose inputs or trace were altered."""
    for row in _AWARDS.rows(connection):
        if not isinstance(row.inputs, Anonymised) and content_hash(row.inputs + row.trace) != row.hash:
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
