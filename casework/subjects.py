"""What the money of a case is for, as the keys that 就高不重复 compares: public identifiers, cost documents, the applicant."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from casework.cases import CaseView
from casework.registers import identity
from models import Benefit, Case, PartyKind, State, SubjectKey
from models.statements import Prepared
from models.work import Work
from policies.benefits import OWNED, KeyKind, kind_of, subject_key
from policies.forms import document_key
from policies.identifiers import Identifier
from policies.measures import Item

Hide = Callable[[str], str]
_DROP = Prepared(delete(SubjectKey).where(col(SubjectKey.case_id) == bindparam("wanted")))


class Tie(NamedTuple):
    """One key of a case: whether it is certain, and whether it also ties cases of the same plan."""

    key: str
    certain: bool = True
    inside: bool = True


def write_keys(work: Work, case: CaseView, item: Item, form: Any) -> tuple[Tie, ...]:
    """The keys of a claim as filed or of facts as certified; those of before give way."""
    found = ties(item, form, case.party_kind, case.party_code, lambda text: identity.hidden(work, text))
    if case.state != State.DRAFT:
        work.flush()
        work.run(_DROP, wanted=case.id)
    days = period(item, form)
    for one in found:
        work.add(SubjectKey, case_id=case.id, key=one.key, certain=one.certain, inside=one.inside, period=days)
    return found


NAMED = 20
_GONE = "anonymised:"


class Twin(NamedTuple):
    """A case or a benefit from elsewhere that names the same subject."""

    name: str
    key: str
    own: bool  # of the same applicant
    filed: bool = True  # a case; else a benefit from elsewhere

    @property
    def zh(self) -> str:
        """In words for officers."""
        return f"{self.name}（{shown(self.key)}）"

    def told(self, officer: bool) -> tuple[str, str]:
        """In both languages; of what is another's an applicant hears that it is, and no number."""
        if officer or self.own:
            return self.zh, f"{self.name} ({shown(self.key)})"
        what = ("另一申报主体的申报", "another applicant's case"), ("另一主体的补助", "a benefit of somebody else")
        return what[0 if self.filed else 1]


def twins(work: Work, case: CaseView, found: Sequence[Tie]) -> tuple[Twin, ...]:
    """What else under way or registered names a subject of this case for certain; each once, the applicant's own first,
    at most `NAMED` of either: a warning is read, not counted."""
    certain = [one.key for one in found if one.certain and not anonymised(one.key)]
    within = [one.key for one in found if one.certain and one.inside and not anonymised(one.key)]
    work.flush()
    others = (
        select(col(Case.number), col(SubjectKey.key), col(Case.party_id))
        .join(Case, col(Case.id) == col(SubjectKey.case_id))
        .where(col(SubjectKey.certain), col(SubjectKey.inside), col(Case.id) != case.id)
        .where(col(Case.filed_at).is_not(None), col(Case.state).not_in([State.REFUSED, State.WITHDRAWN, State.LAPSED]))
        .limit(NAMED)
    )
    own = others.where(col(Case.party_id) == case.party_id, col(SubjectKey.key).in_(within))
    open_to_all = [key for key in within if kind_of(key) not in OWNED]
    # In the order of the index, so that the search ends with the last one named however many share the key.
    foreign = others.where(col(Case.party_id) != case.party_id, col(SubjectKey.key).in_(open_to_all))
    foreign = foreign.order_by(col(SubjectKey.key))
    received = select(col(Benefit.source), col(Benefit.reference), col(Benefit.subject), col(Benefit.party_id)).where(
        col(Benefit.subject).in_(certain), col(Benefit.returned).is_(False)
    )
    anybodys = [key for key in certain if kind_of(key) not in OWNED]
    received = received.where(or_(col(Benefit.party_id) == case.party_id, col(Benefit.subject).in_(anybodys)))
    received = received.order_by(col(Benefit.source), col(Benefit.reference), col(Benefit.subject)).limit(NAMED)
    filed = [*sorted(work.execute(own)), *(sorted(work.execute(foreign)) if open_to_all else ())][:NAMED]
    met = [Twin(row[0], row[1], row[2] == case.party_id) for row in filed]
    met += [Twin(f"{row[0]} {row[1]}", row[2], row[3] == case.party_id, False) for row in work.execute(received)]
    return tuple({one.name: one for one in reversed(met)}.values())


