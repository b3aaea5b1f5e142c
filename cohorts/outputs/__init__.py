"""Results that are to leave a workspace: which files may, how they travel, what is checked."""
