"""Alembic migrations of the vault; run by :mod:`deid.vault.store`, never by hand."""
