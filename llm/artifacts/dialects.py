"""Which SQL a source speaks: as it says itself, or as the intent names it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clearway.llm.artifacts.types import ArtifactRequest, Place

DEFAULT = "postgres"
DIALECTS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "pgvector": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "redshift": "redshift",
    "databricks": "databricks",
    "spark": "spark",
    "hive": "hive",
    "trino": "trino",
    "presto": "presto",
    "athena": "athena",
    "clickhouse": "clickhouse",
    "oracle": "oracle",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "tsql": "tsql",
    "teradata": "teradata",
}
"""How people call them -> how sqlglot does."""
SAYING = ("dialect", "type", "kind", "engine", "database", "system")


def dialect_of(request: ArtifactRequest) -> str:
    """Return what targets speak, else sources, else what the intent names, else Postgres."""
    for text in _said(request):
        for word in re.findall(r"[a-z]+", text.lower()):
            if word in DIALECTS:
                return DIALECTS[word]
    return DEFAULT


def _said(request: ArtifactRequest) -> Iterator[str]:
    places: list[Place] = [*request.targets, *request.sources]
    for place in places:
        if isinstance(place, dict):
            yield from (str(place[key]) for key in SAYING if isinstance(place.get(key), str))
    yield request.intent
    yield from (place for place in places if isinstance(place, str))
