"""The store's own marks: demo or production, the business clock, counters for readable numbers, holiday overrides."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, text


class StoreMark(SQLModel, table=True):
    """One row. `demo` can be set once and never cleared; only a demo store may move its clock."""

    __table_args__ = (
        CheckConstraint("id = 1", name="one_mark"),
        CheckConstraint("demo OR (offset_us = 0 AND frozen_at IS NULL)", name="production_keeps_real_time"),
    )
    __tablename__ = "store_mark"

    id: int = Field(default=1, primary_key=True)
    demo: bool = False
    offset_us: int = Field(default=0, sa_type=BigInteger)
    frozen_at: datetime | None = instant(optional=True)
    made_at: datetime = instant()


class Counter(SQLModel, table=True):
    """The last number given in a series (`XZ2023-M04`, allocation documents, batches …)."""

    series: str = Field(primary_key=True)
    last: int = Field(default=0, sa_type=BigInteger)


class HolidayOverride(SQLModel, table=True):
    """A day that works or rests against the calendar package, from a cited notice."""

    __tablename__ = "holiday_override"

    day: str = Field(primary_key=True)
    works: bool
    citation: str = text()
    entered_by: str = text()
    entered_at: datetime = instant()
