"""Benefits received elsewhere (city, province, earlier plans): what 就高不重复 compares with, each from its document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_, update
from sqlmodel import col

from casework.errors import Refused
from casework.late import put_before
from casework.reference import reference
from casework.registers import identity
from casework.registers.desk import Actor, Writer, arriving, filled, writer
from casework.registers.whose import refuse_other_unit
from casework.subjects import name_key, number_key, person_key, shown
from casework.waiting import wake_for_return
from models import Benefit, Duty, Party, PartyKind
from models.store import Store
from models.work import Work
from policies.benefits import KeyKind, Level, written
from policies.forms import WrongFacts, document_key
from policies.money import Money

WRITERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.CERTIFIER, Duty.FUND_OFFICER, Duty.ADMINISTRATOR)
_ANYWHERE = (Duty.CLERK, Duty.ADMINISTRATOR)
_ROWS: Select[Any] = select(Benefit.__table__)  # type: ignore[attr-defined]
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class NewBenefit:
    """A sum from another policy: for what (invoice, project …), from whom, by which document, for which days."""

    party: UUID
    kind: KeyKind
    basis: str
    source: str
    level: Level
    reference: str
    amount: Money
    first: date | None = None
    last: date | None = None
    paid: bool = True
    returned: bool = False


@dataclass(frozen=True, kw_only=True)
class BenefitRow:
    """A benefit as listed."""

    id: UUID
    party: str
    subject: str
    basis: str  # the subject in words
    source: str
    level: str
    reference: str
    period: str
    amount: Money
    paid: bool
    returned: bool


def add(store: Store, actor: Actor, new: Sequence[NewBenefit]) -> int:
    """Enters benefits, all or none; how many are new. The same source, document and subject is one benefit."""
    with arriving(store) as work:
        who = writer(store, work, actor, *WRITERS)
        return sum(_enter_all(store, work, who, new[start : start + _CHUNK]) for start in range(0, len(new), _CHUNK))


def set_returned(store: Store, actor: Actor, benefit: UUID, *, proof: str) -> None:
    """The party gave the money back, as a paper proves: the benefit no longer stands in the way."""
    paper = filled(proof, "proof", "退回凭证", "the proof of return")
    with arriving(store) as work:
        who = writer(store, work, actor, *WRITERS)
        _refuse_stranger(store, work, who, benefit)
        done = work.execute(update(Benefit).where(col(Benefit.id) == benefit).values(returned=True))
        if not done.rowcount:
            raise Refused("benefit", "没有这项已享受补助", "there is no such benefit", field="benefit")
        subject = work.execute(select(col(Benefit.subject)).where(col(Benefit.id) == benefit)).scalar_one()
        content = {"proof": paper, "woken": wake_for_return(work, benefit, subject)}
        work.audit(actor=who.text, action="benefits.returned", subject=str(benefit), content=content)


def _refuse_stranger(store: Store, work: Work, who: Writer, benefit: UUID) -> None:
    """It frees money: an officer says so of a party of their unit's, a clerk or administrator of any."""
    facts = reference(store, work)
    anywhere = who.id is None or any(facts.holding(who.id, duty, None, work.now) for duty in _ANYWHERE)
    party = work.execute(select(col(Benefit.party_id)).where(col(Benefit.id) == benefit)).scalar_one_or_none()
    if party is not None and not anywhere:
        bound = [duty for duty in WRITERS if duty not in _ANYWHERE]
        refuse_other_unit(store, work, who, party, bound, "登记其补助已退回", "say that its benefit was given back")


def listed(store: Store, *, party: UUID | None = None) -> list[BenefitRow]:
    """Benefits by party."""
    query: Select[Any] = select(Benefit.__table__, col(Party.name).label("party")).join(  # type: ignore[attr-defined]
        Party, col(Party.id) == col(Benefit.party_id)
    )
    if party:
        query = query.where(col(Benefit.party_id) == party)
    with store.read() as work:
        return [
            BenefitRow(
                id=row.id,
                party=row.party,
                subject=row.subject,
                basis=shown(row.subject),
                source=row.source,
                level=row.level,
                reference=row.reference,
                period=row.period,
                amount=Money(row.amount_fen),
                paid=row.paid,
                returned=row.returned,
            )
            for row in work.execute(query.order_by(col(Party.name), col(Benefit.subject)))
        ]


