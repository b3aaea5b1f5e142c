"""What goes out of the vault identified: to another system of the same house, never to research."""
