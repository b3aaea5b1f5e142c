"""Data that policies rest on: kinds of columns, and sources that they cite."""
