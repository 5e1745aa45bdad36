"""The Catalog's version, and its JSON form on disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from clearway.semantics.plainform import from_plain, to_plain
from clearway.semantics.types import Catalog

CATALOG_VERSION = 1


def stamped(catalog: Catalog) -> Catalog:
    """Return the catalog with `version` set to a hash of all it says."""
    plain = to_plain(replace(catalog, version=""))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return replace(catalog, version=hashlib.sha256(text.encode()).hexdigest()[:16])


def to_json(catalog: Catalog) -> dict[str, Any]:
    """Return the catalog JSON-plain, for keeping on disk."""
    return {"schema_version": CATALOG_VERSION, "catalog": to_plain(catalog)}


def from_json(plain: dict[str, Any]) -> Catalog:
    """Return the catalog `to_json` was made from; ValueError for another schema version."""
    if plain.get("schema_version") != CATALOG_VERSION:
        raise ValueError(f"a catalog of version {plain.get('schema_version')} cannot be read")
    return from_plain(Catalog, plain["catalog"])
