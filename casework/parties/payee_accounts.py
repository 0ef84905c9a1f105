"""Payee accounts: each change is a new version, unverified until a second person has checked it against the bank's paper."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlmodel import col

from casework.lifecycle.party_officers import holds, refuse_other_unit, units_of
from casework.privacy.personal_keys import Seal, plain, seal_of
from casework.shared.applicant_ties import belongs_to, parties_of
from casework.shared.entry_owners import told_of_entry
from casework.shared.errors import Refused
from casework.shared.merged_parties import refusal, successor
from casework.shared.register_writes import Actor, Writer, filled, one_side, sides, writer, writing
from casework.shared.text_normalization import narrow, same_name
from models import AuditEntry, Duty, Party, PartyAccount, PartyKind
from models.masking import masked_name
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.outbox import Tell, queue_once

WRITERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.ADMINISTRATOR)
VERIFIERS = (Duty.ACCEPTOR, Duty.FUND_OFFICER, Duty.CHECKER, Duty.RECONCILER)
REJECTED = "accounts.reject"
_NUMBER, _CLEARING = re.compile(r"[0-9]{6,32}"), re.compile(r"[0-9]{12}")
_ROWS: Select[Any] = select(PartyAccount.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """An account as entered. A holder other than the party itself needs `proof` (power of attorney, merger papers)."""

    number: str
    bank: str
    holder: str = ""  # "": the party itself
    clearing_code: str = ""
    proof: str = ""


def enter(store: Store, actor: Actor, party: UUID, new: NewAccount) -> UUID:
    """Enters the party's account, or a new version of it; the same account again changes nothing."""
    with writing(store) as work:
        row = work.execute(select(col(Party.id), col(Party.name)).where(col(Party.id) == party)).first()
        if row is None:
            raise Refused("party", "没有这个申报主体", "there is no such party", field="party")
        who, heir = writer(store, work, actor), successor(work, party)
        if who.party_id != party or heir is not None:
            who = writer(store, work, actor, *WRITERS)
        if heir is not None and not same_name(new.holder.strip() or row.name, heir.name):
            raise refusal(heir, "再以原名义登记账户", "have an account of its own", field="holder")
        return enter_in(work, who, party, row.name, new, seal=seal_of(work, party))


def enter_in(
    work: UnitOfWork, who: Writer, party: UUID, name: str, new: NewAccount, *, first: bool = False, seal: Seal = plain
) -> UUID:
    """The same within an open transaction, for a writer who may. `first`: the party has just been entered."""
    account = examine(new, name)
    last = None if first else _last(work, party)
    if last is not None and last.status != "replaced" and all(getattr(last, k) == v for k, v in account.items()):
        return UUID(str(last.id))
    if last is not None:
        mine = update(PartyAccount).where(col(PartyAccount.party_id) == party)
        work.execute(mine.where(col(PartyAccount.status) != "replaced").values(status="replaced"))
    made, version = work.new_id(), (last.version if last is not None else 0) + 1
    stored = {**account, "holder": seal(account["holder"]), "number": seal(account["number"])}
    work.add(PartyAccount, id=made, party_id=party, version=version, entered_by=who.text, entered_at=work.now, **stored)
    content = {"party": str(party), "version": version, "ends": account["number"][-4:], "proof": new.proof}
    work.audit(actor=who.text, action="accounts.enter", subject=str(made), content=content)
    return made


def verify(store: Store, actor: Actor, account: UUID, *, paper: str) -> None:
    """A second person has checked the account against a paper of the bank; only then can it be paid into."""
    with writing(store) as work:
        _verify(store, work, actor, account, paper)


