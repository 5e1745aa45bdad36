"""Tokens of a text for a model, counted or estimated without a network."""
