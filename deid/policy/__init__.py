"""De-identification policies: one treatment for every table and column, as data."""
