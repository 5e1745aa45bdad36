"""SQL: check a statement, prove it against the database, run it as a bounded read."""
