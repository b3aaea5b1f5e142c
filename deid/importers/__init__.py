"""Importers into the vault: validated, counted, nothing dropped in silence."""
