"""A generation as text, for stores that keep text."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from clearway.llm.ports import Generation

_GENERATION = TypeAdapter(Generation)


def written(generation: Generation) -> str:
    """Return it as JSON."""
    return _GENERATION.dump_json(generation).decode()


def read(text: str | bytes | None) -> Generation | None:
    """Return it again; None for what is no generation, or one of another version's form."""
    if text is None:
        return None
    try:
        return _GENERATION.validate_json(text)
    except ValidationError:
        return None
