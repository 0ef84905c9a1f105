"""Parties: who may apply. Firms by credit code, persons by the blind index of their identity number, units by name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col
from stdnum.cn import uscc

from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.privacy import identity_numbers
from casework.privacy.personal_keys import Seal, first_seal, plain, seal_of
from casework.shared.errors import Problem, Refused
from casework.shared.reference import touch
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.shared.text_normalization import name_key, narrow, same_name
from casework.staff import contact_addresses, unit_register
from models import Duty, Party, PartyAccount, PartyKind, Person
from models.sealing import MARK
from models.store import Store
from models.unit_of_work import UnitOfWork

WRITERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.ADMINISTRATOR)
CODED = (PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION)
_CHUNK = 500
_CODE_LENGTH, _LONGEST = 18, 140  # of a credit code; of a name, which has to fit into the bank's file
_CODE = re.compile(r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_PARTIES: Select[Any] = select(Party.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewParty:
    """What is entered about a party. `code`: credit code, identity number (hashed at once), or the unit's name."""

    kind: PartyKind | str
    name: str
    code: str
    town: str = ""
    sector: str = ""
    registered_on: date | None = None
    contact: str = ""
    account: NewAccount | None = None


@dataclass(frozen=True, kw_only=True)
class PartyRow:
    """A party as listed, with the state of its account; a person's number only masked."""

    id: UUID
    kind: str
    name: str
    code: str
    town: str
    sector: str
    registered_on: str
    account: str
    account_status: str
    demo: bool


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What came of entering many: ids in the order given, and how many of them are new."""

    ids: list[UUID] = field(default_factory=list)
    new: int = 0


def add(store: Store, actor: Actor, new: NewParty) -> UUID:
    """Enters a party and its account; one that is there under the same code and name gives its id."""
    return add_many(store, actor, [new]).ids[0]


def add_many(store: Store, actor: Actor, new: Sequence[NewParty]) -> Entered:
    """Enters parties in one transaction, all of them or none. A wrong one is said by its place in `field`."""
    done = Entered()
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        for start in range(0, len(new), _CHUNK):
            work.flush()
            ids, fresh = _enter_all(store, work, who, new[start : start + _CHUNK], start, several=len(new) > 1)
            done = Entered(ids=[*done.ids, *ids], new=done.new + fresh)
    return done


def enter_in(store: Store, work: UnitOfWork, who: Writer, new: NewParty) -> UUID:
    """Enters one party within an open transaction, for a writer who may; one that is entered already is refused."""
    work.flush()
    (made,), fresh = _enter_all(store, work, who, [new], 0, several=False)
    if not fresh:
        raise known(new.code)
    return made


def known(code: str) -> Refused:
    """The refusal of a firm that is entered already and asks for an account of its own."""
    zh = f"代码 {code.strip()} 的主体已登记；经办人账号请由该主体联系受理窗口或系统管理员办理"
    return Refused("code", zh, "this code is entered already: its people ask the counter for an account", field="code")


def listing() -> Select[Any]:
    """Every party with its account in use, for `row_of`."""
    newest = (
        select(col(PartyAccount.number), col(PartyAccount.status), col(PartyAccount.party_id))
        .where(col(PartyAccount.status) != "replaced")
        .subquery()
    )
    return select(
        Party.__table__,  # type: ignore[attr-defined]
        newest.c.number.label("account"),
        newest.c.status.label("account_status"),
    ).join(newest, newest.c.party_id == col(Party.id), isouter=True)


def listed(store: Store, *, kind: PartyKind | None = None, name: str = "") -> list[PartyRow]:
    """Parties by name (containing `name`)."""
    query = listing()
    if kind:
        query = query.where(col(Party.kind) == kind)
    if name:
        named = col(Party.name).contains(name, autoescape=True)
        query = query.where(or_(named, col(Party.name).startswith(MARK)))
    with store.read() as work:
        found = [row_of(row) for row in work.execute(query.order_by(col(Party.name), col(Party.code)))]
    return [row for row in found if name in row.name]


def checked_code(kind: PartyKind, code: str) -> str:
    """A credit code in its one spelling; the refusal says what is wrong with it."""
    plain = shaped_code(code)
    if plain[-1] != uscc.calc_check_digit(plain):
        zh, en = "校验位不符，请对照营业执照或登记证核对", "its check digit is wrong"
        raise Refused("code", f"统一社会信用代码{zh}", f"unified social credit code: {en}", field="code")
    return plain


def is_code(code: str) -> bool:
    """Whether this is a credit code whose check character fits."""
    try:
        return bool(checked_code(PartyKind.ENTERPRISE, code))
    except Refused:
        return False


def odd_codes(work: UnitOfWork) -> frozenset[str]:
    """The codes that are entered though their check character does not fit."""
    mine = select(col(Party.code)).where(col(Party.kind).in_(CODED))
    return frozenset(code for code in work.execute(mine).scalars() if not is_code(code))


def shaped_code(code: str) -> str:
    """The same without its check character: length, characters, and that it is no person's number."""
    plain = "".join(narrow(code).upper().replace("-", "").split())
    says = english = ""
    if len(plain) != _CODE_LENGTH:
        says, english = f"应为 18 位，现为 {len(plain)} 位", "it has 18 characters"
    elif not _CODE.fullmatch(plain):
        says, english = "含不应出现的字符（字母 I、O、S、V、Z 不用）", "it holds characters that it never has"
    elif identity_numbers.resident(plain):
        says = "不成立：这是一个有效的身份证件号码；自然人请以主体类别 person（自然人）登记"
        english = "this is the number of a person's document: enter a natural person as kind person"
    if says:
        raise Refused("code", f"统一社会信用代码{says}", f"unified social credit code: {english}", field="code")
    return plain


