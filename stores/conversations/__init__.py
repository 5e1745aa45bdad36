"""Conversations: their checkpoints, their owners, and their end."""