def entered(store: Store, new: NewBenefit) -> BenefitRow:
    """A benefit as it is kept, found by what was entered."""
    with store.read() as work:
        subject = _subject(work, new, _people(work, [new]).get(new.party))
    asked = (*(examine(new)[name] for name in ("source", "reference")), subject)
    return next(one for one in listed(store, party=new.party) if (one.source, one.reference, one.subject) == asked)


def period_text(first: date | None, last: date | None) -> str:
    """How a benefit's days are stored: "2023-01-01/2023-12-31", or nothing."""
    if first is None and last is None:
        return ""
    if first is None or last is None or last < first:
        raise Refused(
            "period", "期间须有起止两日，且止日不早于起日", "a period has a first and a last day", field="period"
        )
    return f"{first}/{last}"


def _enter_all(store: Store, work: Work, who: Writer, new: Sequence[NewBenefit]) -> int:
    people = _people(work, new)
    rows = [{**examine(one), "subject": _subject(work, one, people.get(one.party))} for one in new]
    work.flush()
    key = tuple_(col(Benefit.source), col(Benefit.reference), col(Benefit.subject))
    wanted = [(row["source"], row["reference"], row["subject"]) for row in rows]
    known = {
        (row.source, row.reference, row.subject): (row.party_id, row.amount_fen)
        for row in work.execute(_ROWS.where(key.in_(wanted)))
    }
    fresh = 0
    made: list[UUID] = []
    for row, name in zip(rows, wanted, strict=True):
        same = (row["party_id"], row["amount_fen"])
        if name not in known:
            known[name] = same
            made.append(_write(work, who, row))
            fresh += 1
        elif known[name] != same:
            raise Refused(
                "benefit",
                f"{name[0]} {name[1]} 对 {name[2]} 的补助已登记，对象或金额不同；请核对文件",
                f'"{name[0]} {name[1]}" on "{name[2]}" is already entered with another party or amount',
                field="reference",
            )
    put_before(store, work, made)
    return fresh


def _write(work: Work, who: Writer, row: dict[str, Any]) -> UUID:
    made = work.new_id()
    work.add(Benefit, id=made, entered_by=who.text, entered_at=work.now, **row)
    content = {**row, "party_id": str(row["party_id"])}
    work.audit(actor=who.text, action="benefits.add", subject=str(made), content=content)
    return made


def _people(work: Work, new: Sequence[NewBenefit]) -> dict[UUID, Any]:
    """The natural persons among the parties, where a benefit is known by its person."""
    wanted = {one.party for one in new if one.kind is KeyKind.PERSON}
    query = select(col(Party.id), col(Party.name), col(Party.code)).where(
        col(Party.id).in_(wanted), col(Party.kind) == PartyKind.PERSON
    )
    return {row.id: row for row in work.execute(query)} if wanted else {}


def _subject(work: Work, one: NewBenefit, person: Any | None) -> str:
    """The key as stored. A person is kept as a keyed hash: of the identity number where it is known, else of the name."""
    if one.kind is not KeyKind.PERSON:
        return written(one.kind, one.basis)
    if person is not None and document_key(person.name) == document_key(one.basis):
        return person_key(person.code)
    compact = "".join(one.basis.split()).upper()
    if identity.plausible(compact):
        compact = identity.checked(compact)
    if compact.isascii() and any(sign.isdecimal() for sign in compact):
        return number_key(compact, lambda text: identity.hidden(work, text))
    return name_key(one.basis, lambda text: identity.hidden(work, text))


def examine(one: NewBenefit) -> dict[str, Any]:
    """The benefit as stored, if it is one."""
    if type(one.amount) is not Money or not 0 <= one.amount <= Money.LARGEST:
        raise Refused("amount", "金额应不小于零（元，最多两位小数）", "the amount cannot be negative", field="amount")
    try:
        subject = written(one.kind, one.basis)
    except WrongFacts as error:
        raise Refused("basis", error.zh, error.en, field="basis") from error
    return {
        "party_id": one.party,
        "subject": subject,
        "source": filled(one.source, "source", "补助来源", "the source"),
        "level": one.level.value,
        "reference": filled(one.reference, "reference", "文号", "the document"),
        "period": period_text(one.first, one.last),
        "amount_fen": int(one.amount),
        "paid": one.paid,
        "returned": one.returned,
    }
