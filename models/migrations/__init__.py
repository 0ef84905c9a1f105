"""Alembic's environment and the revisions of the schema; packaged, so that no alembic.ini is needed."""