def lookup(store: Store, work: UnitOfWork, kind: PartyKind, code: str) -> str:
    """What a party's code is stored as: the credit code, the blind index, or the unit's name."""
    if kind in CODED:
        return checked_code(kind, code)
    if kind is PartyKind.PERSON:
        return identity_numbers.blind(store, work, identity_numbers.checked(code, "code", today=work.today))
    return unit_register.must_exist(work, code.strip(), "code")


def find(work: UnitOfWork, kind: PartyKind, stored_code: str) -> Any | None:
    """The party's row, or None."""
    return work.execute(_PARTIES.where(col(Party.kind) == kind, col(Party.code) == stored_code)).first()


def persons(store: Store, work: UnitOfWork, text: str) -> list[UUID]:
    """Natural persons by identity number or exact name. Names are sealed: they are opened and compared here."""
    if identity_numbers.plausible(text):
        row = find(work, PartyKind.PERSON, lookup(store, work, PartyKind.PERSON, text))
        return [row.id] if row else []
    known = work.execute(select(col(Party.id), col(Party.name)).where(col(Party.kind) == PartyKind.PERSON))
    return [row.id for row in known if same_name(row.name, text)]


def named(store: Store, work: UnitOfWork, text: str) -> UUID:
    """A party by its code or its exact name (a natural person's number); several of one name are told apart by code."""
    wanted = filled(text, "party", "申报主体（名称或代码）", "the party, by its name or code")
    code = "".join(narrow(text).upper().split())
    query = select(col(Party.id)).where(or_(col(Party.code) == code, col(Party.name) == wanted))
    found = list(work.execute(query.limit(2)).scalars()) or _spelled(work, wanted) or persons(store, work, wanted)[:2]
    if len(found) == 1:
        return UUID(str(found[0]))
    zh, en = (
        f"没有申报主体“{wanted}”，请先在“申报主体”页登记",
        f"there is no party {wanted}: enter it first, on the page Parties",
    )
    if found:
        zh, en = f"有多个主体名为“{wanted}”，请用代码", f"several parties are called {wanted}: give the code"
    raise Refused("party", zh, en, field="party")


