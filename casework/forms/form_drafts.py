"""What was typed into a form and not sent yet: kept for the person who typed it, under the form's name. `now` is real time.

The claim of a draft (`claim:…`) is kept longer, and any of the applicant's people goes on with what another one typed last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlmodel import col

from casework.privacy.personal_keys import plain, seal_of
from casework.shared.errors import Refused
from casework.shared.register_writes import writing
from models import FormDraft, Person
from models.columns import canonical_json
from models.store import Store

KEPT = timedelta(days=31)
CLAIM, CLAIM_KEPT = "claim:", timedelta(days=400)  # a filing window is open for a year
LARGEST = 200_000  # characters of a draft


@dataclass(frozen=True, kw_only=True)
class SavedForm:
    """A form as it was last saved; `version` counts the saves."""

    content: Mapping[str, Any]
    saved_at: datetime
    version: int
    by: UUID | None = None


def save(
    store: Store, person: UUID, form: str, content: Mapping[str, Any], *, now: datetime, party: UUID | None = None
) -> SavedForm:
    """Keeps what is typed, in place of what was; a natural person's own words are sealed with their key."""
    text = canonical_json(dict(content))
    if len(text) > LARGEST:
        raise Refused("size", "内容过长，无法保存", "too long to be saved", field="form")
    with writing(store) as work:
        sealed = (seal_of(work, party) if party else plain)(text)
        mine = (col(FormDraft.person_id) == person, col(FormDraft.form) == form)
        known = work.execute(select(col(FormDraft.version)).where(*mine)).scalar()
        version = (known or 0) + 1
        if known is None:
            work.add(FormDraft, person_id=person, form=form, content=sealed, saved_at=now, version=version)
        else:
            work.execute(update(FormDraft).where(*mine).values(content=sealed, saved_at=now, version=version))
        claim = col(FormDraft.form).startswith(CLAIM)
        old = or_(col(FormDraft.saved_at) < now - CLAIM_KEPT, and_(~claim, col(FormDraft.saved_at) < now - KEPT))
        work.execute(delete(FormDraft).where(old))
    return SavedForm(content=content, saved_at=now, version=version, by=person)


def saved(store: Store, person: UUID, form: str) -> SavedForm | None:
    """What the person typed into a form and has not sent."""
    return _newest(store, form, col(FormDraft.person_id) == person)


def saved_by_any(store: Store, party: UUID, form: str) -> SavedForm | None:
    """What any of a party's people typed last into a form that has not been sent."""
    people = select(col(Person.id)).where(col(Person.party_id) == party)
    return _newest(store, form, col(FormDraft.person_id).in_(people))


def _newest(store: Store, form: str, whose: ColumnElement[bool]) -> SavedForm | None:
    columns = (col(FormDraft.content), col(FormDraft.saved_at), col(FormDraft.version), col(FormDraft.person_id))
    query = select(*columns).where(whose, col(FormDraft.form) == form).order_by(col(FormDraft.saved_at).desc())
    with store.read() as work:
        row = work.execute(query.limit(1)).first()
    if row is None:
        return None
    return SavedForm(content=loads(row.content), saved_at=row.saved_at, version=row.version, by=row.person_id)


def forget(store: Store, person: UUID, form: str) -> None:
    """Takes a draft away: its form was sent, or its writer wants it gone."""
    _take_away(store, form, col(FormDraft.person_id) == person)


def forget_everybodys(store: Store, party: UUID, form: str) -> None:
    """The same for all of a party's people."""
    people = select(col(Person.id)).where(col(Person.party_id) == party)
    _take_away(store, form, col(FormDraft.person_id).in_(people))


def _take_away(store: Store, form: str, whose: ColumnElement[bool]) -> None:
    with writing(store) as work:
        work.execute(delete(FormDraft).where(whose, col(FormDraft.form) == form))
