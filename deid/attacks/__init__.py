"""Attacks on a release, carried out and counted; each module documents its attacker."""
