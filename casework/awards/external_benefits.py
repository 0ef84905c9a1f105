"""Benefits received elsewhere (city, province, earlier plans): what 就高不重复 compares with, each from its document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_, update
from sqlmodel import col

from casework.conditions.condition_rechecks import again
from casework.lifecycle.party_officers import refuse_other_unit
from casework.lifecycle.resume import wake_for_return
from casework.parties.party_register import is_code
from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import Actor, Writer, arriving, filled, refuse_own, writer
from casework.stacking.benefit_keys import name_key, number_key, person_key, shown
from casework.stacking.late_benefits import put_before
from casework.stacking.subject_wordings import benefit_words
from models import BenefitRecord, Case, Duty, Party, PartyKind, SubjectKey
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.benefits import WRITTEN, KeyKind, Level, written
from policies.forms import WrongFacts, document_key
from policies.money import Money

WRITERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.CERTIFIER, Duty.FUND_OFFICER, Duty.ADMINISTRATOR)
_ANYWHERE = (Duty.CLERK, Duty.ADMINISTRATOR)
_ROWS: Select[Any] = select(BenefitRecord.__table__)  # type: ignore[attr-defined]
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
    basis: str  # the subject as it was entered
    basis_en: str
    compared: str  # the form in which it is compared
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
        done = work.execute(update(BenefitRecord).where(col(BenefitRecord.id) == benefit).values(returned=True))
        if not done.rowcount:
            raise Refused("benefit", "没有这项已享受补助", "there is no such benefit", field="benefit")
        subject = work.execute(select(col(BenefitRecord.subject)).where(col(BenefitRecord.id) == benefit)).scalar_one()
        content = {"proof": paper, "woken": wake_for_return(work, benefit, subject)}
        work.audit(actor=who.text, action="benefits.returned", subject=str(benefit), content=content)
        _look(store, work, [subject])


def _refuse_stranger(store: Store, work: UnitOfWork, who: Writer, benefit: UUID) -> None:
    """It frees money: an officer says so of a party of their unit's, a clerk or administrator of any."""
    facts = reference(store, work)
    anywhere = who.id is None or any(facts.holding(who.id, duty, None, work.now) for duty in _ANYWHERE)
    party = work.execute(
        select(col(BenefitRecord.party_id)).where(col(BenefitRecord.id) == benefit)
    ).scalar_one_or_none()
    if party is not None:
        refuse_own(store, work, who, [party], WRITERS, "登记其补助已退回", "say that its benefit was given back")
    if party is not None and not anywhere:
        bound = [duty for duty in WRITERS if duty not in _ANYWHERE]
        refuse_other_unit(store, work, who, party, bound, "登记其补助已退回", "say that its benefit was given back")


def listed(store: Store, *, party: UUID | None = None) -> list[BenefitRow]:
    """Benefits by party."""
    query: Select[Any] = select(BenefitRecord.__table__, col(Party.name).label("party")).join(  # type: ignore[attr-defined]
        Party, col(Party.id) == col(BenefitRecord.party_id)
    )
    if party:
        query = query.where(col(BenefitRecord.party_id) == party)
    with store.read() as work:
        return [
            BenefitRow(
                id=row.id,
                party=row.party,
                subject=row.subject,
                basis=benefit_words(row.subject, row.basis).zh,
                basis_en=benefit_words(row.subject, row.basis).en,
                compared=shown(row.subject),
                source=row.source,
                level=row.level,
                reference=row.reference,
                period=row.period,
                amount=Money(row.amount_fen),
                paid=row.paid,
                returned=row.returned,
            )
            for row in work.execute(query.order_by(col(Party.name), col(BenefitRecord.subject)))
        ]


def entered(store: Store, new: NewBenefit) -> BenefitRow:
    """A benefit as it is kept, found by what was entered."""
    with store.read() as work:
        subject = _subject(work, new, _people(work, [new]).get(new.party), _firms(work, [new]))
    asked = (*(examine(new)[name] for name in ("source", "reference")), subject)
    return next(
        benefit
        for benefit in listed(store, party=new.party)
        if (benefit.source, benefit.reference, benefit.subject) == asked
    )


