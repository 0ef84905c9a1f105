"""What an applicant's people are shown of others: that there is somebody, never whose case or benefit it is."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.readers import Reader, scope
from casework.reference import reference
from casework.stacking import outside_name
from models import Benefit, Case, Comparison
from models.store import Store
from models.work import Work

_NUMBER = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[A-Z][0-9]{2,}-[0-9]{6,}")
ANOTHERS = "另一申报主体的申报"
BENEFIT = "另一主体的补助"
T = TypeVar("T")


def party_of(store: Store, work: Work, reader: Reader) -> UUID | None:
    """The party of a reader who belongs to an applicant and to no office; None for everybody else."""
    if not isinstance(reader, UUID):
        return None
    found = scope(work, reference(store, work), reader)
    return None if found.office else found.who.party_id


def unnumbered(work: Work, party: UUID, shown: T, *, cases: Collection[UUID]) -> T:
    """The same with every number of another applicant's case left out, and every benefit of somebody else that these
    cases are compared with."""
    texts: set[str] = set()
    _walk(shown, lambda text: texts.add(text) or text)  # type: ignore[func-returns-value]
    numbers = {number for text in texts for number in _NUMBER.findall(text)}
    mine = select(col(Case.number)).where(col(Case.number).in_(numbers), col(Case.party_id) == party)
    strange = numbers - set(work.execute(mine).scalars())
    query = select(col(Benefit.source), col(Benefit.reference), col(Benefit.subject)).distinct()
    query = query.join(Comparison, col(Comparison.benefit_id) == col(Benefit.id))
    held = work.execute(query.where(col(Comparison.case_id).in_(cases), col(Benefit.party_id) != party))
    names = sorted((outside_name(*row) for row in held), key=len, reverse=True)
    found: T = _walk(shown, partial(_plain, strange, names))
    return found


def _plain(strange: set[str], names: Sequence[str], text: str) -> str:
    for name in names:
        text = text.replace(name, BENEFIT)
    return _NUMBER.sub(lambda found: ANOTHERS if found[0] in strange else found[0], text)


def _walk(value: Any, change: Any) -> Any:
    """The value with every text in it changed, whatever it lies in."""
    if isinstance(value, str):
        changed = change(value)
        return value if changed == value else changed
    if getattr(value, "other", None) and value.other != (other := change(value.other)) and other == BENEFIT:
        value = replace(value, amount_fen=None, level="", period="")
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _walk(getattr(value, one.name), change) for one in fields(value)})
    if isinstance(value, Mapping):
        return {key: _walk(one, change) for key, one in value.items()}
    return type(value)(_walk(one, change) for one in value) if type(value) in (tuple, list) else value
