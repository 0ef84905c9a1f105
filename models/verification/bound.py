"""Conditions bound: no act went past a hard check that failed, or lacked its data, without an override; read from records."""

from collections.abc import Iterator, Mapping
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from models.cases import Case
from models.columns import canonical_json
from models.conditions import GATES, CheckRecord, Waiver
from models.decisions import Decision
from models.verification.people import ASKED_BY_ANOTHER
from models.verification.report import Check, Scope, query
from models.work import content_hash

_ORDER = ("file", "accept", "certify", "decide", "pay")
# What the system does by itself: in an act's stead, and on the way from a decision to its payment or delivery.
_BY_RULE = {
    ("check", "accepted"): "accept",
    ("compute", "decided"): "decide",
    ("compute", "in_progress"): "decide",
    ("announce", "on_notice"): "decide",
    ("announce", "payable"): "decide",
    ("announce", "decided"): "decide",
    ("end_notice", "payable"): "decide",
    ("end_notice", "on_notice"): "decide",
}
_ACTS = (
    select(
        col(Case.number), col(Decision.case_id), col(Decision.version), col(Decision.action), col(Decision.to_state),
        col(Decision.content),
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .where(or_(col(Decision.action).in_([*GATES, *(action for action, _ in _BY_RULE)])))
    .order_by(col(Case.number), col(Decision.version))
)  # fmt: skip
_RECORDS = select(CheckRecord.__table__).order_by(col(CheckRecord.case_id), col(CheckRecord.sequence))  # type: ignore[attr-defined]
_WAIVERS = select(col(Waiver.case_id), col(Waiver.name), col(Waiver.data), col(Waiver.version))


class _Known(NamedTuple):
    """Everything recorded of conditions, by case."""

    records: Mapping[UUID, list[Any]]
    waivers: Mapping[UUID, list[Any]]


def _read(connection: Connection) -> _Known:
    records: dict[UUID, list[Any]] = {}
    for row in connection.execute(_RECORDS):
        records.setdefault(_uuid(row.case_id), []).append(row)
    waivers: dict[UUID, list[Any]] = {}
    for row in connection.execute(_WAIVERS):
        waivers.setdefault(_uuid(row.case_id), []).append(row)
    return _Known(records, waivers)


def _passed(connection: Connection, _scope: Scope) -> Iterator[str]:
    """Acts that were done though a hard check of their case stopped them then."""
    known = _read(connection)
    for row in connection.execute(_ACTS):
        gate = GATES.get(row.action) or _BY_RULE.get((row.action, row.to_state))
        if gate is None:
            continue
        case = _uuid(row.case_id)
        latest = _latest(known.records.get(case, ()), row.version)
        waived = {(one.name, one.data) for one in known.waivers.get(case, ()) if one.version < row.version}
        for one in latest:
            if _stops(one, gate) and (one.name, one.data) not in waived:
                yield f"{row.number}: version={row.version}, action={row.action}, check={one.name}, result={one.result}"


def _unlike(connection: Connection, _scope: Scope) -> Iterator[str]:
    """Acts whose decision names another check list than is recorded, or none at all."""
    known = _read(connection)
    for row in connection.execute(_ACTS):
        if row.action not in GATES and (row.action, row.to_state) not in _BY_RULE and row.action != "check":
            continue
        said = loads(row.content).get("check_list", "")
        latest = _latest(known.records.get(_uuid(row.case_id), ()), row.version)
        found = content_hash(canonical_json(sorted([one.name, one.result, one.data] for one in latest)))
        if said != found or not latest:  # a list is never empty: whoever filed, and when, is always looked at
            yield f"{row.number}: version={row.version}, action={row.action}, recorded checks={len(latest)}"


def _latest(records: Any, version: int) -> list[Any]:
    """What each check said last when the case was moved to this version; those that were no longer asked left out."""
    newest: dict[str, Any] = {}
    for one in records:
        if one.version < version:
            newest[one.name] = one
    return [one for one in newest.values() if one.result != "lifted"]


def _stops(one: Any, gate: str) -> bool:
    if not one.hard or one.result == "ok":
        return False
    return one.result == "fail" or _ORDER.index(one.needed) <= _ORDER.index(gate)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


CHECKS = (
    Check(
        id="I25-conditions",
        zh="没有办理越过未通过的硬性核验，除非有两人核准的例外",
        en="no act went past a hard check that failed or lacked its data, unless two people overrode it",
        find=_passed,
    ),
    Check(
        id="I25-checks",
        zh="每次办理所依据的核验清单都在记录中，未被增删",
        en="the check list that each act rests on is recorded as it was",
        find=_unlike,
    ),
    query(
        "I25-waivers",
        "每项例外都由两个不同的自然人提出和核准，且有办理记录",
        "every override was asked and confirmed by two natural persons, and stands in the case's decisions",
        "SELECT c.number, w.name, w.version FROM waiver w JOIN case_file c ON c.id = w.case_id"
        " JOIN person a ON a.id = w.asked_by JOIN person b ON b.id = w.confirmed_by"
        " LEFT JOIN decision d ON d.case_id = w.case_id AND d.version = w.version AND d.action = 'waive'"
        " AND d.outcome = 'waived' AND d.person_id = w.confirmed_by"
        " LEFT JOIN decision r ON r.case_id = w.case_id AND r.version = w.version - 1 AND r.action = 'waive'"
        " AND r.outcome = 'requested' AND r.person_id = w.asked_by AND r.reason = w.reason"
        f" WHERE d.id IS NULL OR r.id IS NULL OR a.natural_key = b.natural_key OR NOT {ASKED_BY_ANOTHER}",
    ),
)
