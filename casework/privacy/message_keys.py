"""The key from which links and one-time codes in messages follow: one for the installation, derived from its identity key."""

from casework.privacy import identity_numbers
from models.store import Store
from models.unit_of_work import UnitOfWork

_PURPOSE = b"duixian messages 1"


def message_key(store: Store, work: UnitOfWork) -> bytes:
    """The key; empty where the identity key is not at hand."""
    return identity_numbers.derived(store, work, _PURPOSE) or b""
