"""Who brings what: the ids of the same things, and nothing that is only called alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.links import Links
from clearway.tools.rest.declared.registry import load_registry

pytestmark = pytest.mark.unit


def _links(folder: Path, replies: dict[str, dict[str, str]]) -> Links:
    """Return the links of operations by path; a reply is a list under `items`, or one thing."""
    paths = {path: {"get": _read(path, names)} for path, names in replies.items()}
    document = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths}
    (folder / "shop.json").write_text(json.dumps(document), "utf-8")
    (folder / "services.yaml").write_text(
        "version: 1\nservices:\n  shop:\n    openapi: shop.json\n"
        "    base_url: https://shop.example.com\n",
        "utf-8",
    )
    return Links(load_registry(folder / "services.yaml"))


def _read(path: str, names: dict[str, str]) -> dict[str, object]:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in names.items()},
    }
    taken = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if not path.endswith("}"):
        schema = {"type": "object", "properties": {"items": {"type": "array", "items": schema}}}
    return {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in taken
        ],
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": schema}}}
        },
    }


def test_what_a_list_keeps_under_items_is_what_it_lists(tmp_path: Path) -> None:
    links = _links(
        tmp_path,
        {
            "/depots": {"id": "string", "city": "string"},
            "/depots/{depotId}": {"id": "string", "city": "string"},
            "/items": {"id": "string", "sku": "string"},
            "/items/{sku}": {"sku": "string", "weight": "number"},
        },
    )

    assert [(each.operation.path, each.path) for each in links.bringing("shop", "item")] == [
        ("/items", "items[].sku")
    ]
    assert [each.operation.path for each in links.bringing("shop", "depot")] == ["/depots"]


def test_a_list_of_things_with_their_own_ids_is_about_them(tmp_path: Path) -> None:
    links = _links(
        tmp_path,
        {
            "/trips": {"trip_id": "string", "driver_id": "string"},
            "/trips/{trip_id}": {"trip_id": "string"},
            "/drivers/{driver_id}": {"driver_id": "string"},
        },
    )

    brought = [*links.by_kind["shop", stem("trip")], *links.by_kind["shop", stem("driver")]]
    aside = {each.path: each.aside for each in brought if each.operation.path == "/trips"}
    assert aside == {"items[].trip_id": False, "items[].driver_id": True}
