"""Schemas within a prompt: where they stand, and the same in short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

TABLE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unlogged|external)\s+)?table\s+"
    r"(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]{1,200})\s*\(",
    re.IGNORECASE,
)
COMMENT_ON = re.compile(r"\bcomment\s+on\s+(?:table|column)\b[^;]{0,5000};", re.IGNORECASE)
NOTE = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
COLUMN = re.compile(r"([\"`\[]?[\w ]+?[\"`\]]?)\s+([a-zA-Z_]\w*(?:\s*\([\d\s,]*\))?)")
REFERENCE = re.compile(r"\breferences\s+([\w.\"`]+\s*(?:\([^)]*\))?)", re.IGNORECASE)
RULES = ("constraint", "check", "unique", "index", "exclude", "like")
KEYS = ("primary", "foreign", "key")
DOCUMENT = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
SCHEMA_WORDS = frozenset({"properties", "columns", "fields", "tables", "$schema"})
TOLD_ASIDE = frozenset(
    {"description", "comment", "comments", "title", "examples", "example", "sample", "samples"}
    | {"sample_data", "sample_values", "default", "$comment"}
)
MOST_DOCUMENTS = 1_000
"""How many beginnings of one are looked at."""


@dataclass(frozen=True)
class Schema:
    """One schema in a text, and how it reads in short."""

    start: int
    end: int
    short: str


def schemas(text: str) -> list[Schema]:
    """Return the schemas of a text in their order: CREATE TABLE, COMMENT ON, and JSON with fields.

    In short a table is its columns with their types and keys; a document lacks what is told aside.
    """
    found = [*_tables(text), *_documents(text)]
    found += [Schema(match.start(), match.end(), "") for match in COMMENT_ON.finditer(text)]
    apart: list[Schema] = []
    for each in sorted(found, key=lambda schema: schema.start):
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
    return apart


def in_short(text: str) -> str:
    """Return the text with every schema in short; what is no schema stays as it is."""
    parts, at = [], 0
    for schema in schemas(text):
        whole = text[schema.start : schema.end]
        parts += [text[at : schema.start], min(schema.short, whole, key=len)]
        at = schema.end
    return "".join([*parts, text[at:]])


def _tables(text: str) -> Iterator[Schema]:
    at = 0
    while match := TABLE.search(text, at):
        end = _closing(text, match.end())
        if end is None:
            return  # nothing after it would be told apart from it
        columns = map(_column, _parted(NOTE.sub(" ", text[match.end() : end])))
        short = f"{match[1]}({', '.join(filter(None, columns))})"
        yield Schema(match.start(), end + 1, short)
        at = end + 1


def _column(definition: str) -> str:
    words = " ".join(definition.split())
    first = words.partition(" ")[0].lower().partition("(")[0]
    if first in RULES:
        return ""
    match = COLUMN.match(words)
    if first in KEYS or match is None:
        return words
    key = " primary key" if "primary key" in words.lower() else ""
    points = REFERENCE.search(words)
    return f"{match[1]} {match[2]}{key}{f' references {points[1]}' if points else ''}"


def _closing(text: str, at: int) -> int | None:
    """Return where the bracket closes that was opened before `at`; None where it does not."""
    depth, quote = 1, ""
    for place in range(at, len(text)):
        sign = text[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if not depth:
                return place
    return None


def _parted(body: str) -> list[str]:
    """Return what commas part outside of brackets and quotes."""
    parts, depth, quote, begun = [], 0, "", 0
    for place, sign in enumerate(body):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and not depth:
            parts.append(body[begun:place])
            begun = place + 1
    return [*parts, body[begun:]]


def _documents(text: str) -> Iterator[Schema]:
    decoder, after = json.JSONDecoder(), 0
    for match in islice(DOCUMENT.finditer(text), MOST_DOCUMENTS):
        if match.end() < after:
            continue
        try:
            document, after = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        if _is_schema(document):
            short = json.dumps(_bare(document), ensure_ascii=False, separators=(",", ":"))
            yield Schema(match.end(), after, short)


def _is_schema(document: object) -> bool:
    if isinstance(document, dict):
        return not SCHEMA_WORDS.isdisjoint(document) or any(map(_is_schema, document.values()))
    return isinstance(document, list) and any(map(_is_schema, document))


def _bare(document: object, *, names: bool = False) -> object:
    """Return the document without what is told aside; under `properties` every key is a name."""
    if isinstance(document, dict):
        return {
            key: _bare(value, names=key == "properties" and not names)
            for key, value in document.items()
            if names or key not in TOLD_ASIDE
        }
    return [_bare(each) for each in document] if isinstance(document, list) else document
