"""Writes the checked tree: what has no writer here cannot be written."""
