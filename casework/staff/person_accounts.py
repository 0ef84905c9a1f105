"""People: accounts of natural persons. Two accounts of one person share a natural key: their duties count together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, or_, select, update
from sqlmodel import col

from casework.privacy import identity_numbers as identities
from casework.privacy.personal_keys import plain, seal_of
from casework.shared.errors import Refused
from casework.shared.merged_parties import refuse_merged
from casework.shared.reference import touch
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.shared.text_normalization import same_name
from casework.staff import contact_addresses
from casework.staff.logins import find
from models import ChatAccount, Delegation, Duty, Party, Person, Token, WebSession
from models.store import Store
from models.unit_of_work import UnitOfWork

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is entered about a person. `identity` is hashed at once; `same_as`: the login of their other account."""

    login: str
    name: str
    identity: str = ""
    same_as: str = ""
    party: UUID | None = None
    contact: str = ""
    language: str = "zh"


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """A person as listed."""

    id: UUID
    login: str
    name: str
    active: bool
    party: str
    contact: str


def add(store: Store, actor: Actor, new: NewPerson) -> UUID:
    """Enters a person; the same login with the same name again gives the id it has."""
    return add_many(store, actor, [new])[0]


def add_many(store: Store, actor: Actor, new: Sequence[NewPerson]) -> list[UUID]:
    """Enters people in one transaction: all of them or none."""
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        return [enter_in(store, work, who, person)[0] for person in new]


def close(store: Store, actor: Actor, login: str, *, reason: str | None = None) -> None:
    """Closes an account: nothing can be done under it any more. Its tokens end in the same moment, its sessions, the chat
    accounts bound to it, which its holder may bind to another account, and the delegations to it and from it; its duties stand
    in the register, as vacant. `reason`: why, for the audit row; where one is given it may not be empty."""
    said = None if reason is None else filled(reason, "reason", "理由", "the reason", most=500)
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        found = find(work, login)
        work.execute(update(Person).where(col(Person.id) == found.id).values(active=False))
        content = {"login": login, "ended": _ended(work, found), **({"reason": said} if said else {})}
        work.audit(actor=who.text, action="people.close", subject=str(found.id), content=content)
        touch(work)


def _ended(work: UnitOfWork, who: Writer) -> dict[str, int]:
    """Ends what an account still holds; how much of each kind. What had not begun is taken off."""
    now, both = work.now, or_(col(Delegation.from_person) == who.id, col(Delegation.to_person) == who.id)
    token = or_(col(Token.ends_at).is_(None), col(Token.ends_at) > now)
    statements = {
        "tokens": (update(Token).where(col(Token.person_id) == who.id, token).values(ends_at=now),),
        "sessions": (delete(WebSession).where(col(WebSession.person_id) == who.id),),
        "chat_accounts": (delete(ChatAccount).where(col(ChatAccount.person_id) == who.id),),
        "delegations": (
            delete(Delegation).where(both, col(Delegation.valid_from) >= now),
            update(Delegation).where(both, col(Delegation.valid_to) > now).values(valid_to=now),
        ),
    }
    return {kind: sum(int(work.execute(statement).rowcount) for statement in done) for kind, done in statements.items()}


def listed(store: Store) -> list[PersonRow]:
    """Everybody by login."""
    query: Select[Any] = (
        select(Person.__table__, col(Party.name).label("party"))  # type: ignore[attr-defined]
        .join(Party, col(Party.id) == col(Person.party_id), isouter=True)
        .order_by(col(Person.login))
    )
    with store.read() as work:
        return [
            PersonRow(
                id=row.id,
                login=row.login,
                name=row.name,
                active=row.active,
                party=row.party or "",
                contact=row.contact,
            )
            for row in work.execute(query)
        ]


def id_of(store: Store, login: str) -> UUID:
    """The id behind a login."""
    with store.read() as work:
        found = find(work, login).id
    assert found is not None
    return found


def enter_in(store: Store, work: UnitOfWork, who: Writer, new: NewPerson) -> tuple[UUID, bool]:
    """Enters one person within an open transaction, for a writer who may; and whether they are new."""
    login, name = (
        filled(new.login, "login", "登录名", "the login", most=64),
        filled(new.name, "name", "姓名", "the name", most=140),
    )
    if new.language not in LANGUAGES:
        raise Refused("language", "语言应为 zh 或 en", "the language is zh or en", field="language")
    work.flush()
    query = select(col(Person.id), col(Person.name), col(Person.natural_key)).where(col(Person.login) == login)
    known = work.execute(query).first()
    natural_key = _natural_key(store, work, new, login)
    if known is not None:
        if not same_name(known.name, name) or (new.identity and known.natural_key != natural_key):
            raise Refused("login", f"登录名 {login} 已属于 {known.name}", f"the login {login} is taken", field="login")
        return UUID(str(known.id)), False
    if new.party and work.execute(select(col(Party.id)).where(col(Party.id) == new.party)).first() is None:
        raise Refused("party", "没有这个申报主体", "there is no such party", field="party")
    if new.party:
        refuse_merged(work, new.party, "登记新的经办人", "be given people")
    made = work.new_id()
    seal = seal_of(work, new.party) if new.party else plain
    work.add(
        Person,
        id=made,
        login=login,
        name=seal(name),
        natural_key=natural_key,
        party_id=new.party,
        contact=seal(new.contact.strip()),
        language=new.language,
    )
    work.audit(actor=who.text, action="people.add", subject=str(made), content={"login": login})
    contact_addresses.from_register(work, who, f"person:{made}", new.contact, seal)
    touch(work)
    return made, True


def _natural_key(store: Store, work: UnitOfWork, new: NewPerson, login: str) -> str:
    if new.same_as:
        return find(work, new.same_as).natural_key
    if new.identity:
        return identities.blind(store, work, identities.checked(new.identity, today=work.today))
    return f"login:{login}"
