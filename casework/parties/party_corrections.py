"""Changes of a registered party: another name, a corrected number, town or sector, a merger, a code whose check character is odd.

One officer proposes with a proof, another confirms; only then does the register change. Proposals and answers are rows of the
audit chain, so that what stood there before and why it changed stays readable for ever; a natural person's name is sealed in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import literal_column, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from casework.conditions.condition_rechecks import again
from casework.lifecycle.resume import wake_for_conditions
from casework.parties import party_register, payee_accounts
from casework.parties.party_register import CODED, WRITERS, NewParty
from casework.parties.payee_accounts import NewAccount
from casework.privacy import identity_numbers
from casework.privacy.personal_keys import seal_of
from casework.shared.errors import Refused
from casework.shared.merged_parties import MERGED, refuse_merged
from casework.shared.reference import reference, touch
from casework.shared.register_writes import Actor, Writer, arriving, filled, one_side, refuse_own, writer, writing
from casework.shared.text_normalization import same_name
from casework.stacking.benefit_keys import renumber
from casework.stacking.late_benefits import put_before
from casework.staff import unit_register
from models import AuditEntry, Case, Party, PartyAccount, PartyKind, Person
from models.audit import PARTY_CHANGE
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash

PROPOSED, CONFIRMED, REJECTED = PARTY_CHANGE, "parties.change.confirm", "parties.change.reject"
_LONGEST = 140


class ChangeKind(StrEnum):
    """What is to change."""

    RENAME = "rename"
    CODE = "code"
    TOWN = "town"
    SECTOR = "sector"
    MERGE = "merge"
    ODD_CODE = "odd_code"  # a new party whose code has a check character that does not fit

    @property
    def zh(self) -> str:
        """In Chinese."""
        return {
            "rename": "更名",
            "code": "更正代码",
            "town": "更正所属镇（街道）",
            "sector": "更正行业",
            "merge": "并入另一主体",
            "odd_code": "按证照登记校验位不符的代码",
        }[self]

    @property
    def en(self) -> str:
        """In English."""
        return {
            "rename": "a new name",
            "code": "another code",
            "town": "another town",
            "sector": "another sector",
            "merge": "merged into another party",
            "odd_code": "a new party whose check digit is odd",
        }[self]


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """A proposal that waits for a second officer."""

    id: UUID
    kind: str
    kind_en: str
    party: str
    value: str
    proof: str
    proposed_by: str
    proposed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What a form carries beside its fields. `change`: the id that its proposal gets, so that a form sent twice proposes once;
    `seen`: how the party stood when it was looked at (`standing`), "" binds to what is stored."""

    change: UUID | None = None
    seen: str = ""


def rename(store: Store, actor: Actor, party: UUID, *, name: str, proof: str, asking: Asking | None = None) -> UUID:
    """Proposes a new name, as the record of change shows it."""
    plain = filled(name, "name", "新名称", "the new name", most=_LONGEST)
    with writing(store) as work:
        if made := _made(store, work, actor, asking):
            return made
        who, row = _start(store, work, actor, party, asking)
        if row.name == plain:
            raise Refused("name", "新名称与现名称相同", "the new name is the old one", field="name")
        value = _sealed(seal_of(work, party)(plain))
        return _propose(work, who, ChangeKind.RENAME, proof, asking, party=party, value=value)


def correct(
    store: Store,
    actor: Actor,
    party: UUID,
    *,
    proof: str,
    code: str = "",
    town: str = "",
    sector: str = "",
    asking: Asking | None = None,
) -> UUID:
    """Proposes one other thing of the party that had been wrong, was missing or has changed: its code or identity number,
    the town in which it is registered, or its sector."""
    if sum(bool(value.strip()) for value in (code, town, sector)) != 1:
        zh, en = "请写明要更正的一项：代码（code）、镇街道（town）或行业（sector）", "say one: code, town or sector"
        raise Refused("correct", zh, en, field="code")
    with writing(store) as work:
        if made := _made(store, work, actor, asking):
            return made
        who, row = _start(store, work, actor, party, asking)
        if code.strip():
            return _propose_code(store, work, who, row, code, proof, asking)
        kind, old = (ChangeKind.TOWN, row.town) if town.strip() else (ChangeKind.SECTOR, row.sector)
        wanted = (
            unit_register.must_exist(work, town.strip(), "town")
            if town.strip()
            else filled(sector, "sector", "行业", "the sector", most=_LONGEST)
        )
        if wanted == old:
            raise Refused(kind, f"登记的已是“{wanted}”，无须更正", f"the register says {wanted} already", field=kind)
        return _propose(work, who, kind, proof, asking, party=party, value=wanted, shown=wanted)


