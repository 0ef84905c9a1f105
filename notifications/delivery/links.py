"""Links in messages: `/t/` and a token of 128 bits that follows from the message and its reader, so that a repeat carries the same.

The store keeps the token's hash. A token opens nothing by itself: the portal asks who is there.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite

from models import MessageLink
from models.unit_of_work import UnitOfWork

_BYTES = 16
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without those that are taken for others
_CODE = 8
_OF_ONE = ("person:", "party:")  # who may have a link of their own; a unit's mailbox is read by many


@dataclass(frozen=True)
class MessageLinks:
    """The portal's address ("" = there is none) and the key from which tokens follow (empty: messages lead to the inbox)."""

    web: str = ""
    key: bytes = field(default=b"", repr=False)

    def token(self, message: UUID, reader: str) -> str:
        """The token for one reader of a message; "" where they have none."""
        if not (self.web and self.key and reader.startswith(_OF_ONE)):
            return ""
        made = hmac.new(self.key, f"{message}/{reader}".encode(), hashlib.sha256).digest()[:_BYTES]
        return urlsafe_b64encode(made).decode().rstrip("=")

    def code(self, request: str) -> str:
        """The one-time code of a request: eight letters and digits."""
        if not self.key:
            raise LookupError("no key to make a code from")
        made = hmac.new(self.key, f"code/{request}".encode(), hashlib.sha256).digest()
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in made[:_CODE])

    def keep(self, work: UnitOfWork, wanted: Iterable[tuple[UUID, str]]) -> None:
        """Writes down the hashes of the tokens for these messages and readers; those that are known already stay."""
        rows: list[Mapping[str, object]] = [
            {"hash": hash_of(token), "message_id": message, "reader": reader}
            for message, reader in dict.fromkeys(wanted)
            if (token := self.token(message, reader))
        ]
        if rows:
            insert = (postgresql if work.postgres else sqlite).insert
            work.execute(insert(MessageLink).values(rows).on_conflict_do_nothing())

    def known(self, message: UUID, reader: str, kept: str | None) -> str:
        """The token, if it is the one whose hash is kept; "" for another key's, or where none is kept."""
        token = self.token(message, reader)
        return token if token and kept and hmac.compare_digest(hash_of(token), kept) else ""


NO_LINKS = MessageLinks()


def hash_of(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
