"""Policy parameters and settings with citation, author and confirmer; and the rule versions of filed cases."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import document, instant, key, ref, text

_IN_FORCE = sql("status = 'confirmed' AND valid_to = ''")


class ParameterValue(SQLModel, table=True):
    """A value that one officer set and another confirmed; dates are business dates (ISO), empty `valid_to` is open."""

    __table_args__ = (
        CheckConstraint("status IN ('proposed','confirmed','ended','rejected')", name="status_is_known"),
        CheckConstraint("origin IN ('official','demo','ours')", name="origin_is_known"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> set_by", name="author_is_not_confirmer"),
        CheckConstraint("citation <> ''", name="value_has_a_citation"),
        CheckConstraint("valid_to = '' OR valid_from <= valid_to", name="value_has_a_span"),
        Index(
            "one_open_value",
            "policy",
            "parameter",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )
    __tablename__ = "parameter_value"

    id: UUID = key()
    policy: str
    parameter: str
    value: str = document()
    citation: str = text()
    origin: str = "official"
    status: str = "proposed"
    valid_from: str
    valid_to: str = ""
    set_by: UUID = ref("person.id")
    set_at: datetime = instant()
    confirmed_by: UUID | None = ref("person.id", optional=True)
    confirmed_at: datetime | None = instant(optional=True)


class RuleVersion(SQLModel, table=True):
    """A rule's version as it was when a case was first filed under it; the same version stays what it was."""

    __table_args__ = (UniqueConstraint("policy", "item", "digest", name="rule_version_is_unique"),)
    __tablename__ = "rule_version"

    id: UUID = key()
    policy: str
    item: str
    version: str = text(default="1")
    digest: str
    first_used: datetime = instant()
