"""Rows for the tests of the records: an official figure, a ranking, a natural person at the end of retention, a sign-in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from models import Anonymisation, Party, PayoutFigure, PersonalKey, Ranking
from models.columns import canonical_json
from models.unit_of_work import content_hash
from support.signed_in import signed_in_rows

ROW = {"unit": "区经商局", "place": 1, "points": "60", "parts": {"示例指标": "60"}}
CONTENT = {
    "as_of": "2023-09-30",
    "method": "places",
    "catalogue": [{"title": "示例指标", "weight": 60, "direction": "higher"}],
    "figures": {"示例指标": {"区经商局": {"value": "1", "period": "2023-09", "source": "示例"}}},
    "rows": [ROW],
}


PERSON = UUID("018a0000-0000-7000-8000-00000000a001")


def watched_rows(
    unit: str, proposer: UUID, confirmer: UUID, now: datetime
) -> list[tuple[type[SQLModel], dict[str, Any]]]:
    """One of each kind; the person's key is destroyed, as two people confirmed."""
    figure = {"policy": "XZ2023", "unit": unit, "period": "2023-09", "source": "示例报表", "entered_at": now}
    counted = {"promised_fen": 200, "paid_fen": 100, "promised_cases": 2, "paid_cases": 1}
    text = canonical_json(CONTENT)
    ranking = {"policy": "XZ2023", "item": "S1", "as_of": "2023-09-30", "content": text, "hash": content_hash(text)}
    ended = {"party_id": PERSON, "status": "cleared", "ended_on": "2023-09-01", "due_on": "2023-10-01"}
    people = {"proposed_by": proposer, "proposed_at": now, "confirmed_by": confirmer, "confirmed_at": now}
    person = {"id": PERSON, "kind": "person", "name": "", "code": "anonymised:1", "created_at": now}
    return [
        *signed_in_rows(proposer, now),
        (Party, person),
        (PayoutFigure, {**figure, **counted}),
        (Ranking, {**ranking, "made_at": now}),
        (Anonymisation, {**ended, **people, "cleared_at": now, "cleared": "{}"}),
        (PersonalKey, {"party_id": PERSON, "wrapped": "", "made_at": now, "destroyed_at": now}),
    ]
