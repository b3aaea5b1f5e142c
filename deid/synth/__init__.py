"""Synthetic residents for demonstration and tests."""
