"""What people typed of a subject: shown in place of the form in which it is compared, which only explains why two are the same."""

from collections.abc import Collection, Mapping
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from casework.forms import typed_forms
from casework.privacy import identity_numbers
from casework.privacy.personal_keys import anonymised
from casework.shared.errors import Refused
from casework.shared.reference import policy_of
from casework.stacking.benefit_keys import Stated, compared, stated
from models import Case, Party, Snapshot
from models.unit_of_work import UnitOfWork
from policies.benefits import KeyKind, kind_of
from policies.forms import Text

_CHUNK = 500
Typed = Mapping[UUID, tuple[Stated, ...]]


class Sides(NamedTuple):
    """What each side typed, and the form in which both are the same, "" where they were typed alike."""

    own: Text
    other: Text
    same: str = ""

    @property
    def words(self) -> Text:
        """In one line."""
        if not self.same:
            return self.own
        zh = f"本案 {self.own.zh}，对方 {self.other.zh}，比对时同为 {self.same}"
        return Text(zh, f"here {self.own.en}, there {self.other.en}, both compared as {self.same}")


def typed(work: UnitOfWork, cases: Collection[UUID]) -> Typed:
    """By what each case is known, as typed: in the facts that were certified last, else in the claim."""
    found: dict[UUID, tuple[Stated, ...]] = {}
    wanted = list(dict.fromkeys(cases))
    for start in range(0, len(wanted), _CHUNK):
        columns = (col(Case.id), col(Case.policy), col(Case.item), col(Case.rule_version))
        query: Select[Any] = (
            select(*columns, col(Party.kind), col(Party.code), col(Snapshot.kind).label("form"), col(Snapshot.content))
            .join(Party, col(Party.id) == col(Case.party_id))
            .join(Snapshot, col(Snapshot.case_id) == col(Case.id))
            .where(col(Case.id).in_(wanted[start : start + _CHUNK]), col(Snapshot.kind).in_(["claim", "facts"]))
            .order_by(col(Snapshot.version))
        )
        newest = {(row.id, row.form): row for row in work.execute(query)}
        for (identity_, _), row in sorted(
            newest.items(), key=lambda entry: entry[0][1], reverse=True
        ):  # facts, then the claim
            found[identity_] = (*found.get(identity_, ()), *_stated(work, row))
    return found


def _stated(work: UnitOfWork, row: Any) -> tuple[Stated, ...]:
    """Nothing where what was typed is destroyed, or its rule is not installed."""
    try:
        item = policy_of(row.policy).item_as(row.item, row.rule_version, work.today)
        form: Any = typed_forms.parse(item.facts if row.form == "facts" else item.claim, loads(row.content))
    except (Refused, LookupError, ValueError):
        return ()
    return tuple(stated(item, form, row.kind, row.code, lambda text: identity_numbers.hidden(work, text)))


def words_of(listed: Collection[Stated], key: str) -> Text:
    """A key of a case as it was typed; in the form in which it is compared where that is not kept."""
    return next((stated.words for stated in listed if key in stated.keys), compared(key))


def benefit_words(subject: str, basis: str) -> Text:
    """What a benefit from elsewhere is for, as it was entered."""
    if not basis or anonymised(subject):
        return compared(subject)
    kind = kind_of(subject)
    return Text(f"{kind.zh} {basis}", f"{kind.en} {basis}")


def sides(own: Text, other: Text, own_key: str, other_key: str) -> Sides:
    """Both sides; the compared form where it is the same and they were not typed alike."""
    value = own_key.partition(":")[2]
    said = [words.zh.partition(" ")[2] for words in (own, other)]
    same = value and value == other_key.partition(":")[2] and said[0] != said[1]
    person = not own_key or anonymised(own_key) or kind_of(own_key) is KeyKind.PERSON
    return Sides(own, other, value if same and not person else "")