def _essence(name: str, account: NewAccount | None) -> tuple[str, ...]:
    """What makes two accounts two: number, bank, clearing code or holder."""
    assert account is not None
    stored = payee_accounts.examine(account, name.strip())
    return (stored["number"], stored["bank"], stored["clearing_code"], name_key(stored["holder"]))


def _spelled(work: UnitOfWork, text: str) -> list[UUID]:
    """Firms and units whose name is the same in another spelling of brackets, dots and widths."""
    rows = work.execute(select(col(Party.id), col(Party.name)).where(col(Party.kind) != PartyKind.PERSON))
    return [row.id for row in rows if same_name(row.name, text)][:2]


def faults(store: Store, new: Sequence[NewParty]) -> list[tuple[int, Refused]]:
    """What would be refused of each entry, all at once; nothing is written."""
    found: list[tuple[int, Refused]] = []
    keys: dict[int, tuple[PartyKind, str]] = {}
    with store.read() as work:
        towns = _towns(work)
        for index, new_party in enumerate(new):
            try:
                key = _key(store, work, new_party)
                _examine(work, new_party, towns)
                keys[index] = key
            except Refused as no:
                found.append((index, no))
        found += _contradictions(new, keys)
        known = _known(work, list(dict.fromkeys(keys.values())))
        wrong = {index for index, _ in found}
        for index, key in keys.items():
            row = known.get(key) if index not in wrong else None
            if row is not None and not same_name(row.name, new[index].name):
                found.append((index, _renamed(key, new[index], row.name)))
    return sorted(found, key=lambda pair: pair[0])


def _contradictions(new: Sequence[NewParty], keys: Mapping[int, tuple[PartyKind, str]]) -> list[tuple[int, Refused]]:
    """Entries of one party that say different things of it: another name than the first, or two accounts, each named."""
    found: list[tuple[int, Refused]] = []
    groups: dict[tuple[PartyKind, str], list[int]] = {}
    for index, key in keys.items():
        groups.setdefault(key, []).append(index)
    for key, indexes in groups.items():
        first = new[indexes[0]].name
        others = [index for index in indexes if not same_name(new[index].name, first)]
        found += [(index, _renamed(key, new[index], first.strip())) for index in others]
        found += _two_accounts([index for index in indexes if new[index].account and index not in others], new)
    return found


def _two_accounts(indexes: Sequence[int], new: Sequence[NewParty]) -> list[tuple[int, Refused]]:
    said = {_essence(new_party.name, new_party.account) for index in indexes if (new_party := new[index]).account}
    if len(said) <= 1:
        return []
    zh = "同一主体在本表中有两个不同的收款账户，只能留一个；请核对后删去错的一行"
    no = Refused("account", zh, "the same party has two accounts in this file: keep the right one", field="account")
    return [(index, no) for index in indexes]


def _enter_all(
    store: Store, work: UnitOfWork, who: Writer, new: Sequence[NewParty], start: int, *, several: bool
) -> tuple[list[UUID], int]:
    ids: list[UUID] = []
    keys, towns, fresh = [], _towns(work), 0
    for index, new_party in enumerate(new, start):
        with _Named(index, several):
            keys.append(_key(store, work, new_party))
            _examine(work, new_party, towns)
    known = _known(work, keys)
    for index, (new_party, key) in enumerate(zip(new, keys, strict=True), start):
        with _Named(index, several):
            row = known.get(key)
            added = row is None
            if row is None:
                row = known[key] = _enter(store, work, who, new_party, key)
                fresh += 1
            elif not same_name(row.name, new_party.name):
                raise _renamed(key, new_party, row.name)
            if new_party.account is not None:
                seal = row.seal if isinstance(row, _New) else seal_of(work, row.id, key[0])
                payee_accounts.enter_in(work, who, row.id, row.name, new_party.account, first=added, seal=seal)
            ids.append(row.id)
    return ids, fresh


def _towns(work: UnitOfWork) -> set[str]:
    return {unit.name for unit in work.execute(unit_register.QUERY)}


