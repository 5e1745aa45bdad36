"""Reading what a model wrote: one JSON object with the parts, or fenced blocks; never a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clearway.llm.artifacts.types import Part

WRITTEN: tuple[Part, ...] = ("sql", "code", "yaml", "explanation")
KNOWN = frozenset({*WRITTEN, "pipeline"})
WRAPPERS = ("artifacts", "result", "response", "output", "answer")
MAX_OBJECTS = 20
BLOCK = re.compile(r"^```([A-Za-z]{1,12})[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
WHOLE = re.compile(r"\A\s*```[A-Za-z]{0,12}[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)
LANGUAGES: Mapping[str, Part] = {
    "sql": "sql",
    "python": "code",
    "py": "code",
    "yaml": "yaml",
    "yml": "yaml",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a model says it made, not parsed yet."""

    pipeline: Mapping[str, Any] | None = None
    written: Mapping[Part, str]
    stated: float | None = None
    """How sure the model says it is, 0 to 1."""


def read_draft(text: str) -> Draft:
    """Return the parts of a reply; ValueError where there are none, or several of one kind."""
    found = [each for each in map(_unwrapped, _objects(text)) if each is not None]
    if len(found) > 1 and any(other != found[0] for other in found[1:]):
        raise ValueError("there are several answers in it; give one JSON object")
    return _of_object(found[0]) if found else _of_blocks(text)


def _of_object(value: Mapping[str, Any]) -> Draft:
    pipeline = value.get("pipeline")
    if pipeline is not None and not isinstance(pipeline, dict):
        raise ValueError("`pipeline` is no object")
    written: dict[Part, str] = {}
    for part in WRITTEN:
        said = value.get(part)
        if said is not None and not isinstance(said, str):
            raise ValueError(f"`{part}` is no text")
        if said and said.strip():
            fenced = WHOLE.match(said)
            written[part] = fenced[1] if fenced else said
    return Draft(pipeline=pipeline or None, written=written, stated=_share(value.get("confidence")))


def _of_blocks(text: str) -> Draft:
    written: dict[Part, str] = {}
    for language, body in BLOCK.findall(text):
        part = LANGUAGES.get(language.lower())
        if part is None:
            continue
        if part in written:
            raise ValueError(f"there are several {language} blocks in it; give one JSON object")
        written[part] = body
    if not written:
        raise ValueError("there is no JSON object with artifacts in it")
    return Draft(written=written)


def _share(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _unwrapped(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, dict):
        return None
    if not KNOWN.isdisjoint(value):
        return value
    inside = next((value[key] for key in WRAPPERS if isinstance(value.get(key), dict)), None)
    if inside is None or KNOWN.isdisjoint(inside):
        return None
    return {"confidence": value.get("confidence"), **inside}


def _objects(text: str) -> Iterator[object]:
    decoder, at = json.JSONDecoder(strict=False), text.find("{")
    for _ in range(MAX_OBJECTS):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)
