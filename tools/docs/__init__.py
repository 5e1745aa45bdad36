"""Documents: read them, keep them searchable, answer from them with citations."""
