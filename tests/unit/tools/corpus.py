"""The SQL corpora and the catalog they are about."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from clearway.identity import Principal
from clearway.semantics.types import Catalog, Column, Table

FOLDER = Path(__file__).parents[2] / "corpora" / "sql"
READER = Principal(user="corpus", tenant="acme")

IN_BOUNDS = frozenset(
    {
        "limits",
        "resource_doubling",
        "resource_joins",
        "resource_nesting",
        "resource_planning",
        "resource_recursion",
        "resource_regex",
        "resource_series",
        "resource_sorting",
        "resource_values",
    }
)
"""Categories whose effect is time or memory: cost and time layers may stop them too."""


@cache
def entries(name: str) -> tuple[dict[str, Any], ...]:
    """Return `attacks` or `benign`, in file order."""
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.split("\n") if line)


@cache
def corpus_catalog() -> Catalog:
    """Return what the corpora's reader may see; sizes are not known."""
    allowed = json.loads((FOLDER / "allowed.json").read_text(encoding="utf-8"))
    tables = []
    for qualified, columns in allowed["relations"].items():
        schema, name = qualified.split(".", 1)
        types = allowed["types"][qualified]
        tables.append(
            Table(
                schema=schema,
                name=name,
                kind=allowed["kinds"][qualified],
                columns=tuple(Column(name=column, type=types[column]) for column in columns),
            )
        )
    return Catalog(
        source_id="warehouse", default_schema=allowed["default_schema"], tables=tuple(tables)
    )
