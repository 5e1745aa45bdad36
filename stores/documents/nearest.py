"""The passages nearest to a vector, of those the transaction's principal may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow

from clearway.errors import ConfigurationError
from clearway.stores.documents.hits import FRESH, HITS, hit_of, narrowed
from clearway.stores.documents.session import SET
from clearway.tools.docs.types import Filters, Hit

SCANNED_FIRST = 40
"""Entries an index scan goes through at a time; more are read until enough pass the filters."""
EXACT_MOST = 5_000
"""Passages whose vectors are compared one by one: faster than an index that must pass over most of
what it finds, and exact."""
LONGEST_INDEXED = 4_000
"""Dimensions; vectors of more are always compared one by one."""

_SOUGHT = """
select coalesce(sum(chunks), 0)::integer as chunks from doc_class
where %(all)s or collection = any(%(collections)s)
"""
_FRESH_SOUGHT = """
select coalesce(sum(fresh.chunk_count), 0)::integer as chunks
from doc_document as fresh
where fresh.modified_at >= %(since)s and fresh.class_id in (
    select id from doc_class where %(all)s or collection = any(%(collections)s)
)
"""
_FRESH_VECTOR = """
    join doc_chunk as fresh_chunk on fresh_chunk.id = near.chunk_id
    join doc_document as fresh on fresh.id = fresh_chunk.document_id
"""
_BY_INDEX = """
with scored as (
    select near.chunk_id, 1 - (near.vector::{type} <=> %(vector)s::{type}) as score
    from doc_vector as near {fresh_vector}
    where near.model_id = {model} and (%(all)s or near.class_id = any(
        select id from doc_class where collection = any(%(collections)s)
    )) {fresh}
    order by near.vector::{type} <=> %(vector)s::{type}
    limit %(limit)s
)
"""
# What is asked for is read first and put in order afterwards, so that no index decides its order.
_ONE_BY_ONE = """
with sought as materialized (
    select near.chunk_id, near.vector::{type} <=> %(vector)s::{type} as distance
    from doc_class as class
    join doc_vector as near on near.class_id = class.id {fresh_vector}
    where near.model_id = {model} and (%(all)s or class.collection = any(%(collections)s)) {fresh}
),
scored as (
    select chunk_id, 1 - distance as score from sought order by distance, chunk_id limit %(limit)s
)
"""
_PLACE = """
select extnamespace::regnamespace::text as place from pg_extension
where extname = 'vector' and to_regclass('clearway.doc_vector') is not null
"""
NO_VECTORS = (
    "This database keeps no vectors, so documents are searched by words only: install pgvector "
    "(0.8 or newer) on the server CLEARWAY_DATABASE_URL names, then run `clearway docs reembed`."
)


class Nearest:
    """Finds passages by vector; knows where pgvector is once it has been found."""

    def __init__(self) -> None:
        """Nothing is read before the first search."""
        self._place: str | None = None

    async def find(
        self,
        connection: AsyncConnection[DictRow],
        vector: Sequence[float],
        model_id: str,
        filters: Filters,
        limit: int,
    ) -> tuple[Hit, ...]:
        """Return the nearest passages; raise `ConfigurationError` where there is no pgvector.

        Where few pass the filters, each of them is compared. Else an index is read, on and on until
        enough pass; where even so too few came back, all of them are compared after all.
        """
        values = {**narrowed(filters), "vector": str(list(vector)), "limit": limit}
        fresh = filters.since is not None
        counting = await connection.execute(_FRESH_SOUGHT if fresh else _SOUGHT, values)
        await self._ready(connection, limit)
        row = await counting.fetchone()
        if row and row["chunks"] > EXACT_MOST and len(vector) <= LONGEST_INDEXED:
            query = _query(_BY_INDEX, f"halfvec({len(vector)})", model_id, fresh)
            found = await _hits(connection, query, values)
            if len(found) >= limit:
                return found
        query = _query(_ONE_BY_ONE, f"vector({len(vector)})", model_id, fresh)
        return await _hits(connection, query, values)

    async def _ready(self, connection: AsyncConnection[DictRow], limit: int) -> None:
        place = self._place = self._place or await _found(connection)
        settings = {
            "search_path": f"clearway, {place}, pg_catalog",
            "hnsw.iterative_scan": "relaxed_order",
            "hnsw.ef_search": str(max(SCANNED_FIRST, limit)),
        }
        await connection.execute(SET, [list(settings), list(settings.values())])


async def _found(connection: AsyncConnection[DictRow]) -> str:
    row = await (await connection.execute(_PLACE)).fetchone()
    if row is None:
        raise ConfigurationError(NO_VECTORS, variable="CLEARWAY_DATABASE_URL")
    return str(row["place"])


async def _hits(
    connection: AsyncConnection[DictRow], query: sql.Composed, values: Mapping[str, Any]
) -> tuple[Hit, ...]:
    cursor = await connection.execute(query, values)
    return tuple(hit_of(row) for row in await cursor.fetchall())


def _query(statement: str, kind: str, model_id: str, fresh: bool) -> sql.Composed:
    return sql.SQL(statement + HITS).format(
        type=sql.SQL(kind),
        model=sql.Literal(model_id),
        fresh_vector=sql.SQL(_FRESH_VECTOR if fresh else ""),
        fresh=sql.SQL(FRESH if fresh else ""),
    )
