"""Alembic migrations of the portal's database, run by ``Database.upgrade``."""