def _propose_code(
    store: Store, work: UnitOfWork, who: Writer, row: Any, code: str, proof: str, asking: Asking | None
) -> UUID:
    kind = PartyKind(row.kind)
    stored = party_register.shaped_code(code) if kind in CODED else party_register.lookup(store, work, kind, code)
    if party_register.find(work, kind, stored) is not None:
        raise Refused("code", "该代码已登记在另一主体名下", "another party has this code", field="code")
    shown = identity_numbers.masked(identity_numbers.checked(code)) if kind is PartyKind.PERSON else stored
    return _propose(work, who, ChangeKind.CODE, proof, asking, party=row.id, value=stored, shown=shown)


def merge(store: Store, actor: Actor, party: UUID, *, into: UUID, proof: str, asking: Asking | None = None) -> UUID:
    """Proposes that a party has become part of another: it stays readable and files nothing more; what it is still paid goes to
    an account in its successor's name, entered anew."""
    with writing(store) as work:
        if made := _made(store, work, actor, asking):
            return made
        who, row = _start(store, work, actor, party, asking)
        successor = _party(work, into)
        if party == into or PartyKind(row.kind) not in CODED or PartyKind(successor.kind) not in CODED:
            zh, en = (
                "只有企业、协会、机构可以并入另一家",
                "firms, associations and institutions merge, each into another",
            )
            raise Refused("merge", zh, en, field="into")
        refuse_merged(work, into, "接收合并", "take another in", field="into")
        return _propose(work, who, ChangeKind.MERGE, proof, asking, party=party, value=str(into), shown=successor.name)


def add_odd(store: Store, actor: Actor, new: NewParty, *, proof: str, asking: Asking | None = None) -> UUID:
    """Proposes a party whose certificate shows a code with a check character that does not fit."""
    kind = PartyKind(new.kind)
    if kind not in CODED or new.account is not None or new.contact:
        zh = "仅用于企业、协会、机构；账户和联系方式在登记生效后另行录入"
        raise Refused(
            "kind", zh, "for firms, associations, institutions; accounts and contacts follow later", field="kind"
        )
    code = party_register.shaped_code(new.code)
    with writing(store) as work:
        if made := _made(store, work, actor, asking):
            return made
        who = writer(store, work, actor, *WRITERS)
        if party_register.find(work, kind, code) is not None:
            raise Refused("code", "该代码已登记", "this code is entered already", field="code")
        name = filled(new.name, "name", "名称", "the name", most=_LONGEST)
        more = {"name": name, "party_kind": kind, "town": new.town, "sector": new.sector}
        return _propose(work, who, ChangeKind.ODD_CODE, proof, asking, party=None, value=code, **more)


def pending(store: Store) -> list[ChangeRow]:
    """The proposals that wait, oldest first."""
    with store.read() as work:
        return [row_of(work, entry) for entry in waiting(work)]


def standing(work: UnitOfWork, party: UUID) -> str:
    """A mark of what the register says of a party; another one as soon as a change of it is in force."""
    row = _party(work, party)
    return content_hash(canonical_json([str(row.name), row.code, row.town or "", row.sector]))


def confirm(store: Store, actor: Actor, change: UUID, *, seen: str = "") -> UUID:
    """A second officer has seen the proof: the register changes. The party's id. `seen`: as in `Asking`.

    Its cases are looked at again, and those that a condition stopped go on if they may. What a corrected number brings to
    light of them is put before their certifiers.
    """
    with arriving(store) as work:
        who = writer(store, work, actor, *WRITERS, in_person=True)
        entry = _waiting(work, change)
        refuse_confirmer(store, work, who, entry)
        content = loads(entry.content)
        if content["party"]:
            _refuse_stale(work, UUID(content["party"]), seen)
        party = _APPLY[ChangeKind(content["kind"])](store, work, who, content)
        work.flush()
        touch(work)
        done = {"party": str(party), "kind": content["kind"], "proposed_by": entry.actor}
        work.audit(actor=who.text, action=CONFIRMED, subject=str(change), content=done)
        again(
            work, reference(store, work), col(Case.party_id) == party
        )  # in the chain a look comes after what it looks at
        wake_for_conditions(work, col(Case.party_id) == party)
    return party


def reject(store: Store, actor: Actor, change: UUID, *, reason: str) -> None:
    """Turns a proposal down, or takes one's own back."""
    why = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        _waiting(work, change)
        work.audit(actor=who.text, action=REJECTED, subject=str(change), content={"reason": why})


def refuse_confirmer(store: Store, work: UnitOfWork, who: Writer, entry: Any) -> None:
    """Refuses whoever may not confirm this proposal: its author's side, the party's own people; and anybody, once it is merged."""
    _refuse_same_person(store, work, who, entry)
    content = loads(entry.content)
    named = [content["party"], content["value"] if content["kind"] == ChangeKind.MERGE else ""]
    parties = [UUID(account) for account in named if account]
    refuse_own(store, work, who, parties, WRITERS, "确认其变更", "confirm its change")
    if content["party"]:
        refuse_merged(work, UUID(content["party"]), "再作变更，请否决（reject）此项变更", "change: reject this one")


