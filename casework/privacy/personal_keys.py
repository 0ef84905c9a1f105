"""Natural persons' own keys: made when somebody is entered, used for every personal text that is written about them."""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.privacy import identity_numbers
from models import Party, PartyKind, PersonalKey
from models.sealing import RING, new_secret, seal, wrap
from models.statements import Prepared
from models.store import Store
from models.unit_of_work import UnitOfWork

Seal: TypeAlias = Callable[[str], str]
_KEY = Prepared(select(col(PersonalKey.id)).where(col(PersonalKey.party_id) == bindparam("wanted")))
_GONE = "anonymised:"
_KIND = Prepared(select(col(Party.kind)).where(col(Party.id) == bindparam("wanted")))


def plain(text: str) -> str:
    """Firms and units: nothing is sealed."""
    return text


def first_seal(store: Store, work: UnitOfWork, party: UUID) -> Seal:
    """Makes the key of a natural person who is being entered."""
    # Never from the store's own ids: those of a rehearsal repeat, and a key's name must be one in the world.
    key, secret = uuid4(), new_secret()
    wrapped = wrap(identity_numbers.master(store, work), key, secret)
    work.add(PersonalKey, id=key, party_id=party, wrapped=wrapped, made_at=work.now)
    RING.keep(key, secret)
    return lambda text: seal(key, secret, text)


def seal_of(work: UnitOfWork, party: UUID, kind: str | None = None) -> Seal:
    """How texts about a party are stored: a natural person's sealed; without a key (or after its end) as they are."""
    if kind is None:
        kind = next((row.kind for row in work.rows(_KIND, wanted=party)), "")
    if kind != PartyKind.PERSON:
        return plain
    rows = work.rows(_KEY, wanted=party)
    secret = RING.secret(rows[0].id) if rows else None
    if secret is None:
        return plain
    key = rows[0].id
    return lambda text: seal(key, secret, text)


def anonymised_key(subject: UUID) -> str:
    """What stands in a key's place once the applicant's personal data are destroyed: it says nothing and meets no other."""
    return f"{_GONE}{subject.hex}"


def anonymised(key: str) -> bool:
    """Whether the key was destroyed with its applicant's personal data."""
    return key.startswith(_GONE)
