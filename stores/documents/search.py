"""Documents in Postgres, as one principal sees them: searched under row level security.

The identity is set for the transaction only, the pool works as `clearway_app`, and that role can
read nothing its policies hide: neither passages nor postings nor counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from clearway.identity import Principal
from clearway.stores.documents.hits import FRESH, HITS, hit_of, narrowed
from clearway.stores.documents.nearest import Nearest
from clearway.stores.documents.session import as_principal
from clearway.tools.docs.ingesting.index import SCALE, Count, weights
from clearway.tools.docs.ingesting.prune import probes
from clearway.tools.docs.ports import Lexical
from clearway.tools.docs.types import Defined, Filters, Hit
from clearway.tools.docs.words.terms import term_key

CANDIDATES = 200
"""Passages whose score is finished; what is returned is the best of them."""

# One row at least: how many documents there are is told though none holds a term.
_COUNTS = """
with seen as (
    select id, documents from doc_class where %(all)s or collection = any(%(collections)s)
)
select total.documents as total, stat.term, stat.class_id, stat.documents, stat.chunks
from (select coalesce(sum(documents), 0)::integer as documents from seen) as total
left join doc_stat as stat on stat.term = any(%(terms)s) and stat.class_id in (select id from seen)
"""
_CANDIDATES = """
with probe as (
    select * from unnest(%(terms)s::bigint[], %(classes)s::integer[], %(limits)s::integer[],
        %(weights)s::real[], %(read_whole)s::boolean[]
    ) as probe(term, class_id, most, weight, whole)
),
candidate as (
    select best.chunk_id, sum(best.impact * probe.weight) as score,
        coalesce(sum(best.impact * probe.weight) filter (where probe.whole), 0) as sure
    from probe
    cross join lateral (
        select posting.chunk_id, posting.impact
        from doc_posting as posting {fresh_posting}
        where posting.term = probe.term and posting.class_id = probe.class_id {fresh}
        order by posting.impact desc
        limit probe.most
    ) as best
    group by best.chunk_id
    order by score desc, best.chunk_id
    limit %(candidates)s
),
scored as (
    {scored}
)
"""
_WHOLE = "select chunk_id, score from candidate order by score desc, chunk_id limit %(limit)s"
# What was read in full is summed already: only the terms read in part are looked up.
_FINISHED = """
    select candidate.chunk_id, candidate.sure + coalesce((
        select sum(held.impacts[array_position(held.terms, asked.term)] * asked.weight)
        from unnest(%(asked)s::bigint[], %(asked_weights)s::real[]) as asked(term, weight)
    ), 0) as score
    from candidate
    join doc_terms as held on held.chunk_id = candidate.chunk_id
    order by score desc, candidate.chunk_id
    limit %(limit)s
"""
_FRESH_POSTING = """
        join doc_chunk as fresh_chunk on fresh_chunk.id = posting.chunk_id
        join doc_document as fresh on fresh.id = fresh_chunk.document_id
"""
_THESE = "with scored as (select unnest(%(ids)s::integer[]) as chunk_id, 0::real as score)"
_DEFINITIONS = """
select defined.name, defined.term, defined.meaning, defined.quote,
    chunk.id as chunk_id, chunk.document_id, document.label, document.title, class.collection,
    chunk.section, chunk.body as text, chunk.line, chunk.end_line, chunk.page,
    document.modified_at, 0::double precision as score
