"""The shipped policies, as TOML files."""
