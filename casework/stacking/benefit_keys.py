"""What the money of a case is for, as the keys that 就高不重复 compares: public identifiers, cost documents, the applicant."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.privacy import identity_numbers
from casework.privacy.personal_keys import anonymised
from models import BenefitRecord, Case, PartyKind, State, SubjectKey
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from policies.benefits import KeyKind, kind_of, subject_key
from policies.forms import Text, document_key
from policies.identifiers import Identifier
from policies.measures import Item

Hide = Callable[[str], str]
_DROP = Prepared(delete(SubjectKey).where(col(SubjectKey.case_id) == bindparam("wanted")))


class CaseKey(NamedTuple):
    """One key of a case: whether it is certain, and whether it also ties cases of the same plan."""

    key: str
    certain: bool = True
    inside: bool = True


def write_keys(work: UnitOfWork, case: CaseView, item: Item, form: Any) -> tuple[CaseKey, ...]:
    """The keys of a claim as filed or of facts as certified; those of before give way."""
    found = case_keys(item, form, case.party_kind, case.party_code, lambda text: identity_numbers.hidden(work, text))
    if case.state != State.DRAFT:
        work.flush()
        work.run(_DROP, wanted=case.id)
    days = period(item, form)
    for tie in found:
        work.add(SubjectKey, case_id=case.id, key=tie.key, certain=tie.certain, inside=tie.inside, period=days)
    return found


class Stated(NamedTuple):
    """One thing by which a case is known, in words as it was typed, and every key under which it is compared."""

    words: Text
    keys: tuple[str, ...]
    certain: bool = True
    inside: bool = True


def case_keys(item: Item, form: Any, kind: str, code: str, hide: Hide) -> tuple[CaseKey, ...]:
    """Every key of a claim or of certified facts; where one comes twice, the surer one counts."""
    found: dict[str, CaseKey] = {}
    for named in stated(item, form, kind, code, hide):
        for key in named.keys:
            known = found.get(key)
            if known is None or (named.certain, named.inside) > (known.certain, known.inside):
                found[key] = CaseKey(key, named.certain, named.inside)
    return tuple(found.values())


def stated(item: Item, form: Any, kind: str, code: str, hide: Hide) -> Iterator[Stated]:
    """By what a claim or certified facts are known: the papers of the costs, what the item names, the applicant."""
    yield from _documents(item, form)
    yield from _named(item, form, kind, code, hide)
    yield from _applicant(item, kind, code)


def period(item: Item, form: Any) -> str:
    """The days that a case is for where the item says which fields hold them, else the year of its event."""
    days = [day for name in item.days if isinstance(day := getattr(form, name, None), date)]
    if days:
        return f"{min(days)}/{max(days)}"
    event = getattr(form, item.event_dates[0], None) if item.event_dates else None
    return str(event.year) if isinstance(event, date) else ""


def person_key(code: str) -> str:
    """The key of a natural person: the keyed hash of the identity number, as the register of parties keeps it."""
    return subject_key(KeyKind.PERSON, f"ID{identity_numbers.lettered(code.removeprefix(identity_numbers.PREFIX))}")


def number_key(number: str, hide: Hide) -> str:
    """The same key from the number itself."""
    return subject_key(KeyKind.PERSON, f"ID{hide(number)}")


def renumber(work: UnitOfWork, party: UUID, kind: str, old: str, new: str) -> list[UUID]:
    """The party's number was corrected: its cases and its benefits from elsewhere are known by the new one. All benefits on it."""
    if not old or kind not in (PartyKind.PERSON, PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION):
        return []
    before, after = (
        person_key(code) if kind == PartyKind.PERSON else subject_key(KeyKind.ENTERPRISE, code) for code in (old, new)
    )
    mine = select(col(Case.id)).where(col(Case.party_id) == party)
    known = update(SubjectKey).where(col(SubjectKey.key) == before, col(SubjectKey.case_id).in_(mine))
    work.execute(known.values(key=after))
    twin: Any = aliased(BenefitRecord)
    twice = select(twin.id).where(
        twin.subject == after, twin.source == BenefitRecord.source, twin.reference == BenefitRecord.reference
    )
    received = update(BenefitRecord).where(
        col(BenefitRecord.party_id) == party,
        col(BenefitRecord.subject) == before,
        ~twice.correlate(BenefitRecord).exists(),
    )
    work.execute(received.values(subject=after))
    return list(work.execute(select(col(BenefitRecord.id)).where(col(BenefitRecord.subject) == after)).scalars())


def name_key(value: str, hide: Hide) -> str:
    """The key of a natural person's name, alone or with a day: a keyed hash, never the name."""
    return subject_key(KeyKind.PERSON, f"NAME{hide(document_key(value))}")


def shown(key: str) -> str:
    """A key in words: its kind and what it says; of a person only that it is one."""
    return compared(key).zh


def compared(key: str) -> Text:
    """The same in both languages: the form in which it is compared, for what nobody typed or is not kept."""
    if anonymised(key):
        return Text("（已匿名）", "(anonymised)")
    kind, value = kind_of(key), key.partition(":")[2]
    return hidden(kind) if kind is KeyKind.PERSON else Text(f"{kind.zh} {value}", f"{kind.en} {value}")


def hidden(title: Any) -> Text:
    """In place of what is kept as a keyed hash only."""
    return Text(f"{title.zh}（已加密）", f"{title.en} (hidden)")


def _documents(item: Item, form: Any) -> Iterator[Stated]:
    """The paper of each cost: an invoice where it is all figures, else it may be a contract as well."""
    title = item.document or Text("凭证编号", "document")
    for line in getattr(form, "cost_lines", ()):
        kinds = (KeyKind.INVOICE,) if line.key.isdecimal() else (KeyKind.INVOICE, KeyKind.CONTRACT)
        words = Text(f"{title.zh} {line.document}", f"{title.en} {line.document}")
        yield Stated(words, tuple(subject_key(kind, line.document) for kind in kinds))


def _named(item: Item, form: Any, kind: str, code: str, hide: Hide) -> Iterator[Stated]:
    for identifier in item.identifiers:
        if identifier.of_applicant and kind == PartyKind.PERSON:
            yield Stated(hidden(identifier.title), (person_key(code),), identifier.certain, identifier.inside)
        told = identifier.told(form)
        if told is None:
            continue
        keys = tuple(dict.fromkeys(key for value in identifier.values(form) for key in _keys(identifier, value, hide)))
        typed = Text(f"{identifier.title.zh} {told.zh}", f"{identifier.title.en} {told.en}")
        yield Stated(
            hidden(identifier.title) if identifier.person else typed, keys, identifier.certain, identifier.inside
        )


def _keys(identifier: Identifier, value: str, hide: Hide) -> Iterator[str]:
    if identifier.person:
        yield name_key(value, hide)
    else:
        yield from identifier.keys(value)


def _applicant(item: Item, kind: str, code: str) -> Iterator[Stated]:
    """What is known of the firm alone may be the same benefit: a person says so."""
    if item.pays and kind in (PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION) and code:
        words = Text(f"{KeyKind.ENTERPRISE.zh} {code}", f"{KeyKind.ENTERPRISE.en} {code}")
        yield Stated(words, (subject_key(KeyKind.ENTERPRISE, code),), certain=False, inside=False)
