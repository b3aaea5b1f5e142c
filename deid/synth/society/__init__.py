"""Families and how they live: who is related to whom, what happens to them, what they carry."""
