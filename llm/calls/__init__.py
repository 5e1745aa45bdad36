"""Calling: one route, one attempt; what can go wrong with it, and what that means."""
