"""Evidence: a statement held against its question, and what may be believed of it."""