def period_text(first: date | None, last: date | None) -> str:
    """How a benefit's days are stored: "2023-01-01/2023-12-31", or nothing."""
    if first is None and last is None:
        return ""
    if first is None or last is None or last < first:
        raise Refused(
            "period", "期间须有起止两日，且止日不早于起日", "a period has a first and a last day", field="period"
        )
    return f"{first}/{last}"


def faults(store: Store, new: Sequence[NewBenefit]) -> list[tuple[int, Refused]]:
    """What the register of parties says against each entry, all at once; nothing is written."""
    with store.read() as work:
        return _unknown_firms(work, new)


def _unknown_firms(work: UnitOfWork, new: Sequence[NewBenefit]) -> list[tuple[int, Refused]]:
    """Benefits known by their firm alone, of which the basis is neither a credit code nor the name of a party.

    Whoever types anything there has one benefit entered twice, and nobody finds the firm by it.
    """
    firms, found = _firms(work, new), []
    for index, benefit in enumerate(new):
        if benefit.kind is not KeyKind.ENTERPRISE or is_code("".join(benefit.basis.split()).upper()):
            continue
        codes, typed = firms.codes(benefit), benefit.basis.strip()
        if len(codes) > 1:
            zh = f"依据无效：名称为“{typed}”的登记主体有 {len(codes)} 个，请写统一社会信用代码"
            en = f'{len(codes)} parties are called "{typed}": write the credit code'
        elif not codes:
            zh = f"依据无效：“{typed}”不是统一社会信用代码，也不是已登记主体的名称，应写：{WRITTEN[benefit.kind].zh}"
            en = f'"{typed}" is no credit code and no party\'s name; write: {WRITTEN[benefit.kind].en}'
        else:
            continue
        found.append((index, Refused("basis", zh, en, field="basis")))
    return found


@dataclass(frozen=True)
class _Firms:
    """Registered parties by code and by name, in the form in which a basis is compared: a firm has one key, its code."""

    by_text: Mapping[str, Mapping[UUID, str]]  # code or name → the parties and their codes

    def codes(self, benefit: NewBenefit) -> frozenset[str]:
        """The codes of the firms that a basis may mean; the recipient first, where it is called so."""
        found = self.by_text.get(document_key(benefit.basis), {})
        return frozenset({found[benefit.party]} if benefit.party in found else found.values())


def _firms(work: UnitOfWork, new: Sequence[NewBenefit]) -> _Firms:
    """The parties that the bases of benefits known by their firm alone name."""
    asked = [benefit for benefit in new if benefit.kind is KeyKind.ENTERPRISE]
    if not asked:
        return _Firms({})
    parties, texts = {benefit.party for benefit in asked}, {benefit.basis.strip() for benefit in asked}
    codes = {"".join(text.split()).upper() for text in texts}
    known = or_(col(Party.id).in_(parties), col(Party.name).in_(texts), col(Party.code).in_(codes))
    columns = (col(Party.id), col(Party.name), col(Party.code))
    found: dict[str, dict[UUID, str]] = {}
    for row in work.execute(select(*columns).where(known, col(Party.kind) != PartyKind.PERSON)):
        for text in filter(None, (row.code, row.name)):
            found.setdefault(document_key(text), {})[row.id] = row.code or row.name
    return _Firms(found)


