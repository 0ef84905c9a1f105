"""Accounts found by their login, for the registers that give them something: duties, tokens, delegations, addresses."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Writer
from models import Person
from models.unit_of_work import UnitOfWork


def find_open(work: UnitOfWork, login: str) -> Writer:
    """The account of a login, if it is open: a closed one is given nothing any more."""
    found = find(work, login)
    if not work.execute(select(col(Person.active)).where(col(Person.id) == found.id)).scalar_one():
        raise Refused(
            "closed",
            f"{found.name}（{login}）的账号已停用，不能再授予职责、令牌或委托；请另行登记账号",
            f"the account {login} is closed: it takes no duty, token or delegation; enter a new account",
            field="person",
        )
    return found


def find(work: UnitOfWork, login: str) -> Writer:
    """The account of a login (or of an id written as text), open or closed; an unknown one is refused."""
    query = select(col(Person.id), col(Person.name), col(Person.natural_key), col(Person.party_id))
    row = work.execute(query.where(col(Person.login) == login)).first()
    if row is None and (known := _as_id(login)):
        row = work.execute(query.where(col(Person.id) == known)).first()
    if row is None:
        raise Refused(
            "person", f"没有人员“{login}”，请先登记", f"there is nobody called {login}: add them first", field="person"
        )
    return Writer(id=row.id, name=row.name, natural_key=row.natural_key, party_id=row.party_id)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def accounts_of(work: UnitOfWork, natural_key: str) -> list[UUID]:
    """Every account of a natural person."""
    return list(work.execute(select(col(Person.id)).where(col(Person.natural_key) == natural_key)).scalars())
