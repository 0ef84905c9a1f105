"""What a person said of two benefits counts for the data that were looked at: where they change, the question is put again.

The verdict of before stays as it was given, with its decision; the newest row of a pair is the one that counts.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.stacking.benefit_comparisons import PossibleMatch, write
from casework.stacking.benefit_keys import CaseKey, write_keys
from models import Comparison, Likeness, SubjectKey, Verdict
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from policies.measures import Item

_SAID = Prepared(
    select(
        col(Comparison.policy), col(Comparison.why), col(Comparison.own_key), col(Comparison.other_key),
        col(Comparison.other), col(Comparison.benefit_id), col(Comparison.other_case_id), col(Comparison.verdict),
        col(Comparison.decided_by),
    )
    .where(col(Comparison.case_id) == bindparam("wanted"))
    .order_by(col(Comparison.sequence))
)  # fmt: skip
_KEYS = Prepared(
    select(col(SubjectKey.key), col(SubjectKey.certain), col(SubjectKey.period)).where(
        col(SubjectKey.case_id) == bindparam("wanted")
    )
)


def stated_anew(work: UnitOfWork, case: CaseView, item: Item, form: Any) -> tuple[CaseKey, ...]:
    """Writes the keys of a claim or of certified facts; verdicts that were given on other keys or days are asked for again."""
    said = {(row.benefit_id, row.other_case_id): row for row in work.rows(_SAID, wanted=case.id)}
    given = [row for row in said.values() if row.decided_by is not None and row.verdict != Verdict.OPEN]
    before = _read(work, case.id) if given else frozenset()
    found = write_keys(work, case, item, form)
    if given:
        work.flush()
        after = _read(work, case.id)
        if after != before:
            keys = {key for key, _, _ in after}
            write(work, [_again(case, row, keys) for row in given])
    return found


def _read(work: UnitOfWork, case: UUID) -> frozenset[tuple[str, bool, str]]:
    return frozenset((row.key, bool(row.certain), row.period) for row in work.rows(_KEYS, wanted=case))


def _again(case: CaseView, row: Any, keys: set[str]) -> PossibleMatch:
    own = row.own_key if row.own_key in keys else ""
    met = {"benefit": row.benefit_id, "other_case": row.other_case_id}
    return PossibleMatch(case.id, row.policy, Likeness(row.why), own, row.other_key, row.other, **met)
