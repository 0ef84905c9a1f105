"""Rows of a case whose condition was overridden, for whatever needs a store with a row of every kind."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from models import CheckRecord, Delegation, Duty, Grant, PaperCheck, StepRating, Token, Waiver

LEAD = "区经商局"
# What the decisions of versions 3 and 4 say, so that the override rests on them.
ASKED = {"action": "waive", "outcome": "requested", "reason": "示例"}
CONFIRMED = {"action": "waive", "outcome": "waived"}


def condition_rows(
    case: UUID, asks: UUID, confirms: UUID, now: datetime
) -> list[tuple[type[SQLModel], dict[str, Any]]]:
    """A check that failed and was overridden, a paper that was checked off line, and how the step was rated."""
    found = {"name": "exclusion", "hard": True, "needed": "accept", "result": "fail", "rule": "r", "data": "d"}
    waived = {"reason_code": "document", "reason": "示例", "paper": "示例", "asked_by": asks, "confirmed_by": confirms}
    return [
        (CheckRecord, {"case_id": case, "sequence": 1, "version": 1, "looked_at": now, **found}),
        (StepRating, {"case_id": case, "step": "accepted", "grade": 5, "rated_by": asks, "rated_at": now}),
        (
            PaperCheck,
            {"case_id": case, "slot": "s", "found": "ok", "note": "示例", "checked_by": asks, "checked_at": now},
        ),
        (
            Waiver,
            {
                "case_id": case,
                "name": "exclusion",
                "data": "d",
                "version": 4,
                "asked_at": now,
                "confirmed_at": now,
                **waived,
            },
        ),
    ]


def rights_rows(maker: UUID, checker: UUID, now: datetime) -> list[tuple[type[SQLModel], dict[str, Any]]]:
    """A delegation, a grant and a token."""
    lent = {"from_person": maker, "to_person": checker, "duty": Duty.MAKER, "unit": LEAD}
    return [
        (Delegation, {**lent, "valid_from": now, "valid_to": now + timedelta(days=1)}),
        (Grant, {"person_id": maker, "duty": Duty.MAKER, "unit": LEAD, "valid_from": now}),
        (Token, {"person_id": maker, "hash": "h", "made_at": now}),
    ]