from doc_definition as defined
join doc_chunk as chunk on chunk.id = defined.chunk_id
join doc_document as document on document.id = chunk.document_id
join doc_class as class on class.id = chunk.class_id
where defined.name = any(%(names)s)
order by array_position(%(names)s, defined.name) desc, document.modified_at desc, chunk.id
limit 20
"""
_DEFINED = """
select name, term, meaning, quote from doc_definition where name = any(%s)
order by chunk_id, name, term limit 20
"""
_COLLECTIONS = "select distinct collection from doc_class where chunks > 0 order by collection"


class PostgresDocuments:
    """Implements `DocumentReader`."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[DictRow]]) -> None:
        """`pool` works as `clearway_app`."""
        self._pool = pool
        self._nearest = Nearest()

    async def by_words(
        self,
        words: Mapping[str, float],
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
        names: Sequence[str] = (),
    ) -> Lexical:
        """Return the passages that score best; the terms nobody may see weigh as if absent."""
        keys = {word: term_key(word) for word in words}
        asked = {**narrowed(filters), "terms": list(keys.values())}
        async with as_principal(self._pool, principal, timeout_s) as connection:
            # Sent together: the second is not waited for before the first is answered.
            counting = await connection.execute(_COUNTS, asked)
            defining = await connection.execute(_DEFINED, [list(names)]) if names else None
            rows = await counting.fetchall()
            defined = await defining.fetchall() if defining else []
            held = [row for row in rows if row["term"] is not None]
            counts = {(row["term"], row["class_id"]): _count(row) for row in held}
            told = weights(keys, _summed(counts), rows[0]["total"])
            by_key = {keys[word]: weight * words[word] for word, weight in told.items()}
            hits = await self._best(connection, counts, by_key, filters, limit) if counts else ()
        return Lexical(hits=hits, weights=told, defined=tuple(Defined(**row) for row in defined))

    async def by_meaning(
        self,
        vector: Sequence[float],
        model_id: str,
        principal: Principal,
        filters: Filters,
        *,
        limit: int,
        timeout_s: float,
    ) -> tuple[Hit, ...]:
        """Return the nearest passages; see `Nearest`."""
        async with as_principal(self._pool, principal, timeout_s) as connection:
            return await self._nearest.find(connection, vector, model_id, filters, limit)

    async def passages(
        self, ids: Sequence[int], principal: Principal, *, timeout_s: float
    ) -> tuple[Hit, ...]:
        """Return those of these passages the principal may see now."""
        async with as_principal(self._pool, principal, timeout_s) as connection:
            values = {"ids": list(ids), "limit": len(ids)}
            cursor = await connection.execute(_THESE + HITS, values)
            return tuple(hit_of(row) for row in await cursor.fetchall())

    async def definitions(
        self, names: Sequence[str], principal: Principal, *, timeout_s: float
    ) -> tuple[tuple[Defined, Hit], ...]:
        """Return at most 20 definitions of these names, the last named first."""
        async with as_principal(self._pool, principal, timeout_s) as connection:
            cursor = await connection.execute(_DEFINITIONS, {"names": list(names)})
            rows = await cursor.fetchall()
        fields = ("name", "term", "meaning", "quote")
        return tuple(
            (
                Defined(**{name: row[name] for name in fields}),
                hit_of({name: value for name, value in row.items() if name not in fields}),
            )
            for row in rows
        )

    async def collections(self, principal: Principal) -> tuple[str, ...]:
        """Return the names of the collections the principal may see something of."""
        async with as_principal(self._pool, principal, 5.0) as connection:
            cursor = await connection.execute(_COLLECTIONS)
            return tuple(row["collection"] for row in await cursor.fetchall())

    async def _best(
        self,
        connection: AsyncConnection[DictRow],
        counts: Mapping[tuple[int, int], Count],
        by_key: Mapping[int, float],
        filters: Filters,
        limit: int,
    ) -> tuple[Hit, ...]:
        found, whole = probes(counts, by_key)
        partly = dict.fromkeys(probe.term for probe in found if not probe.whole)
        fresh = filters.since is not None
        query = sql.SQL(_CANDIDATES + HITS).format(
            fresh_posting=sql.SQL(_FRESH_POSTING if fresh else ""),
            fresh=sql.SQL(FRESH if fresh else ""),
            scored=sql.SQL(_WHOLE if whole else _FINISHED),
        )
        values = {
            "terms": [probe.term for probe in found],
            "classes": [probe.class_id for probe in found],
            "limits": [probe.limit for probe in found],
            "weights": [probe.weight / SCALE for probe in found],
            "read_whole": [probe.whole for probe in found],
            "asked": list(partly),
            "asked_weights": [by_key[term] / SCALE for term in partly],
            "candidates": max(CANDIDATES, limit),
            "limit": limit,
            "since": filters.since,
        }
        cursor = await connection.execute(query, values)
        return tuple(hit_of(row) for row in await cursor.fetchall())


def _count(row: DictRow) -> Count:
    return Count(documents=row["documents"], chunks=row["chunks"])


def _summed(counts: Mapping[tuple[int, int], Count]) -> dict[int, Count]:
    total: dict[int, Count] = {}
    for (term, _), count in counts.items():
        before = total.get(term, Count(documents=0, chunks=0))
        total[term] = Count(
            documents=before.documents + count.documents, chunks=before.chunks + count.chunks
        )
    return total
