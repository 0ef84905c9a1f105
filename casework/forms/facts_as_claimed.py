"""Facts as claimed: what an applicant stated, put into the form that the unit certifies, for the certifier to confirm or change."""

from collections.abc import Mapping, Sequence
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.forms.form_fields import Field, plan
from casework.shared.reference import policy_of
from models import Case, Snapshot
from models.unit_of_work import UnitOfWork
from policies.measures import Item

_CHUNK = 500


def claims(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, tuple[Item, dict[str, Any]]]:
    """The newest claim of each case, with its item in the version that binds it."""
    found: dict[UUID, tuple[Item, dict[str, Any]]] = {}
    for start in range(0, len(cases), _CHUNK):
        query = (
            select(col(Case.id), col(Case.policy), col(Case.item), col(Case.rule_version), col(Snapshot.content))
            .join(Snapshot, col(Snapshot.case_id) == col(Case.id))
            .where(col(Case.id).in_(cases[start : start + _CHUNK]), col(Snapshot.kind) == "claim")
            .order_by(col(Snapshot.version))
        )
        for row in work.execute(query):
            item = policy_of(row.policy).item_as(row.item, row.rule_version, work.today)
            found[row.id] = (item, loads(row.content))
    return found


def facts_as_claimed(item: Item, claim: Mapping[str, Any]) -> dict[str, Any]:
    """What of the facts the claim says, each cost line recognised in full; what only the unit can know stays open."""
    stated = {field.name for field in plan(item.claim)}
    return {
        field.name: _fact(field, claim[field.name]) for field in plan(item.facts) if field.name in stated & claim.keys()
    }


def _fact(field: Field, value: Any) -> Any:
    if field.name == "cost_lines" and isinstance(value, list):
        return [{**line, "recognised": line["claimed"]} for line in value]
    return value
