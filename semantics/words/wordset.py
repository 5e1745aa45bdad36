"""Word lists written as text, so that a list of fifty words reads as one."""

from __future__ import annotations


def wordset(text: str) -> frozenset[str]:
    """Return the blank-separated words of a text."""
    return frozenset(text.split())
