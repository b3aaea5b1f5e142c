"""The worker: carries out jobs that need keys, outside the portal."""
