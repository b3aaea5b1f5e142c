"""Commands of the vault side; the portal never imports them."""