def _verify(store: Store, work: UnitOfWork, actor: Actor, account: UUID, paper: str) -> None:
    proof = filled(paper, "paper", "核验依据（开户许可、银行证明）", "the bank's paper")
    who, row = _seen_by(store, work, actor, account)
    if row.status == "verified":
        return
    if row.status == "replaced":
        zh = "账户已变更或已退回，请核验新版本"
        raise Refused("account", zh, "replaced or sent back: verify the new one", field="account")
    _refuse_not_theirs(store, work, who, row)
    values = {"status": "verified", "verified_by": who.text, "usable_from": work.now}
    work.execute(update(PartyAccount).where(col(PartyAccount.id) == account).values(**values))
    content = {"party": str(row.party_id), "version": row.version, "paper": proof}
    work.audit(actor=who.text, action="accounts.verify", subject=str(account), content=content)


def reject(store: Store, actor: Actor, account: UUID, *, reason: str) -> None:
    """Whoever may verify the account sends it back, as it is not what the bank's paper says: it is kept as replaced, and its
    party, and who entered it for the party, are told why. The same again is harmless."""
    said = filled(reason, "reason", "退回的理由（哪里不符）", "why it is sent back", most=500)
    with writing(store) as work:
        who, row = _seen_by(store, work, actor, account)
        if row.status == "replaced" and _rejected(work, account):
            return
        if row.status != "unverified":
            zh = "账户已由他人核验或已变更，不能再退回；请刷新后查看"
            raise Refused("account", zh, "verified or replaced meanwhile: look again", field="account")
        _refuse_not_theirs(store, work, who, row)
        work.execute(update(PartyAccount).where(col(PartyAccount.id) == account).values(status="replaced"))
        content = {"party": str(row.party_id), "version": row.version, "reason": said}
        work.audit(actor=who.text, action=REJECTED, subject=str(account), content=content)
        told = {"who": _name(work, row.party_id), "ends": str(row.number)[-4:], "reason": said}
        for to in told_of_entry(work, f"party:{row.party_id}", row.entered_by):
            queue_once(
                work, Tell(kind="account_rejected", to=to, content=told), once=f"account_rejected/{account}/{to}"
            )


def _seen_by(store: Store, work: UnitOfWork, actor: Actor, account: UUID) -> tuple[Writer, Any]:
    """Who verifies, or sends back, in person; and the account, locked."""
    who = writer(store, work, actor, *VERIFIERS, in_person=True)
    row = work.execute(_ROWS.where(col(PartyAccount.id) == account).with_for_update()).first()
    if row is None:
        raise Refused("account", "没有这个账户", "there is no such account", field="account")
    return who, row


def _refuse_not_theirs(store: Store, work: UnitOfWork, who: Writer, row: Any) -> None:
    _refuse_same_person(store, work, who, row)
    refuse_other_unit(store, work, who, row.party_id, VERIFIERS, "核验其账户", "verify its account")


def _rejected(work: UnitOfWork, account: UUID) -> bool:
    query = select(col(AuditEntry.seq)).where(
        col(AuditEntry.action) == REJECTED, col(AuditEntry.subject) == str(account)
    )
    return work.execute(query).first() is not None


def _name(work: UnitOfWork, party: UUID) -> str:
    row = work.execute(select(col(Party.kind), col(Party.name)).where(col(Party.id) == party)).one()
    return masked_name(row.name) if row.kind == PartyKind.PERSON else str(row.name)


@dataclass(frozen=True, kw_only=True)
class UnverifiedAccount:
    """An account that waits for verification, in clear, for whoever may verify it: to be laid beside the bank's paper."""

    id: UUID
    party: str
    code: str
    holder: str
    bank: str
    number: str
    clearing_code: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the bank's paper says of an account, as somebody typed it from the paper."""

    id: UUID
    number: str
    paper: str
    holder: str = ""


