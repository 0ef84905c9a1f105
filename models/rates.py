"""How promises are kept: the official payout figures as each unit reports them, and rankings frozen as published."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import document, fen, instant, key, ref, text


class PayoutFigure(SQLModel, table=True):
    """What a unit promised and paid under all policies for firms by the end of a month; a correction is a later row.

    Counts of cases are there where the source gives them; without them there is no rate by case.
    """

    __table_args__ = (
        UniqueConstraint("policy", "unit", "period", "sequence", name="figure_is_numbered"),
        CheckConstraint(
            "promised_fen >= 0 AND paid_fen >= 0 AND paid_fen <= promised_fen", name="paid_within_promised"
        ),
        CheckConstraint(
            "(promised_cases IS NULL) = (paid_cases IS NULL) AND (promised_cases IS NULL OR"
            " (paid_cases >= 0 AND paid_cases <= promised_cases))",
            name="cases_within_promised",
        ),
        CheckConstraint("sequence > 0", name="figures_count_from_one"),
        CheckConstraint("source <> ''", name="figure_has_a_source"),
    )
    __tablename__ = "payout_figure"

    id: UUID = key()
    policy: str
    unit: str = ref("unit.name")
    period: str
    sequence: int = 1
    promised_fen: int = fen()
    paid_fen: int = fen()
    promised_cases: int | None = None
    paid_cases: int | None = None
    source: str = text()
    entered_by: UUID | None = ref("person.id", optional=True)
    entered_at: datetime = instant()


class Ranking(SQLModel, table=True):
    """A ranking (赛马) as it stood on a business date, with catalogue and figures: canonical JSON and its hash.

    A correction is the next ranking of the same date and says why; what was published stays.
    """

    __table_args__ = (
        UniqueConstraint("policy", "item", "as_of", "sequence", name="ranking_is_numbered"),
        CheckConstraint("sequence > 0", name="rankings_count_from_one"),
        CheckConstraint("(sequence = 1) = (reason = '')", name="correction_has_a_reason"),
    )

    id: UUID = key()
    policy: str
    item: str
    as_of: str
    sequence: int = 1
    content: str = document()
    hash: str
    reason: str = text()
    made_by: UUID | None = ref("person.id", optional=True)
    made_at: datetime = instant()
