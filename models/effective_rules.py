"""From where in the audit chain on a check of `verify` judges, in a store that is older than the check."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class RuleEffectiveFrom(SQLModel, table=True):
    """Written by the migration that brings a check, or a stricter one, to a store with an audit chain; by nothing else.

    What was done up to the row `audit_seq` of the chain was done under the earlier rule: `verify` says so by name, and calls
    it no breach. A check without a row here judges everything.
    """

    __tablename__ = "rule_effective_from"

    check_id: str = Field(primary_key=True)
    audit_seq: int = Field(sa_type=BigInteger)
