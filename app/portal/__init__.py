"""The Flask portal. It reads releases and the portal database, never the vault or a key."""
