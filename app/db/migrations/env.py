"""Alembic's entry: runs on the connection, and in the transaction, of ``Database.upgrade``."""

from alembic import context

from app.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
context.run_migrations()
