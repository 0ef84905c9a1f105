"""Addresses: entered by their holder or by an officer, verified by somebody else before anything is sent, old ones kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlmodel import col

from casework.privacy.personal_keys import Seal, seal_of
from casework.privacy.personal_keys import plain as unsealed
from casework.shared.applicant_ties import parties_of
from casework.shared.entry_owners import told_of_entry
from casework.shared.errors import Refused
from casework.shared.merged_parties import refuse_merged
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.staff import logins, unit_register
from models import Contact, ContactStatus, Duty, Party, Person, UnitRecord
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications import addresses
from notifications.outbox import Tell, queue_once

WRITERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.ADMINISTRATOR)
CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")
_FEW = 500
_SENT_BACK = "核验不符："  # begins the reason of an address that was sent back
_LIVE = col(Contact.status) != ContactStatus.REPLACED
_ROWS: Select[Any] = select(Contact.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class ContactRow:
    """An address as listed; the address itself masked, but for whoever keeps it."""

    id: UUID
    holder: str
    name: str
    channel: str
    address: str
    status: str
    entered_at: Any
    verified_at: Any
    reason: str


def person(login: str) -> str:
    """The holder that a person's login stands for, as the functions below take it."""
    return f"person:{login}"


def party(identity: UUID) -> str:
    """The same of a party."""
    return f"party:{identity}"


def unit(name: str) -> str:
    """The same of a unit: its room, or its own mailbox."""
    return f"unit:{name}"


def add(store: Store, actor: Actor, holder: str, *, channel: str, address: str = "", proof: str = "") -> UUID:
    """Enters an address; one that was there by this channel is kept as replaced, the same again changes nothing.

    `channel` is a channel's name or its kind. With `proof` (how it was checked: called back, seen on a paper) it is verified at
    once, unless the holder entered it; without, it waits for `verify`.
    """
    with writing(store) as work:
        return add_in(store, work, actor, holder, channel=channel, address=address, proof=proof)


def add_in(
    store: Store, work: UnitOfWork, actor: Actor, holder: str, *, channel: str, address: str = "", proof: str = ""
) -> UUID:
    """The same within an open transaction."""
    if not CHANNEL.fullmatch(channel):
        raise Refused(
            "channel", "渠道名应为小写字母、数字和连字符，如 email", "a channel's name, like email", field="channel"
        )
    plain = examine(channel, address)
    work.flush()
    name = find(work, holder)
    who = keeper(store, work, actor, name)
    last = work.execute(_ROWS.where(col(Contact.holder) == name, col(Contact.channel) == channel, _LIVE)).first()
    if last is not None and last.address == plain and last.status != ContactStatus.BOUNCING:
        if last.status == ContactStatus.UNVERIFIED and proof.strip() and _may_vouch(work, who, name):
            _verify(work, who, last, proof.strip())
        return UUID(str(last.id))
    if last is not None:
        _end(work, last.id, "")
    vouched = proof.strip() if _may_vouch(work, who, name) else ""
    return _enter(work, who, name, channel, _seal_of(work, name)(plain), vouched)


def from_register(work: UnitOfWork, who: Writer, holder: str, words: str, seal: Seal = unsealed) -> None:
    """Takes up what another register holds as contact, where it is an address: unverified, so that nothing is sent to it yet."""
    found = (("email", addresses.mail(words)), ("sms", addresses.mobile(words)))
    for channel, plain in found:
        if plain:
            _enter(work, who, holder, channel, seal(plain), "")


def entered_at(work: UnitOfWork, contact: UUID) -> datetime:
    """When an address was entered."""
    work.flush()
    found: datetime = work.execute(select(col(Contact.entered_at)).where(col(Contact.id) == contact)).scalar_one()
    return found


def verify(store: Store, actor: Actor, contact: UUID, *, proof: str) -> None:
    """Somebody other than the holder has checked the address; only then is anything sent to it."""
    said = filled(proof, "proof", "核验依据（回拨电话、所见证件等）", "how it was checked")
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        row = _live(work, contact)
        if row.status == ContactStatus.VERIFIED:
            return
        if not _may_vouch(work, who, row.holder):
            raise Refused("second_person", "联系方式须由本人以外的人核验", "somebody else must check it", field="by")
        _verify(work, who, row, said)


