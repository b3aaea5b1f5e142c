"""Scrubbing of notes in files: in order, in parallel, resumable, with evidence of what was done."""
