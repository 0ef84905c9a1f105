"""The check list of a case as a record of its own, papers checked off line, and the overrides of conditions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import BY_ID, counted, instant, key, ref, text

# The acts at which conditions bind, with their gate, in the words of decisions. `verify` reads stored decisions by it.
GATES = {
    "accept": "accept",
    "certify": "certify",
    "decide": "decide",
    "deliver": "pay",
    "allocate": "pay",
    "prepare": "pay",
    "check_batch": "pay",
    "release": "pay",
    "pay_offline": "pay",
}


class CheckRecord(SQLModel, table=True):
    """What one check found: written when a check finds something else, or looked at other data, than the last time.

    `version`: of the case that was looked at, so that what a later act knew can be read again. `rule` names what judged,
    `data` is the hash of what was looked at. A check that is asked no more ends with `lifted`.
    """

    __table_args__ = (
        UniqueConstraint("case_id", "sequence", name="check_is_numbered"),
        CheckConstraint("result IN ('ok','fail','no_data','lifted')", name="result_is_known"),
        CheckConstraint("needed IN ('file','accept','certify','decide','pay')", name="gate_is_known"),
        CheckConstraint("sequence > 0", name="checks_count_from_one"),
        BY_ID,
    )
    __tablename__ = "check_record"

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    sequence: int
    version: int
    name: str
    hard: bool
    needed: str
    result: str
    rule: str
    data: str
    words: str = text()
    words_en: str = text()
    person_id: UUID | None = ref("person.id", optional=True)
    looked_at: datetime = instant()


class PaperCheck(SQLModel, table=True):
    """A paper that is never uploaded was checked off line: the newest of a slot counts, by `sequence` in its case."""

    __table_args__ = (
        CheckConstraint("found IN ('ok','fail')", name="paper_check_is_known"),
        CheckConstraint("note <> ''", name="paper_check_has_a_note"),
        BY_ID,
    )
    __tablename__ = "paper_check"

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    sequence: int = counted()
    version: int = counted()  # of the case then: what its claim said up to there was looked at
    slot: str
    found: str
    note: str = text()
    checked_by: UUID = ref("person.id")
    checked_at: datetime = instant()


class Waiver(SQLModel, table=True):
    """An override of one condition of one case as it was found: asked by one person, confirmed by another."""

    __table_args__ = (
        UniqueConstraint("case_id", "name", "data", name="waived_once_as_found"),
        CheckConstraint("asked_by <> confirmed_by", name="waived_by_two_people"),
        CheckConstraint("reason <> '' AND reason_code <> '' AND paper <> ''", name="waiver_says_why"),
        BY_ID,
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    name: str
    data: str  # of the check record that is overridden
    version: int  # of the case after the second person's act
    reason_code: str
    reason: str = text()
    paper: str = text()
    asked_by: UUID = ref("person.id")
    asked_at: datetime = instant()
    confirmed_by: UUID = ref("person.id")
    confirmed_at: datetime = instant()
