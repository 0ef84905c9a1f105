"""A visitor of the portal without JavaScript: pages are read as HTML, forms are sent with all the fields that they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from lxml import html
from sqlalchemy import select, update
from sqlmodel import col
from starlette.testclient import TestClient

from casework.shared.home import Home
from casework.staff import sign_in
from models import Person, WebSession
from models.clock import real_now
from models.store import Store
from web.application import create_app
from web.portal_settings import WebSettings

PASSWORD = "sample-password-1"
# Looking at it takes a thousandth of what a real one takes; the portal's own hashes are made and looked at where passwords are set.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Shown:
    """A page as it came: its status, address and content."""

    status: int
    url: str
    tree: Any
    text: str

    def words(self) -> str:
        """What a reader sees of the body, blanks joined."""
        return " ".join(" ".join(self.tree.itertext()).split())

    def links(self) -> list[str]:
        """Where its links lead."""
        return [anchor.get("href") for anchor in self.tree.iter("a") if anchor.get("href")]

    def form(self, *, action: str = "") -> Any:
        """The form of the main part whose address begins so (the first one)."""
        found = [form_ for form_ in self.tree.xpath("//main//form") if (form_.get("action") or "").startswith(action)]
        assert found, f"no form {action!r} on {self.url}: {self.words()[:400]}"
        return found[0]


class Visitor:
    """One browser: its cookies, its language."""

    def __init__(self, portal: "Portal", address: str) -> None:
        self.client = TestClient(
            portal.app,
            base_url="http://localhost:8023",
            follow_redirects=True,
            raise_server_exceptions=False,
            client=(address, 50000),
        )

    def get(self, address: str) -> Shown:
        """A page, wherever the portal leads."""
        return self._shown(self.client.get(address))

    def post(self, address: str, fields: Mapping[str, Any], files: Any = None) -> Shown:
        """What a form sends."""
        return self._shown(self.client.post(address, data=dict(fields), files=files))

    def submit(self, page: Shown, *, action: str = "", files: Any = None, press: Any = None, **typed: Any) -> Shown:
        """Sends a form of a page: every field as it stands, with what is typed; names with dots are given in `typed` by `**{}`."""
        form = page.form(action=action)
        fields: dict[str, Any] = {}
        for name, value in form.form_values():
            fields.setdefault(name, []).append(value)
        if press is not None:
            fields[press[0]] = press[1]
        fields.update(typed)
        address = form.get("action") or page.url
        return self.post(address, fields, files)

    def submit_get(self, page: Shown, **chosen: str) -> Shown:
        """Sends a form that only asks: the filter of a list."""
        form = page.form()
        fields = {**dict(form.form_values()), **chosen}
        return self._shown(self.client.get(form.get("action") or page.url, params=fields))

    def sign_in(self, login: str, password: str = PASSWORD) -> Shown:
        """Through the page, as a person does."""
        return self.submit(self.get("/sign-in"), action="/sign-in", login=login, password=password)

    def _shown(self, answer: Any) -> Shown:
        tree = html.fromstring(answer.text) if "html" in answer.headers.get("content-type", "") else html.Element("p")
        return Shown(answer.status_code, str(answer.url), tree, answer.text)


class Portal:
    """The portal over one store."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.home = Home.at(folder, database_url=store.url)
        self.app = create_app(self.home, store, WebSettings())

    def visitor(self, address: str = "testclient") -> Visitor:
        """A browser of its own, at an address; the loopback's is one that nobody knows."""
        return Visitor(self, address)

    def as_(self, person: UUID) -> Visitor:
        """A browser in which somebody is signed in; they get a password where they had none."""
        with self.store.write() as work:
            sign_in.keep_password(work, person, _QUICK, real_now())
            login = work.execute(select(col(Person.login)).where(col(Person.id) == person)).scalar_one()
        visitor = self.visitor()
        assert visitor.sign_in(login).status != 403
        return visitor


def stale(portal: Portal, person: Any, *, factor: bool = True) -> tuple[Visitor, Any]:
    """Somebody whose factor was shown half an hour ago, and the authenticator."""
    visitor, clock = portal.as_(person), None
    if factor:
        page = visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
        clock = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0])
        earlier = real_now() - timedelta(seconds=30)
        visitor.submit(page, action="/account/factor/confirm", code=clock.at(earlier))
        with portal.store.write() as work:
            mine = update(WebSession).where(col(WebSession.person_id) == person)
            work.execute(mine.values(stepped_up_at=real_now() - timedelta(minutes=30)))
    return visitor, clock
