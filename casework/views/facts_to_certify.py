"""What waits for a certifier's facts, with what each applicant claimed: what a workbook of facts begins with."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from casework.forms.facts_as_claimed import claims
from casework.views.case_lists import ids_of
from casework.views.inbox import inbox
from models.store import Store
from policies.measures import Item
from policies.policy import Policy


def facts_to_certify(
    store: Store, policy: Policy, reader: UUID, items: Collection[str] = ()
) -> list[tuple[str, str, Item, Mapping[str, Any]]]:
    """Number, applicant, item in the version that binds it, and claim of each case that is the reader's to certify, the most
    urgent first; only of `items` where some are named."""
    mine = [task.case for task in inbox(store, reader) if "certify" in task.actions]
    mine = [case for case in mine if case.policy == policy.code and (not items or case.item in items)]
    ids = ids_of(store, [case.number for case in mine], reader=reader)
    with store.read() as work:
        stated = claims(work, list(ids.values()))
    return [(case.number, case.applicant, *stated[ids[case.number]]) for case in mine]
