"""Finds identifiers in free text and replaces them by consistent surrogates."""
