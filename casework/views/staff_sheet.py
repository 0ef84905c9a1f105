"""Accounts as administrators see them: staff and applicants' people by login, each with duties and how they sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, refuse_all_but_onlookers
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.staff import duty_grants
from casework.staff.duty_grants import GrantRow
from models import Enrolment, Grant, Party, Passkey, Password, Person, SecondFactor, WebSession
from models.store import Store
from models.unit_of_work import UnitOfWork

_WHAT = ("人员账号", "accounts")
KINDS = ("staff", "applicants", "all")


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account in a list; applicants' people show as elsewhere, natural persons by their first character."""

    id: UUID
    login: str
    name: str
    party: str
    active: bool
    password: bool
    factor: bool
    duties: int


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """Accounts by login; `after`: where the next page goes on, "" where there is none."""

    rows: tuple[AccountRow, ...]
    after: str


@dataclass(frozen=True, kw_only=True)
class AccountSheet:
    """One account: its duties in force or to come, its open sessions, and until when a code to enrol is good."""

    row: AccountRow
    grants: tuple[GrantRow, ...]
    sessions: int
    code_until: datetime | None


def accounts(
    store: Store, *, find: str = "", kind: str = "staff", after: str = "", limit: int = 50, reader: Reader
) -> AccountPage:
    """A page of accounts whose login holds a text, or is that of a holder of a duty in a unit of that name."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
        query = _accounts()
        if kind in KINDS[:2]:
            query = query.where(
                col(Person.party_id).is_(None) if kind == "staff" else col(Person.party_id).is_not(None)
            )
        if find:
            here = select(col(Grant.person_id)).where(col(Grant.unit) == find)
            query = query.where(or_(col(Person.login).contains(find, autoescape=True), col(Person.id).in_(here)))
        if after:
            query = query.where(col(Person.login) > after)
        rows = work.execute(query.order_by(col(Person.login)).limit(limit + 1)).all()
        shown = _rows(work, rows[:limit])
    return AccountPage(rows=shown, after=shown[-1].login if len(rows) > limit else "")


def account(store: Store, login: str, reader: Reader, *, now: datetime) -> AccountSheet:
    """One account; `now` is real time, as sessions and codes go by it. Refused where there is none."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
        rows = work.execute(_accounts().where(col(Person.login) == login)).all()
        if not rows:
            raise Refused("unknown_person", f"没有人员“{login}”", f"there is nobody called {login}", field="login")
        [row] = _rows(work, rows)
        live = (col(WebSession.person_id) == row.id, col(WebSession.ends_at) > now)
        sessions = work.execute(select(func.count()).select_from(WebSession).where(*live)).scalar_one()
        good = (col(Enrolment.person_id) == row.id, col(Enrolment.used_at).is_(None), col(Enrolment.ends_at) > now)
        until = work.execute(select(func.max(col(Enrolment.ends_at))).where(*good)).scalar()
    grants = tuple(duty_grants.listed(store, person=login))
    return AccountSheet(row=row, grants=grants, sessions=int(sessions), code_until=until)


def _accounts() -> Any:
    columns = (col(Person.id), col(Person.login), col(Person.name), col(Person.active), col(Person.party_id))
    party: tuple[Any, ...] = (col(Party.kind).label("party_kind"), col(Party.name).label("party_name"))
    return select(*columns, *party).join(Party, col(Party.id) == col(Person.party_id), isouter=True)


def _rows(work: UnitOfWork, rows: Any) -> tuple[AccountRow, ...]:
    ids = [row.id for row in rows]
    with_password = set(work.execute(select(col(Password.person_id)).where(col(Password.person_id).in_(ids))).scalars())
    confirmed = (col(SecondFactor.person_id).in_(ids), col(SecondFactor.confirmed_at).is_not(None))
    with_factor = set(work.execute(select(col(SecondFactor.person_id)).where(*confirmed)).scalars())
    with_factor |= set(work.execute(select(col(Passkey.person_id)).where(col(Passkey.person_id).in_(ids))).scalars())
    live = or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > work.now)
    counted = select(col(Grant.person_id), func.count()).where(col(Grant.person_id).in_(ids), live)
    duties = dict(work.execute(counted.group_by(col(Grant.person_id))).tuples().all())
    return tuple(
        AccountRow(
            id=row.id,
            login=row.login,
            name=party_name("person", row.name) if row.party_id else row.name,
            party=party_name(row.party_kind, row.party_name) if row.party_id else "",
            active=row.active,
            password=row.id in with_password,
            factor=row.id in with_factor,
            duties=duties.get(row.id, 0),
        )
        for row in rows
    )
