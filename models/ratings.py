"""好差评: what applicants say of the steps of their cases, in five grades."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import instant, key, ref
from models.sealing import personal_text


class StepRating(SQLModel, table=True):
    """One grade for one finished step of a case, 5 the best; a natural person's words are sealed."""

    __table_args__ = (
        UniqueConstraint("case_id", "step", name="step_is_rated_once"),
        CheckConstraint("grade BETWEEN 1 AND 5", name="grade_is_one_of_five"),
    )
    __tablename__ = "step_rating"

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    step: str
    grade: int
    comment: str = personal_text()
    rated_by: UUID = ref("person.id")
    rated_at: datetime = instant()
