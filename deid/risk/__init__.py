"""Measures the risk of a release on its own output, and decides whether it may be published."""