def reject(store: Store, actor: Actor, contact: UUID, *, reason: str) -> None:
    """Somebody other than the holder found that the address is not right: it is kept as replaced, and its holder, and who
    entered it for them, are told why. The same again is harmless."""
    said = filled(reason, "reason", "退回的理由（哪里不符）", "why it is sent back", most=500)
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        row = work.execute(_ROWS.where(col(Contact.id) == contact).with_for_update()).first()
        if row is not None and row.status == ContactStatus.REPLACED and row.reason.startswith(_SENT_BACK):
            return
        if row is None or row.status != ContactStatus.UNVERIFIED:
            zh = "没有这个待核验的联系方式：可能已由他人核验或已更换，请刷新后查看"
            raise Refused("contact", zh, "no such address waits: look again", field="contact")
        if not _may_vouch(work, who, row.holder):
            raise Refused("second_person", "联系方式须由本人以外的人核验", "somebody else must check it", field="by")
        _end(work, contact, _SENT_BACK + said)
        _audit(work, who, "contacts.reject", contact, row.holder, channel=row.channel, reason=said)
        told = {"who": _names(work, [row.holder])[row.holder], "channel": row.channel, "reason": said}
        for to in told_of_entry(work, row.holder, row.entered_by):
            queue_once(
                work, Tell(kind="contact_rejected", to=to, content=told), once=f"contact_rejected/{contact}/{to}"
            )


def end(store: Store, actor: Actor, contact: UUID, *, reason: str) -> None:
    """Takes an address out of use; it is kept as replaced."""
    said = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        row = _live(work, contact)
        who = keeper(store, work, actor, row.holder)
        _end(work, contact, said)
        _audit(work, who, "contacts.end", contact, row.holder, channel=row.channel, reason=said)


def waiting(store: Store, actor: Actor, *, most: int = 200) -> list[ContactRow]:
    """Addresses that wait to be verified, the oldest first: in clear for whoever may verify them, which is audited; the
    actor's own, which somebody else verifies, masked."""
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        mine = _ROWS.where(col(Contact.status) == ContactStatus.UNVERIFIED).order_by(
            col(Contact.entered_at), col(Contact.id)
        )
        found = work.execute(mine.limit(most)).all()
        vouched = {holder: _may_vouch(work, who, holder) for holder in {row.holder for row in found}}
        clear = {row.id: str(row.address) for row in found if row.address and vouched[row.holder]}
        if clear:
            content = {"contacts": [str(contact) for contact in clear]}
            work.audit(actor=who.text, action="contacts.show", subject=who.text, content=content)
        return [replace(row, address=clear.get(row.id, row.address)) for row in _listed(work, found)]


def listed(store: Store, *, holder: str = "", bouncing: bool = False, old: bool = False) -> list[ContactRow]:
    """Addresses (of a holder, only the bouncing, the replaced too), masked."""
    with store.read() as work:
        query = _ROWS if old else _ROWS.where(_LIVE)
        if holder:
            query = query.where(col(Contact.holder) == find(work, holder))
        if bouncing:
            query = query.where(col(Contact.status) == ContactStatus.BOUNCING)
        rows = work.execute(query.order_by(col(Contact.holder), col(Contact.channel), col(Contact.entered_at))).all()
        return _listed(work, rows)


def _listed(work: UnitOfWork, rows: Sequence[Any]) -> list[ContactRow]:
    names = _names(work, [row.holder for row in rows])
    return [
        ContactRow(
            id=row.id,
            holder=row.holder,
            name=names.get(row.holder, ""),
            channel=row.channel,
            address=masked(row.address),
            status=row.status,
            entered_at=row.entered_at,
            verified_at=row.verified_at,
            reason=row.reason,
        )
        for row in rows
    ]


def find(work: UnitOfWork, holder: str) -> str:
    """The holder as rows name it, from `person:<login or id>`, `party:<id>` or `unit:<name>`."""
    kind, _, name = holder.partition(":")
    if kind == "person":
        return f"person:{logins.find(work, name).id}"
    if kind == "unit":
        return f"unit:{unit_register.must_exist(work, name)}"
    known = None
    if kind == "party":
        try:
            known = work.execute(select(col(Party.id)).where(col(Party.id) == UUID(name))).first()
        except ValueError:
            known = None
    if known is None:
        raise Refused("holder", "没有这个人员、主体或单位", "there is no such person, party or unit", field="holder")
    return f"party:{known.id}"


def examine(channel: str, address: str) -> str:
    """An address in its one spelling: an e-mail address, a telephone number, or nothing where the channel is the address."""
    readers = {"email": (addresses.mail,), "sms": (addresses.mobile,)}.get(channel, (addresses.mail, addresses.phone))
    plain = next((found for reader in readers if (found := reader(address))), "")
    if plain or (not address.strip() and len(readers) > 1):
        return plain
    wanted = {"email": "邮箱地址", "sms": "手机号码（大陆 11 位）"}.get(channel, "邮箱地址或手机号码")
    raise Refused(
        "address", f"请填写{wanted}；现在的写法不对", "an e-mail address or a telephone number", field="address"
    )


