"""Where a question goes, from its structure: its Frame first, then the shape of its sentence."""

from __future__ import annotations

from clearway.semantics.frame import Frame
from clearway.semantics.rawsql import is_raw_sql
from clearway.semantics.types import Route


def route(text: str, frame: Frame) -> Route:
    """Return the tool, with confidence and runners-up; the same text always goes the same way."""
    if is_raw_sql(text):
        return Route(
            tool="sql", confidence=1.0, reason="The question is a SQL statement.", raw_sql=True
        )
    if frame.measures or frame.attributes or frame.everything or frame.subject:
        return Route(tool="sql", confidence=0.9, reason="It asks for what the catalog describes.")
    return Route(
        tool="none",
        confidence=0.8,
        reason="Nothing in it names data, a document or a service.",
        remedy="Ask for something the catalog has: `clearway catalog show` lists it.",
    )
