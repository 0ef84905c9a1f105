"""Objections are numbered within their case and may end as moot; a deadline keeps the day and the setting it counts from."""

import sqlalchemy as sa
from alembic import op

from models.clock import business_date
from models.migrations.column_types import identity, instant, text, whole, word

revision = "0009"
down_revision = "0008"

_OBJECTION = sa.table("objection", identity("id"), identity("case_id"), whole("position"), instant("raised_at"))
_CASE = sa.table("case_file", identity("id"), word("state"), word("next_duty"), instant("changed_at"), text("due_from"))


def upgrade() -> None:
    """Adds the columns, and fills them in rows that are there."""
    for column in ("due_from", "due_setting"):
        op.add_column("case_file", text(column, default=""))
    op.add_column("objection", whole("position", default="0"))
    _fill(op.get_bind())
    with op.batch_alter_table("objection") as objection:
        objection.alter_column("position", server_default=None, existing_type=sa.Integer(), existing_nullable=False)
        objection.drop_constraint("objection_is_known", type_="check")
        objection.create_check_constraint("objection_is_known", "outcome IN ('open','dismissed','upheld','moot')")
        objection.create_check_constraint("objection_is_open_or_answered", "(outcome = 'open') = (answered_at IS NULL)")
        objection.create_check_constraint("objections_count_from_one", "position > 0")
        objection.create_unique_constraint("objection_is_numbered", ["case_id", "position"])


def _fill(bind: sa.Connection) -> None:
    """Objections in the order in which they came; deadlines from the day on which the case last moved."""
    last: dict[object, int] = {}
    rows = bind.execute(sa.select(_OBJECTION).order_by(_OBJECTION.c.raised_at, _OBJECTION.c.id)).all()
    for row in rows:
        last[row.case_id] = last.get(row.case_id, 0) + 1
        bind.execute(_OBJECTION.update().where(_OBJECTION.c.id == row.id).values(position=last[row.case_id]))
    waiting = sa.select(_CASE).where(_CASE.c.next_duty.is_not(None), _CASE.c.next_duty != "system")
    for case in bind.execute(waiting.where(_CASE.c.state != "draft")).all():
        day = business_date(case.changed_at).isoformat()
        bind.execute(_CASE.update().where(_CASE.c.id == case.id).values(due_from=day))


def downgrade() -> None:
    """Takes them away again; what ended as moot counts as dismissed."""
    op.execute("UPDATE objection SET outcome = 'dismissed' WHERE outcome = 'moot'")
    with op.batch_alter_table("objection") as objection:
        objection.drop_constraint("objection_is_numbered", type_="unique")
        objection.drop_constraint("objections_count_from_one", type_="check")
        objection.drop_constraint("objection_is_open_or_answered", type_="check")
        objection.drop_constraint("objection_is_known", type_="check")
        objection.create_check_constraint("objection_is_known", "outcome IN ('open','dismissed','upheld')")
        objection.drop_column("position")
    for column in ("due_from", "due_setting"):
        op.drop_column("case_file", column)
