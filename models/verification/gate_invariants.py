"""Conditions bound: no act went past a hard check that failed, or lacked its data, without an override; read from records."""

from collections.abc import Iterator, Mapping
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from models.cases import Case
from models.check_records import GATES, CheckRecord, Waiver
from models.columns import canonical_json
from models.decisions import Decision
from models.statements import Prepared
from models.unit_of_work import content_hash
from models.verification.chain_order import places_by_version
from models.verification.invariant import Check, FoundAct, VerifiedScope, query
from models.verification.people_invariants import ASKED_BY_ANOTHER, SEQ_IF_LAWFUL_THEN

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
# As far as verify looked, and at which gate, before payees bound from the allocation on and publications were looked at.
_GATES_THEN = {**GATES, "allocate": "decide", "pay_offline": "decide"}
_BY_RULE_THEN = {("check", "accepted"): "accept", ("compute", "decided"): "decide"}
_LOOKING = [*GATES, *(action for action, _ in _BY_RULE)]
_ACTS = Prepared(
    select(
        col(Case.number), col(Decision.case_id), col(Decision.version), col(Decision.action), col(Decision.to_state),
        col(Decision.content),
    )
    .join(Case, col(Case.id) == col(Decision.case_id))
    .where(or_(*(col(Decision.action) == action for action in _LOOKING)))
    .order_by(col(Case.number), col(Decision.version))
)  # fmt: skip
_RECORDS = Prepared(
    select(
        col(CheckRecord.case_id), col(CheckRecord.version), col(CheckRecord.name), col(CheckRecord.hard),
        col(CheckRecord.needed), col(CheckRecord.result), col(CheckRecord.data),
    ).order_by(col(CheckRecord.case_id), col(CheckRecord.sequence))
)  # fmt: skip
_WAIVERS = Prepared(select(col(Waiver.case_id), col(Waiver.name), col(Waiver.data), col(Waiver.version)))


class _Known(NamedTuple):
    """Everything recorded of conditions, by case."""

    records: Mapping[UUID, list[Any]]
    waivers: Mapping[UUID, list[Any]]


class _Places:
    """Where the audit chain has an act; read when one is found."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_action: dict[str, Mapping[tuple[str, int], int]] = {}

    def of(self, row: Any, *, lawful_then: bool) -> int | None:
        """The number of the act's row; None where the rule of before refused it too."""
        if not lawful_then:
            return None
        if row.action not in self._by_action:
            self._by_action[row.action] = places_by_version(self._connection, row.action)
        return self._by_action[row.action].get((row.number, row.version))


def _read(connection: Connection) -> _Known:
    records: dict[UUID, list[Any]] = {}
    for row in _RECORDS.rows(connection):
        records.setdefault(row.case_id, []).append(row)
    waivers: dict[UUID, list[Any]] = {}
    for row in _WAIVERS.rows(connection):
        waivers.setdefault(row.case_id, []).append(row)
    return _Known(records, waivers)


def _past_failed_checks(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Acts that were done though a hard check of their case stopped them then."""
    known, places = _read(connection), _Places(connection)
    for row in _ACTS.rows(connection):
        gate = GATES.get(row.action) or _BY_RULE.get((row.action, row.to_state))
        if gate is None:
            continue
        case = row.case_id
        latest = _latest(known.records.get(case, ()), row.version)
        waived = {(waiver.name, waiver.data) for waiver in known.waivers.get(case, ()) if waiver.version < row.version}
        gate_then = _GATES_THEN.get(row.action) or _BY_RULE_THEN.get((row.action, row.to_state))
        for record in latest:
            if _stops(record, gate) and (record.name, record.data) not in waived:
                words = f"{row.number}: version={row.version}, action={row.action}, check={record.name}, result={record.result}"
                yield FoundAct(words, places.of(row, lawful_then=gate_then is None or not _stops(record, gate_then)))


def _other_check_lists(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Acts whose decision names another check list than is recorded, or none at all."""
    known, places = _read(connection), _Places(connection)
    for row in _ACTS.rows(connection):
        if row.action not in GATES and (row.action, row.to_state) not in _BY_RULE and row.action != "check":
            continue
        said = loads(row.content).get("check_list", "")
        latest = _latest(known.records.get(row.case_id, ()), row.version)
        found = content_hash(canonical_json(sorted([record.name, record.result, record.data] for record in latest)))
        if said != found or not latest:  # a list is never empty: whoever filed, and when, is always looked at
            by_rule_then = row.action == "check" or (row.action, row.to_state) in _BY_RULE_THEN
            asked_then = (row.action in GATES or by_rule_then) and row.action != "compute"
            words = f"{row.number}: version={row.version}, action={row.action}, recorded checks={len(latest)}"
            yield FoundAct(words, places.of(row, lawful_then=not asked_then or said == found))


def _latest(records: Any, version: int) -> list[Any]:
    """What each check said last when the case was moved to this version; those that were no longer asked left out."""
    newest: dict[str, Any] = {}
    for record in records:
        if record.version < version:
            newest[record.name] = record
    return [record for record in newest.values() if record.result != "lifted"]


def _stops(record: Any, gate: str) -> bool:
    if not record.hard or record.result == "ok":
        return False
    return record.result == "fail" or _ORDER.index(record.needed) <= _ORDER.index(gate)


CHECKS = (
    Check(
        id="I25-conditions",
        zh="没有办理越过未通过的硬性核验，除非有两人核准的例外",
        en="no act went past a hard check that failed or lacked its data, unless two people overrode it",
        find=_past_failed_checks,
    ),
    Check(
        id="I25-checks",
        zh="每次办理所依据的核验清单都在记录中，未被增删",
        en="the check list that each act rests on is recorded as it was",
        find=_other_check_lists,
    ),
    query(
        "I25-waivers",
        "每项例外都由两个不同的自然人提出和核准，且有办理记录",
        "every override was asked and confirmed by two natural persons, and stands in the case's decisions",
        "SELECT c.number, w.name, w.version, CASE WHEN r.id IS NOT NULL AND a.natural_key <> b.natural_key"
        f" THEN {SEQ_IF_LAWFUL_THEN} END FROM waiver w JOIN case_file c ON c.id = w.case_id"
        " JOIN person a ON a.id = w.asked_by JOIN person b ON b.id = w.confirmed_by"
        " LEFT JOIN decision d ON d.case_id = w.case_id AND d.version = w.version AND d.action = 'waive'"
        " AND d.outcome = 'waived' AND d.person_id = w.confirmed_by"
        " LEFT JOIN decision r ON r.case_id = w.case_id AND r.version = w.version - 1 AND r.action = 'waive'"
        " AND r.outcome = 'requested' AND r.person_id = w.asked_by AND r.reason = w.reason"
        f" WHERE d.id IS NULL OR r.id IS NULL OR a.natural_key = b.natural_key OR NOT {ASKED_BY_ANOTHER}",
        by_act=True,
    ),
)