def _enter_all(store: Store, work: UnitOfWork, who: Writer, new: Sequence[NewBenefit]) -> int:
    refuse_own(
        store, work, who, {benefit.party for benefit in new}, WRITERS, "登记其已享受的补助", "enter its benefits"
    )
    for _, no in _unknown_firms(work, new):
        raise no
    people = _people(work, new)
    firms = _firms(work, new)
    rows = [
        {**examine(benefit), "subject": _subject(work, benefit, people.get(benefit.party), firms)} for benefit in new
    ]
    work.flush()
    key = tuple_(col(BenefitRecord.source), col(BenefitRecord.reference), col(BenefitRecord.subject))
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
                f"{name[0]} {name[1]} 对“{benefit_words(name[2], row['basis']).zh}”的补助已登记，对象或金额不同；请核对文件",
                f'"{name[0]} {name[1]}" on "{benefit_words(name[2], row["basis"]).en}" is entered with another party or amount',
                field="reference",
            )
    put_before(store, work, made)
    _look(store, work, [row["subject"] for row in rows])
    return fresh


def _look(store: Store, work: UnitOfWork, subjects: Sequence[str]) -> None:
    """What is said of their subject is looked up once more for the open cases on it."""
    on_it = select(col(SubjectKey.case_id)).where(col(SubjectKey.key).in_(subjects), col(SubjectKey.certain))
    work.flush()
    again(work, reference(store, work), col(Case.id).in_(on_it))


def _write(work: UnitOfWork, who: Writer, row: dict[str, Any]) -> UUID:
    made = work.new_id()
    work.add(BenefitRecord, id=made, entered_by=who.text, entered_at=work.now, **row)
    content = {**row, "party_id": str(row["party_id"])}
    work.audit(actor=who.text, action="benefits.add", subject=str(made), content=content)
    return made


def _people(work: UnitOfWork, new: Sequence[NewBenefit]) -> dict[UUID, Any]:
    """The natural persons among the parties, where a benefit is known by its person."""
    wanted = {benefit.party for benefit in new if benefit.kind is KeyKind.PERSON}
    query = select(col(Party.id), col(Party.name), col(Party.code)).where(
        col(Party.id).in_(wanted), col(Party.kind) == PartyKind.PERSON
    )
    return {row.id: row for row in work.execute(query)} if wanted else {}


def _subject(work: UnitOfWork, benefit: NewBenefit, person: Any | None, firms: _Firms) -> str:
    """The key as stored: of a registered firm its code, whether that or its name was typed.

    A person is kept as a keyed hash: of the identity number where it is known, else of the name.
    """
    if benefit.kind is KeyKind.ENTERPRISE and (codes := firms.codes(benefit)):
        return written(benefit.kind, min(codes))
    if benefit.kind is not KeyKind.PERSON:
        return written(benefit.kind, benefit.basis)
    if person is not None and document_key(person.name) == document_key(benefit.basis):
        return person_key(person.code)
    compact = "".join(benefit.basis.split()).upper()
    if identity_numbers.plausible(compact):
        compact = identity_numbers.checked(compact)
    if compact.isascii() and any(sign.isdecimal() for sign in compact):
        return number_key(compact, lambda text: identity_numbers.hidden(work, text))
    return name_key(benefit.basis, lambda text: identity_numbers.hidden(work, text))


def examine(benefit: NewBenefit) -> dict[str, Any]:
    """The benefit as stored, if it is one."""
    if type(benefit.amount) is not Money or not 0 <= benefit.amount <= Money.LARGEST:
        raise Refused("amount", "金额应不小于零（元，最多两位小数）", "the amount cannot be negative", field="amount")
    try:
        subject = written(benefit.kind, benefit.basis)
    except WrongFacts as error:
        raise Refused("basis", error.zh, error.en, field="basis") from error
    return {
        "party_id": benefit.party,
        "subject": subject,
        "basis": "" if benefit.kind is KeyKind.PERSON else " ".join(benefit.basis.split()),
        "source": filled(benefit.source, "source", "补助来源", "the source"),
        "level": benefit.level.value,
        "reference": filled(benefit.reference, "reference", "文号", "the document"),
        "period": period_text(benefit.first, benefit.last),
        "amount_fen": int(benefit.amount),
        "paid": benefit.paid,
        "returned": benefit.returned,
    }
