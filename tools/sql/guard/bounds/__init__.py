"""How many rows, how large values and how long patterns a statement can make."""
