"""Replacements that look like what they replace, always the same for one person and release."""
