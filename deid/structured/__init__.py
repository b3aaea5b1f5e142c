"""Columnar treatments: pseudonyms, date shifts, generalisation, rare values, as DuckDB SQL."""
