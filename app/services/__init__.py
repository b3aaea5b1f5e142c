"""Use cases of the portal: plain functions over the portal database and releases."""
