"""Resolving: from a Sketch to a Frame, every name with its table and column."""
