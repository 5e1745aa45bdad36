"""Recognisers of personal data and secrets: each finds spans of one kind, in linear time."""
