"""Another system that asks the API: a token of somebody, and requests as it sends them."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from starlette.testclient import TestClient

from casework.shared.register_writes import SYSTEM
from casework.staff import tokens
from casework.staff.tokens import TokenScope
from models import Person
from models.store import Store
from support.portal import Portal

LAST = date(2024, 3, 1)
AT = "/api/v1"


def login_of(store: Store, person: UUID) -> str:
    """The login of an account."""
    with store.read() as work:
        return str(work.execute(select(col(Person.login)).where(col(Person.id) == person)).scalar_one())


class ApiClient:
    """One system with its token; without scopes it has all of them."""

    def __init__(self, portal: Portal, person: UUID, *scopes: str, secret: str | None = None) -> None:
        wanted = scopes or tuple(TokenScope)
        login = login_of(portal.store, person)
        self.secret = secret or tokens.make(portal.store, SYSTEM, person=login, last=LAST, scopes=wanted)
        self.client = TestClient(
            portal.app, base_url="http://localhost:8023", raise_server_exceptions=False, client=("system", 1)
        )
        self.client.headers["Authorization"] = f"Bearer {self.secret}"

    def get(self, path: str, **more: Any) -> Any:
        """What an address answers."""
        return self.client.get(AT + path, **more)

    def post(self, path: str, body: Any = None, *, key: UUID | None = None, **more: Any) -> Any:
        """Sends JSON, as the act of this id."""
        return self.client.post(AT + path, json=body, headers=self._headers(key, more.pop("headers", {})), **more)

    def put(self, path: str, body: Any, **more: Any) -> Any:
        """The same where something is replaced."""
        return self.client.put(AT + path, json=body, **more)

    def _headers(self, key: UUID | None, more: Mapping[str, str]) -> dict[str, str]:
        return {**more, **({"Idempotency-Key": str(key)} if key else {})}


def problem(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, which is a whole problem document."""
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert said["status"] == answer.status_code and said["zh"] and said["en"] and said["type"].endswith(said["code"])
    return answer.status_code, said["code"]
