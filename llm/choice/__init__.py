"""Choosing: what kind of task it is, which providers may do it, and which does it best."""
