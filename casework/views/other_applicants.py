"""What an applicant's people are shown of others: that there is somebody, never whose case or benefit it is."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, scope
from casework.shared.reference import reference
from casework.stacking.stacking_basis import outside_names
from models import BenefitRecord, Case, Comparison
from models.store import Store
from models.unit_of_work import UnitOfWork

_NUMBER = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[A-Z][0-9]{2,}-[0-9]{6,}")
ANOTHERS = "另一申报主体的申报"
BENEFIT = "另一主体的补助"
T = TypeVar("T")


def party_of(store: Store, work: UnitOfWork, reader: Reader) -> UUID | None:
    """The party of a reader who belongs to an applicant and to no office; None for everybody else."""
    if not isinstance(reader, UUID):
        return None
    found = scope(work, reference(store, work), reader)
    return None if found.office else found.who.party_id


def unnumbered(work: UnitOfWork, party: UUID, shown: T, *, cases: Collection[UUID]) -> T:
    """The same with every number of another applicant's case left out, and every benefit of somebody else that these
    cases are compared with."""
    texts: set[str] = set()
    _walk(shown, lambda text: texts.add(text) or text)  # type: ignore[func-returns-value]
    numbers = {number for text in texts for number in _NUMBER.findall(text)}
    mine = select(col(Case.number)).where(col(Case.number).in_(numbers), col(Case.party_id) == party)
    strange = numbers - set(work.execute(mine).scalars())
    columns = (
        col(BenefitRecord.id),
        col(BenefitRecord.source),
        col(BenefitRecord.reference),
        col(BenefitRecord.subject),
        col(BenefitRecord.basis),
    )
    query = select(*columns).distinct()
    query = query.join(Comparison, col(Comparison.benefit_id) == col(BenefitRecord.id))
    held = work.execute(query.where(col(Comparison.case_id).in_(cases), col(BenefitRecord.party_id) != party))
    names = sorted({name for row in held for name in outside_names(row)}, key=len, reverse=True)
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
    if getattr(value, "other", None) and value.other != (other := change(value.other)):
        value = replace(value, other_basis="", other_basis_en="", compared="") if hasattr(value, "compared") else value
        value = replace(value, amount_fen=None, level="", period="") if other == BENEFIT else value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _walk(getattr(value, field.name), change) for field in fields(value)})
    if isinstance(value, Mapping):
        return {key: _walk(inner, change) for key, inner in value.items()}
    return type(value)(_walk(inner, change) for inner in value) if type(value) in (tuple, list) else value
