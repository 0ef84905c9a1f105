"""Plainly fictional content for every kind of message: what the preview and the proofs show."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models import Duty
from notifications.wording.catalogue import WORDINGS, own_samples
from notifications.wording.compose import Reading, compose
from notifications.wording.deadline import Deadline
from notifications.wording.letter import Letter
from notifications.wording.wording_parts import Audience

TODAY = date(2023, 9, 11)
TOKEN = "0123456789abcdefghijkl"
_DUE = date(2023, 9, 15)
_PAST = "2023-09-08"
_TOO_LATE = ("_over", "overdue", "escalated")  # kinds that tell of a deadline that has passed
_SHARED = {
    "case": "XZ2023-M04-000001",
    "at": "2023-09-04",
    "missing": ["认定证书", "产品照片"],
    "due": "2023-09-18T16:00:00+00:00",
    "reason": "演示：认定证书与申报产品不符",
    "reason_en": "Demo: the certificate is of another product",
    "amount": "1500000.00",
    "amount_fen": 150_000_000,
    "computed_fen": 200_000_000,
    "reduced_fen": 50_000_000,
    "notice": "XZ2023-GS-0001",
    "objections": "1、2",
    "closes_on": "2023-09-20",
    "document": "演示文号 1",
    "note": "演示：不涉及资金兑付。",
    "unit": "演示单位",
    "day": "2023-09-10",
    "days": 3,
    "count": 3,
    "hours": 2,
    "minutes": 12,
    "of": 32,
    "fault": "ValueError",
}


def sample(kind: str) -> dict[str, Any]:
    """Content for one kind: what its sentences mention, its theme's own values before the shared ones."""
    known: Mapping[str, Any] = {**_SHARED, **own_samples(kind)}
    fields = WORDINGS[kind].fields
    found = {name: value for name, value in known.items() if name in fields}
    return found | {"due": _PAST} if "due" in found and any(word in kind for word in _TOO_LATE) else found


def letter(kind: str, audience: Audience, language: str, *, demo: bool = False, web: str = "") -> Letter:
    """The sample message of a kind for a reader."""
    turn = audience is not Audience.APPLICANT
    asked = turn and "case" in WORDINGS[kind].fields and bool(WORDINGS[kind].zh.officer_do)
    reading = Reading(
        audience=audience, today=TODAY, language=language, demo=demo, web=web,
        token=TOKEN if web else "", unit="演示单位" if turn else "", duty=Duty.CERTIFIER if turn else Duty.APPLICANT,
        deadline=Deadline(_DUE) if asked else None,
    )  # fmt: skip
    return compose(kind, sample(kind), reading)