def ties(item: Item, form: Any, kind: str, code: str, hide: Hide) -> tuple[Tie, ...]:
    """Every key of a claim or of certified facts; where one comes twice, the surer one counts."""
    found: dict[str, Tie] = {}
    for one in (*_documents(form), *_named(item, form, kind, code, hide), *_applicant(item, kind, code)):
        known = found.get(one.key)
        if known is None or (one.certain, one.inside) > (known.certain, known.inside):
            found[one.key] = one
    return tuple(found.values())


def period(item: Item, form: Any) -> str:
    """The days that a case is for where the item says which fields hold them, else the year of its event."""
    days = [day for name in item.days if isinstance(day := getattr(form, name, None), date)]
    if days:
        return f"{min(days)}/{max(days)}"
    event = getattr(form, item.event_dates[0], None) if item.event_dates else None
    return str(event.year) if isinstance(event, date) else ""


def person_key(code: str) -> str:
    """The key of a natural person: the keyed hash of the identity number, as the register of parties keeps it."""
    return subject_key(KeyKind.PERSON, f"ID{identity.lettered(code.removeprefix(identity.PREFIX))}")


def number_key(number: str, hide: Hide) -> str:
    """The same key from the number itself."""
    return subject_key(KeyKind.PERSON, f"ID{hide(number)}")


def renumber(work: Work, party: UUID, kind: str, old: str, new: str) -> list[UUID]:
    """The party's number was corrected: its cases and its benefits from elsewhere are known by the new one. All benefits on it."""
    if not old or kind not in (PartyKind.PERSON, PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION):
        return []
    before, after = (
        person_key(one) if kind == PartyKind.PERSON else subject_key(KeyKind.ENTERPRISE, one) for one in (old, new)
    )
    mine = select(col(Case.id)).where(col(Case.party_id) == party)
    known = update(SubjectKey).where(col(SubjectKey.key) == before, col(SubjectKey.case_id).in_(mine))
    work.execute(known.values(key=after))
    twin: Any = aliased(Benefit)
    twice = select(twin.id).where(
        twin.subject == after, twin.source == Benefit.source, twin.reference == Benefit.reference
    )
    received = update(Benefit).where(
        col(Benefit.party_id) == party, col(Benefit.subject) == before, ~twice.correlate(Benefit).exists()
    )
    work.execute(received.values(subject=after))
    return list(work.execute(select(col(Benefit.id)).where(col(Benefit.subject) == after)).scalars())


def name_key(value: str, hide: Hide) -> str:
    """The key of a natural person's name, alone or with a day: a keyed hash, never the name."""
    return subject_key(KeyKind.PERSON, f"NAME{hide(document_key(value))}")


def anonymised_key(subject: UUID) -> str:
    """What stands in a key's place once the applicant's personal data are destroyed: it says nothing and meets no other."""
    return f"{_GONE}{subject.hex}"


def anonymised(key: str) -> bool:
    """Whether the key was destroyed with its applicant's personal data."""
    return key.startswith(_GONE)


def shown(key: str) -> str:
    """A key in words: its kind and what it says; of a person only that it is one."""
    if anonymised(key):
        return "（已匿名）"
    kind, value = kind_of(key), key.partition(":")[2]
    return f"{kind.zh} {'（已加密）' if kind is KeyKind.PERSON else value}"


def _documents(form: Any) -> Iterator[Tie]:
    """The paper of each cost: an invoice where it is all figures, else it may be a contract as well."""
    for line in getattr(form, "cost_lines", ()):
        yield Tie(subject_key(KeyKind.INVOICE, line.document))
        if not line.key.isdecimal():
            yield Tie(subject_key(KeyKind.CONTRACT, line.document))


def _named(item: Item, form: Any, kind: str, code: str, hide: Hide) -> Iterator[Tie]:
    for one in item.identifiers:
        if one.of_applicant and kind == PartyKind.PERSON:
            yield Tie(person_key(code), one.certain, one.inside)
        for value in one.values(form):
            yield from (Tie(key, one.certain, one.inside) for key in _keys(one, value, hide))


def _keys(one: Identifier, value: str, hide: Hide) -> Iterator[str]:
    if one.person:
        yield name_key(value, hide)
    else:
        yield from one.keys(value)


def _applicant(item: Item, kind: str, code: str) -> Iterator[Tie]:
    """What is known of the firm alone may be the same benefit: a person says so."""
    if item.pays and kind in (PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION) and code:
        yield Tie(subject_key(KeyKind.ENTERPRISE, code), certain=False, inside=False)