def _known(work: UnitOfWork, keys: Sequence[tuple[PartyKind, str]]) -> dict[tuple[PartyKind, str], Any]:
    found: dict[tuple[PartyKind, str], Any] = {}
    for start in range(0, len(keys), _CHUNK):
        codes = [code for _, code in keys[start : start + _CHUNK]]
        for row in work.execute(_PARTIES.where(col(Party.code).in_(codes))):
            found[PartyKind(row.kind), row.code] = row
    return found


def _key(store: Store, work: UnitOfWork, new_party: NewParty) -> tuple[PartyKind, str]:
    try:
        kind = PartyKind(new_party.kind)
    except ValueError:
        among = "、".join(PartyKind)
        raise Refused("kind", f"主体类别应为 {among} 之一", f"kind is one of {among}", field="kind") from None
    return kind, lookup(store, work, kind, new_party.code)


def _examine(work: UnitOfWork, new_party: NewParty, towns: set[str]) -> None:
    """What can be said of an entry without looking at the register."""
    name = filled(new_party.name, "name", "名称", "the name", most=_LONGEST)
    if new_party.town and new_party.town not in towns:
        unit_register.must_exist(work, new_party.town, "town")
    if new_party.registered_on and new_party.registered_on > work.today:
        raise Refused("registered_on", "成立日期在今天之后", "the registration lies ahead", field="registered_on")
    if new_party.account is not None:
        payee_accounts.examine(new_party.account, name)


def _renamed(key: tuple[PartyKind, str], new_party: NewParty, name: str) -> Refused:
    return Refused(
        "name",
        f"代码 {_shown(key, new_party)} 已登记为“{name}”，与“{new_party.name.strip()}”不符；更名须凭变更登记办理",
        f'this code is entered as "{name}": a new name needs its record of change',
        field="name",
    )


@dataclass(frozen=True)
class _New:
    id: UUID
    name: str
    seal: Seal


def _enter(store: Store, work: UnitOfWork, who: Writer, new_party: NewParty, key: tuple[PartyKind, str]) -> _New:
    kind, code = key
    name = new_party.name.strip()
    party = work.new_id()
    made = _New(party, name, first_seal(store, work, party) if kind is PartyKind.PERSON else plain)
    work.add(
        Party,
        id=made.id,
        kind=kind,
        name=made.seal(name),
        code=code,
        code_masked=_shown(key, new_party),
        town=new_party.town or None,
        sector=new_party.sector.strip(),
        registered_on=new_party.registered_on.isoformat() if new_party.registered_on else "",
        contact=made.seal(new_party.contact.strip()),
        demo=work.demo,
        created_at=work.now,
    )
    work.audit(actor=who.text, action="parties.add", subject=str(made.id), content={"kind": kind, "code": code})
    contact_addresses.from_register(work, who, f"party:{made.id}", new_party.contact, made.seal)
    if kind is PartyKind.PERSON and work.execute(select(col(Person.id)).where(col(Person.natural_key) == code)).first():
        touch(work)  # somebody with an account applies for themselves
    return made


def _shown(key: tuple[PartyKind, str], new_party: NewParty) -> str:
    """A code as people may see it: an identity number only masked."""
    return identity_numbers.masked(identity_numbers.checked(new_party.code)) if key[0] is PartyKind.PERSON else key[1]


class _Named:
    """Puts the position of the entry before the field of a refusal, where there are several."""

    def __init__(self, index: int, several: bool) -> None:
        self.index, self.several = index, several

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if self.several and isinstance(problem, Problem):
            problem.field = f"[{self.index}].{problem.field}"


def row_of(row: Any) -> PartyRow:
    """A row of `listing`."""
    return PartyRow(
        id=row.id,
        kind=row.kind,
        name=row.name,
        code=row.code_masked,
        town=row.town or "",
        sector=row.sector,
        registered_on=row.registered_on,
        account=f"****{row.account[-4:]}" if row.account else "",
        account_status=row.account_status or "",
        demo=row.demo,
    )
