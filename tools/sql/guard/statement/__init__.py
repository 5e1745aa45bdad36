"""A statement as it is read: its text, its names at each place, and the kinds of its values."""
