"""What else under way or registered names the subject of a case for certain: told at the filing, and shown on the case."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.privacy.personal_keys import anonymised
from casework.stacking.benefit_keys import CaseKey
from casework.stacking.subject_wordings import Typed, benefit_words, sides, typed, words_of
from models import BenefitRecord, Case, State, SubjectKey
from models.unit_of_work import UnitOfWork
from policies.benefits import OWNED, kind_of
from policies.forms import Text

NAMED = 20


class Twin(NamedTuple):
    """A case or a benefit from elsewhere that names the same subject."""

    name: str
    words: Text  # the subject as both sides typed it
    own: bool  # of the same applicant
    filed: bool = True  # a case; else a benefit from elsewhere

    @property
    def zh(self) -> str:
        """In words for officers."""
        return f"{self.name}（{self.words.zh}）"

    def told(self, officer: bool) -> tuple[str, str]:
        """In both languages; of what is another's an applicant hears that it is, and no number."""
        if officer or self.own:
            return self.zh, f"{self.name} ({self.words.en})"
        what = ("另一申报主体的申报", "another applicant's case"), ("另一主体的补助", "a benefit of somebody else")
        return what[0 if self.filed else 1]


def twins(work: UnitOfWork, case: CaseView, found: Sequence[CaseKey]) -> tuple[Twin, ...]:
    """What else under way or registered names a subject of this case for certain; each once, the applicant's own first,
    at most `NAMED` of either: a warning is read, not counted."""
    certain = [tie.key for tie in found if tie.certain and not anonymised(tie.key)]
    within = [tie.key for tie in found if tie.certain and tie.inside and not anonymised(tie.key)]
    work.flush()
    others = (
        select(col(Case.number), col(SubjectKey.key), col(Case.party_id), col(Case.id))
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
    columns = (
        col(BenefitRecord.source),
        col(BenefitRecord.reference),
        col(BenefitRecord.subject),
        col(BenefitRecord.party_id),
        col(BenefitRecord.basis),
    )
    received = select(*columns).where(col(BenefitRecord.subject).in_(certain), col(BenefitRecord.returned).is_(False))
    anybodys = [key for key in certain if kind_of(key) not in OWNED]
    received = received.where(
        or_(col(BenefitRecord.party_id) == case.party_id, col(BenefitRecord.subject).in_(anybodys))
    )
    received = received.order_by(
        col(BenefitRecord.source), col(BenefitRecord.reference), col(BenefitRecord.subject)
    ).limit(NAMED)
    filed = [*sorted(work.execute(own)), *(sorted(work.execute(foreign)) if open_to_all else ())][:NAMED]
    granted = list(work.execute(received))
    said: Typed = typed(work, [case.id, *(row.id for row in filed)]) if filed or granted else {}
    mine = said.get(case.id, ())
    met = []
    for row in filed:
        both = sides(words_of(mine, row.key), words_of(said.get(row.id, ()), row.key), row.key, row.key)
        met.append(Twin(row.number, both.words, row.party_id == case.party_id))
    for row in granted:
        both = sides(words_of(mine, row.subject), benefit_words(row.subject, row.basis), row.subject, row.subject)
        met.append(Twin(f"{row.source} {row.reference}", both.words, row.party_id == case.party_id, False))
    return tuple({other.name: other for other in reversed(met)}.values())
