"""What a reply holds, flattened: `results[].id`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clearway.tools.rest.declared.json_schema import target
from clearway.tools.rest.declared.types import Returned, Schema

DEEPEST = 5
MOST = 300


def properties(schema: Schema) -> Iterator[Returned]:
    """Yield the properties of a reply, outer ones first; bounded, whatever refers to what."""
    waiting: list[tuple[str, Schema, int]] = [("", schema, 0)]
    count = 0
    while waiting and count < MOST:
        prefix, node, depth = waiting.pop(0)
        for path, child in _children(prefix, node, schema):
            if count >= MOST:
                return
            found = target(child, schema)
            count += 1
            yield Returned(
                path=path,
                type=type_of(found),
                description=str(child.get("description") or found.get("description") or ""),
            )
            if depth < DEEPEST:
                waiting.append((path, found, depth + 1))


def type_of(schema: Schema) -> str:
    """Return the one type a schema speaks of, or an empty text."""
    said: Any = schema.get("type", "")
    if isinstance(said, list):
        kinds = [each for each in said if each != "null"]
        said = kinds[0] if len(kinds) == 1 else ""
    if not said and "properties" in schema:
        return "object"
    return str(said)


def _children(prefix: str, node: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    node = target(node, root)
    if "items" in node and isinstance(node["items"], dict):
        yield from _children(f"{prefix}[]", node["items"], root)
        return
    for name, child in (node.get("properties") or {}).items():
        if isinstance(child, dict):
            yield f"{prefix}.{name}" if prefix else str(name), child
    for key in ("allOf", "oneOf", "anyOf"):
        for part in node.get(key) or ():
            if isinstance(part, dict) and ("properties" in part or "$ref" in part):
                yield from _once(prefix, part, root)


def _once(prefix: str, part: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the properties of one part of a combination, without following it further."""
    for name, child in (target(part, root).get("properties") or {}).items():
        if isinstance(child, dict):
            yield f"{prefix}.{name}" if prefix else str(name), child
