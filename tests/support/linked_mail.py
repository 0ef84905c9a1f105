"""An office whose people have mailboxes: messages are sent with links to the portal, and the links are read out of the mails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from models import Contact, Person
from models.store import Store
from notifications.delivery import Pace, send_due
from notifications.delivery.links import MessageLinks
from support.posts import Scripted

WEB = "http://localhost:8023"
LINKS = MessageLinks(WEB, b"a key of thirty-two bytes or more")
_LINK = re.compile(re.escape(WEB) + r"(/[\w/-]+)")


@dataclass
class LinkedMail:
    """Mail of one store; `got` holds every mail that was sent."""

    store: Store
    box: Scripted = field(default_factory=Scripted)

    def give_mailboxes(self) -> "LinkedMail":
        """Everybody who is entered gets a verified address."""
        with self.store.write() as work:
            for row in work.execute(select(col(Person.id), col(Person.login))).all():
                work.add(
                    Contact, holder=f"person:{row.id}", channel="email", address=f"{row.login}@example.com",
                    status="verified", entered_by="system", entered_at=work.now, verified_by="system",
                    verified_at=work.now, changed_at=work.now,
                )  # fmt: skip
        return self

    def send(self, links: MessageLinks = LINKS) -> None:
        """Everything that is due."""
        send_due(self.store, [self.box], pace=Pace(seed=1, limit=5.0), links=links)

    def links(self, login: str, about: str = "") -> list[str]:
        """The addresses in somebody's mails (about one case), the newest last."""
        mine = [mail for mail in self.box.got if mail.address == f"{login}@example.com" and about in mail.text]
        return [found for mail in mine for found in _LINK.findall(mail.text)]

    def link(self, login: str, about: str = "") -> str:
        """The newest of them."""
        return self.links(login, about)[-1]

    def all(self) -> Iterator[str]:
        """Every address in every mail, once."""
        yield from dict.fromkeys(found for mail in self.box.got for found in _LINK.findall(mail.text))


def dump(store: Store) -> list[str]:
    """The whole database of an SQLite store, as the statements that would make it anew."""
    with store.read() as work:
        raw = work.connection.connection.dbapi_connection
        assert raw is not None
        return list(raw.iterdump())  # type: ignore[attr-defined]
