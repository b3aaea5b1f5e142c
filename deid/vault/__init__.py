"""The vault: the identified store. Only the engine and its worker open it."""