def _start(store: Store, work: UnitOfWork, actor: Actor, party: UUID, asking: Asking | None) -> tuple[Writer, Any]:
    refuse_merged(work, party, "再作变更", "change any more")
    who, row = writer(store, work, actor, *WRITERS), _party(work, party)
    _refuse_stale(work, party, asking.seen if asking else "")
    return who, row


def _refuse_stale(work: UnitOfWork, party: UUID, seen: str) -> None:
    """Refuses where the register says something else by now than what was looked at."""
    if seen and seen != standing(work, party):
        zh = "该主体的登记在您查看后已有变更，未作任何处理；请看过现在的内容后再提交"
        raise Refused("stale", zh, "the party changed meanwhile, nothing was done: look again first")


def _made(store: Store, work: UnitOfWork, actor: Actor, asking: Asking | None) -> UUID | None:
    """The proposal that this very form made before, by the same account; its author's row makes two at once wait for each other."""
    if asking is None or asking.change is None:
        return None
    who = writer(store, work, actor, *WRITERS)
    work.execute(select(col(Person.id)).where(col(Person.id) == who.id).with_for_update(key_share=True))
    entry = proposal(work, asking.change)
    if entry is not None and entry.actor != who.text:
        raise Refused("change", "这个变更编号已被使用，请重新打开页面", "this id is used already: open the page anew")
    return asking.change if entry is not None else None


def _party(work: UnitOfWork, party: UUID) -> Any:
    row = work.execute(select(Party.__table__).where(col(Party.id) == party)).first()  # type: ignore[attr-defined]
    if row is None:
        raise Refused("party", "没有这个申报主体", "there is no such party", field="party")
    return row


def _propose(
    work: UnitOfWork,
    who: Writer,
    kind: ChangeKind,
    proof: str,
    asking: Asking | None,
    *,
    party: UUID | None,
    **what: str,
) -> UUID:
    paper = filled(proof, "proof", "证明材料（变更登记、证照等）", "the proof")
    made = asking.change if asking and asking.change else work.new_id()
    content = {"kind": kind, "party": str(party) if party else "", "proof": paper, **what}
    work.audit(actor=who.text, action=PROPOSED, subject=str(made), content=content)
    return made


def proposal(work: UnitOfWork, change: UUID) -> Any | None:
    """The row of the audit chain that proposed a change, whether it waits or not; None where there is none."""
    mine = select(AuditEntry.__table__).where(col(AuditEntry.action) == PROPOSED)  # type: ignore[attr-defined]
    return work.execute(mine.where(col(AuditEntry.subject) == str(change))).first()


def waiting(work: UnitOfWork) -> list[Any]:
    """The rows of the audit chain that propose what nobody answered yet, oldest first."""
    answer = aliased(AuditEntry)
    answered = select(col(answer.seq)).where(
        col(answer.subject) == col(AuditEntry.subject), col(answer.action).in_((CONFIRMED, REJECTED))
    )
    spelled: Any = literal_column(f"'{PROPOSED}'")  # as the index has it, for every kind of plan
    proposed = col(AuditEntry.action) == spelled
    mine = select(AuditEntry.__table__).where(proposed)  # type: ignore[attr-defined]
    return list(work.execute(mine.where(~answered.exists()).order_by(col(AuditEntry.seq))))


def _waiting(work: UnitOfWork, change: UUID) -> Any:
    found = next((entry for entry in waiting(work) if entry.subject == str(change)), None)
    if found is None:
        zh, en = (
            "没有这项待确认的变更，请用 enterprise changes 查看",
            "there is no such open change: see enterprise changes",
        )
        raise Refused("change", zh, en, field="change")
    return found


def _refuse_same_person(store: Store, work: UnitOfWork, who: Writer, entry: Any) -> None:
    """Whoever proposed does not confirm, under no account of theirs, nor by somebody who stands in."""
    if one_side(store, work, who, WRITERS, entry.actor, entry.at, WRITERS):
        zh = "变更须由提出人以外的另一人核对材料后确认（同一人的其他账号、其代理人也不行）"
        raise Refused("second_person", zh, "somebody else must look at the proof and confirm", field="by")


def _rename(_store: Store, work: UnitOfWork, who: Writer, content: Mapping[str, Any]) -> UUID:
    party, old = UUID(content["party"]), _party(work, UUID(content["party"]))
    name = _opened(content["value"])
    _call(work, who, party, old, name)
    return party


