"""Backup of the portal in one encrypted file, and its restoration into an empty place."""

from app.backup.archive import Contents, create_backup, restore_backup

__all__ = ["Contents", "create_backup", "restore_backup"]
