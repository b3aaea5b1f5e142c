"""Carries out jobs that need keys. The only part of ``app`` that opens the keyring."""