def waiting(store: Store, actor: Actor) -> list[UnverifiedAccount]:
    """The accounts that wait, with their numbers: only for those who may verify, and not what they entered themselves."""
    query: Select[Any] = (
        select(PartyAccount.__table__, col(Party.name).label("party"), col(Party.code_masked))  # type: ignore[attr-defined]
        .join(Party, col(Party.id) == col(PartyAccount.party_id))
        .where(col(PartyAccount.status) == "unverified")
        .order_by(col(Party.name))
    )
    with store.read() as work:
        who = writer(store, work, actor, *VERIFIERS, in_person=True)
        found, own = work.execute(query).all(), parties_of(work, sides(store, work, who, VERIFIERS))
        handled = units_of(store, work, {row.party_id for row in found}, VERIFIERS)
        rows = [
            row
            for row in found
            if row.entered_by != who.text
            and row.party_id not in own
            and holds(store, work, who, handled.get(row.party_id))
        ]
        return [
            UnverifiedAccount(
                id=row.id,
                party=row.party,
                code=row.code_masked,
                holder=row.holder,
                bank=row.bank,
                number=row.number,
                clearing_code=row.clearing_code,
            )
            for row in rows
        ]


def verify_in(store: Store, work: UnitOfWork, actor: Actor, seen: Seen) -> bool:
    """Verifies an account whose number (and holder) the bank's paper shows; False where it was verified before."""
    row = work.execute(_ROWS.where(col(PartyAccount.id) == seen.id)).first()
    if row is None:
        raise Refused("account", "没有这个账户", "there is no such account", field="id")
    if "".join(narrow(seen.number).replace("-", "").split()) != str(row.number):
        zh = "凭证上的账号与登记的账号不一致，请核对；登记有误的须重新录入"
        raise Refused("number", zh, "the paper's number is not the one entered: look again", field="number")
    if seen.holder and not same_name(seen.holder, row.holder):
        zh = f"凭证上的户名与登记的户名“{row.holder}”不一致，请核对"
        raise Refused("holder", zh, "the paper's holder is not the one entered", field="holder")
    before = row.status == "verified"
    _verify(store, work, actor, seen.id, seen.paper)
    return not before


def unverified(store: Store) -> list[tuple[UUID, str]]:
    """The accounts that wait for verification, with their party's name."""
    query = select(col(PartyAccount.id), col(Party.name)).join(Party, col(Party.id) == col(PartyAccount.party_id))
    with store.read() as work:
        found = work.execute(query.where(col(PartyAccount.status) == "unverified").order_by(col(Party.name)))
        return [(row.id, row.name) for row in found]


def _last(work: UnitOfWork, party: UUID) -> Any | None:
    work.flush()
    mine = _ROWS.where(col(PartyAccount.party_id) == party)
    return work.execute(mine.order_by(col(PartyAccount.version).desc())).first()


def examine(new: NewAccount, name: str) -> dict[str, str]:
    """The account as stored, if it is one; `name` is the party's."""
    number = "".join(narrow(new.number).replace("-", "").split())
    if not _NUMBER.fullmatch(number):
        raise Refused("number", "账号应为 6 至 32 位数字", "an account number has 6 to 32 digits", field="account")
    clearing = narrow(new.clearing_code)
    if clearing and not _CLEARING.fullmatch(clearing):
        raise Refused("clearing_code", "联行号应为 12 位数字", "a clearing code has 12 digits", field="clearing_code")
    holder = filled(new.holder.strip() or name, "holder", "户名", "the holder", most=140)
    if not same_name(holder, name) and not new.proof.strip():
        raise Refused(
            "holder",
            f"户名“{holder}”与申报主体“{name}”不一致；须凭证明材料办理，并注明材料名称",
            f'the holder "{holder}" is not the party: state the proof',
            field="holder",
        )
    bank = filled(new.bank, "bank", "开户银行", "the bank", most=140)
    return {"holder": holder, "bank": bank, "number": number, "clearing_code": clearing}


def _refuse_same_person(store: Store, work: UnitOfWork, who: Writer, row: Any) -> None:
    """Whoever entered the account, or is the payee, does not verify it, nor does somebody who stands in for them."""
    same = one_side(store, work, who, VERIFIERS, row.entered_by, row.entered_at, WRITERS)
    if same or any(belongs_to(work, key, row.party_id) for key in sides(store, work, who, VERIFIERS)):
        raise Refused(
            "second_person",
            "账户须由录入人和收款方以外的另一人核验",
            "somebody other than the one who entered it must verify an account",
            field="by",
        )
