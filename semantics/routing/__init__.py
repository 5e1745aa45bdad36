"""Routing: which tool a question is for, from its structure."""