def _call(work: UnitOfWork, who: Writer, party: UUID, old: Any, name: str) -> None:
    """Gives the name; an account in the old one becomes a version in the new one, to be verified against the bank's paper."""
    seal = seal_of(work, party, old.kind)
    work.execute(update(Party).where(col(Party.id) == party).values(name=_sealed(seal(name))))
    table: Any = PartyAccount.__table__  # type: ignore[attr-defined]
    query = select(table).where(col(PartyAccount.party_id) == party, col(PartyAccount.status) != "replaced")
    account = work.execute(query).first()
    if account is not None and same_name(account.holder, old.name) and not same_name(old.name, name):
        new = NewAccount(number=account.number, bank=account.bank, clearing_code=account.clearing_code, holder=name)
        payee_accounts.enter_in(work, who, party, name, new, seal=seal)


def _code(store: Store, work: UnitOfWork, _who: Writer, content: Mapping[str, Any]) -> UUID:
    party = UUID(content["party"])
    row = _party(work, party)
    if party_register.find(work, PartyKind(row.kind), content["value"]) is not None:
        raise Refused("code", "该代码已登记在另一主体名下", "another party has this code", field="code")
    new = {"code": content["value"], "code_masked": content["shown"]}
    work.execute(update(Party).where(col(Party.id) == party).values(**new))
    put_before(store, work, renumber(work, party, row.kind, row.code, content["value"]))
    return party


def _town(_store: Store, work: UnitOfWork, _who: Writer, content: Mapping[str, Any]) -> UUID:
    return _write(work, content, town=unit_register.must_exist(work, content["value"], "town"))


def _sector(_store: Store, work: UnitOfWork, _who: Writer, content: Mapping[str, Any]) -> UUID:
    return _write(work, content, sector=content["value"])


def _write(work: UnitOfWork, content: Mapping[str, Any], **new: str) -> UUID:
    party = UUID(content["party"])
    work.execute(update(Party).where(col(Party.id) == party).values(**new))
    return party


def _merge(_store: Store, work: UnitOfWork, who: Writer, content: Mapping[str, Any]) -> UUID:
    party, into = UUID(content["party"]), _party(work, UUID(content["value"]))
    old = _party(work, party)
    refuse_merged(
        work, into.id, "接收合并，请否决（reject）此项变更", "take another in: reject this change", field="into"
    )
    ending = f"（已并入{into.name}）"[:_LONGEST]
    name = old.name[: _LONGEST - len(ending)] + ending
    work.execute(update(Party).where(col(Party.id) == party).values(name=name))
    mine = update(PartyAccount).where(col(PartyAccount.party_id) == party)
    work.execute(mine.where(col(PartyAccount.status) != "replaced").values(status="replaced"))
    work.audit(actor=who.text, action=MERGED, subject=str(party), content={"into": str(into.id)})
    return party


def _odd(_store: Store, work: UnitOfWork, _who: Writer, content: Mapping[str, Any]) -> UUID:
    if party_register.find(work, PartyKind(content["party_kind"]), content["value"]) is not None:
        raise Refused("code", "该代码已登记", "this code is entered already", field="code")
    made = work.new_id()
    work.add(
        Party, id=made, kind=content["party_kind"], name=content["name"], code=content["value"],
        code_masked=content["value"], town=content["town"] or None, sector=content["sector"], demo=work.demo,
        created_at=work.now,
    )  # fmt: skip
    return made


_APPLY = {
    ChangeKind.RENAME: _rename,
    ChangeKind.CODE: _code,
    ChangeKind.TOWN: _town,
    ChangeKind.SECTOR: _sector,
    ChangeKind.MERGE: _merge,
    ChangeKind.ODD_CODE: _odd,
}


def _sealed(text: str) -> str:
    """A text as it is stored: a natural person's under their key."""
    return getattr(text, "sealed", "") or text


def _opened(text: str) -> str:
    from models.sealing import MARK, unseal

    return unseal(text) if text.startswith(MARK) else text


def row_of(work: UnitOfWork, entry: Any) -> ChangeRow:
    """A proposal as listed, a natural person's name masked."""
    from casework.privacy.masking import party_name

    content = loads(entry.content)
    party = _party(work, UUID(content["party"])) if content["party"] else None
    value = content.get("shown") or content.get("name") or _opened(content["value"])
    person = party is not None and party.kind == PartyKind.PERSON
    return ChangeRow(
        id=UUID(entry.subject),
        kind=ChangeKind(content["kind"]).zh,
        kind_en=ChangeKind(content["kind"]).en,
        party=party_name(party.kind, party.name) if party is not None else content["value"],
        value=party_name(PartyKind.PERSON, value) if person and content["kind"] == ChangeKind.RENAME else value,
        proof=content["proof"],
        proposed_by=entry.actor,
        proposed_at=entry.at,
    )