def masked(address: str) -> str:
    """z***@example.com, ****5678."""
    name, at, place = address.partition("@")
    return f"{name[:1]}***@{place}" if at else f"****{address[-4:]}" if address else ""


def keeper(store: Store, work: UnitOfWork, actor: Actor, holder: str) -> Writer:
    """Who may keep somebody's addresses: they themselves, people of the same party, and those who keep registers."""
    who = writer(store, work, actor)
    if who.party_id is not None and holder == f"party:{who.party_id}":
        refuse_merged(work, who.party_id, "自行变更联系方式", "change its addresses", field="holder")
    if who.id is None or holder in (f"person:{who.id}", f"party:{who.party_id}"):
        return who
    return writer(store, work, actor, *WRITERS)


def _may_vouch(work: UnitOfWork, who: Writer, holder: str) -> bool:
    """Nobody checks their own address: neither the person nor those of the party, under whatever account."""
    kind, _, identity = holder.partition(":")
    if who.id is None or kind not in ("person", "party"):
        return True
    own = select(col(Person.id)).where(col(Person.natural_key) == who.natural_key)
    mine = work.execute(own).scalars() if kind == "person" else parties_of(work, [who.natural_key])
    return identity not in {str(person) for person in mine}


def _verify(work: UnitOfWork, who: Writer, row: Any, proof: str) -> None:
    values = {
        "status": ContactStatus.VERIFIED, "proof": proof, "verified_by": who.text, "verified_at": work.now,
        "changed_at": work.now, "reason": "",
    }  # fmt: skip
    work.execute(update(Contact).where(col(Contact.id) == row.id).values(**values))
    _audit(work, who, "contacts.verify", row.id, row.holder, channel=row.channel, proof=proof)


def _live(work: UnitOfWork, contact: UUID) -> Any:
    row = work.execute(_ROWS.where(col(Contact.id) == contact).with_for_update()).first()
    if row is None or row.status == ContactStatus.REPLACED:
        raise Refused(
            "contact",
            "没有这个在用的联系方式，请用 contacts list 查看",
            "no such address: see contacts list",
            field="contact",
        )
    return row


def _seal_of(work: UnitOfWork, holder: str) -> Seal:
    """A natural person's address is sealed under their key, whether they hold it as applicant or by their login."""
    kind, _, name = holder.partition(":")
    if kind == "person":
        rows = work.execute(select(col(Person.party_id)).where(col(Person.id) == UUID(name))).first()
        return seal_of(work, rows.party_id) if rows and rows.party_id else unsealed
    return seal_of(work, UUID(name)) if kind == "party" else unsealed


def _enter(work: UnitOfWork, who: Writer, holder: str, channel: str, address: str, proof: str) -> UUID:
    made = work.new_id()
    checked = {"status": ContactStatus.VERIFIED, "verified_by": who.text, "verified_at": work.now} if proof else {}
    work.add(
        Contact, id=made, holder=holder, channel=channel, address=address, proof=proof, entered_by=who.text,
        entered_at=work.now, changed_at=work.now, **checked,
    )  # fmt: skip
    _audit(work, who, "contacts.add", made, holder, channel=channel, proof=proof)
    return made


def _end(work: UnitOfWork, contact: UUID, reason: str) -> None:
    values = {"status": ContactStatus.REPLACED, "changed_at": work.now, "reason": reason}
    work.execute(update(Contact).where(col(Contact.id) == contact).values(**values))


def _audit(work: UnitOfWork, who: Writer, action: str, contact: UUID, holder: str, **content: str) -> None:
    """Without the address: the audit chain is kept for ever."""
    work.audit(actor=who.text, action=action, subject=str(contact), content={"holder": holder, **content})


def _names(work: UnitOfWork, holders: Sequence[str]) -> dict[str, str]:
    """Logins, parties' names and units, for a listing."""
    wanted = set(holders)
    people = [UUID(holder.partition(":")[2]) for holder in wanted if holder.startswith("person:")]
    logins_of = select(col(Person.id), col(Person.login))
    if len(people) <= _FEW:  # a person's own page does not read everybody
        logins_of = logins_of.where(col(Person.id).in_(people))
    found = {f"person:{row.id}": row.login for row in work.execute(logins_of)}
    found |= {f"unit:{name}": name for name in work.execute(select(col(UnitRecord.name))).scalars()}
    parties = [UUID(holder.partition(":")[2]) for holder in wanted if holder.startswith("party:")]
    rows = work.execute(select(col(Party.id), col(Party.kind), col(Party.name)).where(col(Party.id).in_(parties)))
    # Here, not above: the lists read registers, so that no register may need them to be loaded.
    from casework.privacy.masking import party_name

    found |= {f"party:{row.id}": party_name(row.kind, row.name) for row in rows}
    return {name: words for name, words in found.items() if name in wanted}
