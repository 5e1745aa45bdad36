"""The second reader: Postgres's own grammar, and the proof that what runs is what was read."""
