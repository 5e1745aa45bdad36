"""The SQL corpora of the repository, and the catalog they are about."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from clearway.identity import Principal
from clearway.semantics.types import Catalog, Column, Table

FOLDER = Path("tests") / "corpora" / "sql"
"""From the root of a checkout; the installed package does not carry the corpora."""

READER = Principal(user="corpus", tenant="acme")

RESOURCE = frozenset(
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
"""Categories whose effect is time or memory: the cost and time layers may stop them too."""


@cache
def entries(name: str, folder: Path = FOLDER) -> tuple[dict[str, Any], ...]:
    """Return the entries of `attacks` or `benign`, in file order."""
    return tuple(read_entries(folder / f"{name}.jsonl"))


def read_entries(path: Path) -> list[dict[str, Any]]:
    """Read a corpus, one JSON object a line; a name that ends in `.gz` is unpacked."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file.read().split("\n") if line]


def _column(name: str, type_: str, allowed: dict[str, Any]) -> Column:
    return Column(name=name, type=type_, values=tuple(allowed["enums"].get(type_, ())))


@cache
def corpus_catalog(folder: Path = FOLDER) -> Catalog:
    """Return what the corpora's reader may see; table sizes are not known."""
    allowed = json.loads((folder / "allowed.json").read_text(encoding="utf-8"))
    tables = []
    for qualified, columns in allowed["relations"].items():
        schema, name = qualified.split(".", 1)
        types = allowed["types"][qualified]
        tables.append(
            Table(
                schema=schema,
                name=name,
                kind=allowed["kinds"][qualified],
                columns=tuple(_column(column, types[column], allowed) for column in columns)
                + tuple(
                    Column(name=column, type=type_, allow=False)
                    for column, type_ in allowed["hidden"].get(qualified, {}).items()
                ),
            )
        )
    return Catalog(
        source_id="warehouse", default_schema=allowed["default_schema"], tables=tuple(tables)
    )
