"""A large OpenAPI document nobody wrote, and questions about it, for timings of plans."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

_NOUNS = [
    "payment",
    "customer",
    "order",
    "invoice",
    "refund",
    "shipment",
    "product",
    "cart",
    "coupon",
    "subscription",
    "plan",
    "account",
    "team",
    "member",
    "project",
    "task",
    "comment",
    "file",
    "folder",
    "webhook",
    "event",
    "session",
    "token",
    "device",
    "location",
    "warehouse",
    "vendor",
    "contract",
    "ticket",
    "message",
    "channel",
    "report",
]
_PARTS = 9
"""Kinds of things each thing has: 32 things of 10 lists and 10 details make 640 operations."""
_FORMS = (
    "list failed {0}s",
    "show the {1}s of {0} 42",
    "which {0}s does customer Anna Smith have",
    "get {0} 17 details with its {1} status",
    "who is the {0} of the latest {1}s in {2} Alpha",
    "how many open {1}s and {2}s are there for {0} Acme Corp",
)


def large_document(seed: int = 1) -> dict[str, Any]:
    """Return a document in which everything lists, and details, ten kinds of things."""
    source = random.Random(seed)
    paths: dict[str, Any] = {}
    for whole in _NOUNS:
        for part in ("", *source.sample(_NOUNS, _PARTS)):
            thing = part or whole
            base = f"/{whole}s/{{{whole}_id}}/{part}s" if part else f"/{whole}s"
            above = [_given(f"{whole}_id")] if part else []
            reply = _thing(thing, source.choice(_NOUNS))
            listed = {"type": "object", "properties": {"items": {"type": "array", "items": reply}}}
            said = f"List {thing}s of a {whole}" if part else f"List {thing}s"
            asked = [
                {"name": "query", "in": "query", "schema": {"type": "string"}},
                {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                {"name": "status", "in": "query", "schema": {"enum": ["failed", "open"]}},
            ]
            paths[base] = _get(f"list_{whole}_{thing}", said, [*above, *asked], listed)
            one = [*above, _given(f"{thing}_key")]
            paths[f"{base}/{{{thing}_key}}"] = _get(
                f"get_{whole}_{thing}", f"Get a {thing}", one, reply
            )
    return {"openapi": "3.0.0", "info": {"title": "Large", "version": "1"}, "paths": paths}


def large_questions(count: int, seed: int = 2) -> Iterator[str]:
    """Yield distinct questions about it, as the same seed gives them."""
    source = random.Random(seed)
    asked: dict[str, None] = {}
    while len(asked) < count:
        asked[source.choice(_FORMS).format(*source.sample(_NOUNS, 3))] = None
    yield from asked


def _given(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}


def _thing(name: str, other: str) -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    fields = {"id": number, "name": text, f"{name}_status": text, f"{other}_id": number}
    return {"type": "object", "properties": fields}


def _get(name: str, said: str, asked: list[Any], reply: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": reply}}
    about = f"{said}. Filter by status and sort them. Returns objects with their details."
    return {
        "get": {
            "operationId": name, "summary": said, "description": about, "parameters": asked,
            "responses": {"200": {"description": "ok", "content": content}},
        }
    }  # fmt: skip
