"""Runs revisions on the connection that models/migrate.py hands over; the guards are off meanwhile, and back on after.

A revision may rebuild a table (SQLite's only way to alter one), which would silently lose its triggers, and may have to
change rows that nobody else may change. So the guards come off and go on again in the transaction of the revisions.
"""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import models
from models.columns import UtcInstant
from models.triggers import install, uninstall

assert models.__all__, "the records must be imported before their metadata is compared"


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """How a new revision spells our own column type."""
    return "UtcInstant()" if kind == "type" and isinstance(thing, UtcInstant) else False


connection = context.config.attributes["connection"]
guards = context.config.attributes["guards"]  # "keep", "off", or "on" once the newest revision is reached
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
    compare_type=True,
)
if guards != "keep":
    uninstall(connection)
context.run_migrations()
if guards == "on":
    install(connection)
