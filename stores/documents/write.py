"""Documents in Postgres, as administrators keep them: added, replaced and removed as the owner."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import connect, store_errors
from clearway.tools.docs.ingesting.index import Posted, posted
from clearway.tools.docs.types import Access, Document, Listed

VARIABLE = "CLEARWAY_DATABASE_URL"
_LOCK = 0x646F6373  # "docs"; one writer at a time, so that counts are never waited for in a circle

_CLASS = """
insert into doc_class (tenant, collection, acl) values (%s, %s, %s)
on conflict (tenant, collection, acl) do update set acl = excluded.acl
returning id
"""
_HELD = """
select document.id from doc_document as document
join doc_class as class on class.id = document.class_id
where document.path = any(%s) and class.tenant = %s and class.collection = %s
"""
_KEPT = """
select document.id, document.path, document.label, document.title, class.collection, class.acl,
    document.content_hash, document.size_bytes, document.chunk_count, document.modified_at
from doc_document as document
join doc_class as class on class.id = document.class_id
where class.tenant = %(tenant)s
    and (%(collection)s::text is null or class.collection = %(collection)s)
order by class.collection, document.path
"""
_GONE = """
from doc_chunk as chunk
join doc_terms as held on held.chunk_id = chunk.id
cross join unnest(held.terms, held.impacts) as each(term, impact)
where chunk.document_id = any(%(ids)s)
"""
# `offset 0` keeps each posting a look-up by the whole key: joined freely, Postgres looks them up by
# term and impact, and reads all passages of a common word for each.
_DROP_POSTINGS = f"""
delete from doc_posting where ctid = any(array(
    select posting.place
    from (select held.chunk_id, held.class_id, each.term, each.impact {_GONE}) as gone
    cross join lateral (
        select at.ctid as place from doc_posting as at
        where at.term = gone.term and at.class_id = gone.class_id
            and at.impact = gone.impact and at.chunk_id = gone.chunk_id
        offset 0
    ) as posting
))
"""
_DROP_COUNTS = f"""
update doc_stat as stat
set documents = stat.documents - gone.documents, chunks = stat.chunks - gone.chunks
from (
    select each.term, held.class_id, count(distinct chunk.document_id) as documents,
        count(*) as chunks
    {_GONE}
    group by each.term, held.class_id
) as gone
where stat.term = gone.term and stat.class_id = gone.class_id
"""
_DROP_EMPTY_COUNTS = f"""
delete from doc_stat as stat
using (select distinct each.term, held.class_id {_GONE}) as gone
where stat.term = gone.term and stat.class_id = gone.class_id and stat.chunks <= 0
"""
_DROP_TOTALS = """
update doc_class as class
set documents = class.documents - gone.documents, chunks = class.chunks - gone.chunks
from (
    select class_id, count(*) as documents, sum(chunk_count) as chunks
    from doc_document where id = any(%(ids)s) group by class_id
) as gone
where class.id = gone.class_id
"""
_DROP = "delete from doc_document where id = any(%(ids)s)"
_DOCUMENT = """
insert into doc_document (
    class_id, path, label, title, content_hash, size_bytes, modified_at, chunk_count
) values (%s, %s, %s, %s, %s, %s, %s, %s)
returning id
"""
_CHUNK_IDS = """
select nextval(pg_get_serial_sequence('clearway.doc_chunk', 'id'))::integer as id
from generate_series(1, %s)
"""
_COUNTS = """
insert into doc_stat as stat (term, class_id, documents, chunks)
select * from unnest(%s::bigint[], %s::integer[], %s::integer[], %s::integer[])
on conflict (term, class_id) do update
set documents = stat.documents + excluded.documents, chunks = stat.chunks + excluded.chunks
"""
_TOTALS = "update doc_class set documents = documents + %s, chunks = chunks + %s where id = %s"
_TIDY = "vacuum (analyze) doc_class, doc_document, doc_chunk, doc_terms, doc_posting, doc_stat"
_COPY_CHUNKS = (
    "copy doc_chunk (id, class_id, document_id, ordinal, section, line, end_line, page, "
    "first_lines, last_lines, body) from stdin"
)
_COPY_TERMS = "copy doc_terms (chunk_id, class_id, terms, impacts) from stdin"
_COPY_DEFINITIONS = (
    "copy doc_definition (class_id, chunk_id, name, term, meaning, quote) from stdin"
)
_COPY_POSTINGS = "copy doc_posting (term, class_id, impact, chunk_id) from stdin"


class DocumentKeeper:
    """Implements `DocumentWriter`. Its connection is the owner's; nothing is hidden from it."""

    def __init__(self, connection: AsyncConnection[DictRow]) -> None:
        """`connection` is in autocommit mode and used by nobody else."""
        self._connection = connection

    async def kept(self, tenant: str, collection: str | None = None) -> list[Listed]:
        """Return what is kept, by collection and path."""
        with store_errors("list the documents"):
            cursor = await self._connection.execute(
                _KEPT, {"tenant": tenant, "collection": collection}
            )
            rows = await cursor.fetchall()
        return [Listed(**{**row, "acl": tuple(row["acl"])}) for row in rows]

    async def put(self, documents: Sequence[Document]) -> None:
        """Keep the documents together, in place of what their paths held; all or none."""
        entries = [(document, posted(document)) for document in documents]
        async with self._alone("keep documents") as connection:
            await self._replace(documents)
            classes = {access: await self._class(access) for access in _accesses(documents)}
            rows: list[tuple[int, int, Document, list[Posted]]] = []
            for document, index in entries:
                class_id = classes[document.access]
                document_id = await _inserted(connection, class_id, document)
                rows.append((class_id, document_id, document, index))
            await _copied(connection, rows)
            await _counted(connection, rows)

    async def drop(self, ids: Sequence[int]) -> int:
        """Remove documents with all that was derived from them; return how many there were."""
        if not ids:
            return 0
        async with self._alone("remove documents"):
            return await self._drop(list(ids))

    async def tidy(self) -> None:
        """Let Postgres see what was added: index-only scans and estimates depend on it."""
        with store_errors("tidy the documents"):
            await self._connection.execute(_TIDY)

    async def _replace(self, documents: Sequence[Document]) -> None:
        places: dict[tuple[str, str], list[str]] = defaultdict(list)
        for document in documents:
            access = document.access
            places[access.tenant, access.collection].append(document.path)
        for (tenant, collection), paths in places.items():
            cursor = await self._connection.execute(_HELD, [paths, tenant, collection])
            if ids := [row["id"] for row in await cursor.fetchall()]:
                await self._drop(ids)

    async def _drop(self, ids: list[int]) -> int:
        for statement in (
            _DROP_POSTINGS, _DROP_COUNTS, _DROP_EMPTY_COUNTS, _DROP_TOTALS,
        ):  # fmt: skip
            await self._connection.execute(statement, {"ids": ids})
        return (await self._connection.execute(_DROP, {"ids": ids})).rowcount

    async def _class(self, access: Access) -> int:
        values = [access.tenant, access.collection, sorted(access.acl)]
        row = await (await self._connection.execute(_CLASS, values)).fetchone()
        return int(row["id"]) if row else 0

    @asynccontextmanager
    async def _alone(self, doing: str) -> AsyncIterator[AsyncConnection[DictRow]]:
        with store_errors(doing):
            async with self._connection.transaction():
                await self._connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
                yield self._connection


@asynccontextmanager
async def open_keeper(owner: str) -> AsyncIterator[DocumentKeeper]:
    """Yield a keeper on a connection of its own; `owner` is `Addresses.owner`."""
    async with await connect(owner, VARIABLE) as connection:
        connection.prepare_threshold = 0
        yield DocumentKeeper(connection)


def _accesses(documents: Sequence[Document]) -> list[Access]:
    return list(dict.fromkeys(document.access for document in documents))


async def _inserted(connection: AsyncConnection[DictRow], class_id: int, document: Document) -> int:
    values = [
        class_id, document.path, document.label, document.title, document.content_hash,
        document.size_bytes, document.modified_at, len(document.chunks),
    ]  # fmt: skip
    row = await (await connection.execute(_DOCUMENT, values)).fetchone()
    return int(row["id"]) if row else 0


async def _copied(
    connection: AsyncConnection[DictRow],
    rows: Sequence[tuple[int, int, Document, list[Posted]]],
) -> None:
    total = sum(len(document.chunks) for _, _, document, _ in rows)
    cursor = await connection.execute(_CHUNK_IDS, [total])
    ids = iter([row["id"] for row in await cursor.fetchall()])
    chunks: list[tuple[Any, ...]] = []
    held: list[tuple[Any, ...]] = []
    defined: list[tuple[Any, ...]] = []
    postings: list[tuple[int, int, int, int]] = []
    for class_id, document_id, document, index in rows:
        for chunk, found in zip(document.chunks, index, strict=True):
            chunk_id = next(ids)
            place = (chunk.ordinal, list(chunk.section), chunk.line, chunk.end_line, chunk.page)
            lines = ([first for first, _ in chunk.lines], [last for _, last in chunk.lines])
            chunks.append((chunk_id, class_id, document_id, *place, *lines, chunk.text))
            held.append((chunk_id, class_id, _array(found.terms), _array(found.impacts)))
            defined.extend(
                (class_id, chunk_id, each.name, each.term, each.meaning, each.quote)
                for each in chunk.definitions
            )
            pairs = zip(found.terms, found.impacts, strict=True)
            postings.extend((term, class_id, impact, chunk_id) for term, impact in pairs)
    # In the order of the index, so that each of its pages is touched once.
    postings.sort(key=lambda row: (row[0], row[1], -row[2], row[3]))
    await _copy(connection, _COPY_CHUNKS, chunks)
    await _copy(connection, _COPY_TERMS, held)
    await _copy(connection, _COPY_DEFINITIONS, defined)
    async with connection.cursor().copy(_COPY_POSTINGS) as copy:
        await copy.write("".join(f"{t}\t{c}\t{i}\t{n}\n" for t, c, i, n in postings))


def _array(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


async def _copy(
    connection: AsyncConnection[DictRow], statement: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    async with connection.cursor().copy(statement.encode()) as copy:
        for row in rows:
            await copy.write_row(row)


async def _counted(
    connection: AsyncConnection[DictRow],
    rows: Sequence[tuple[int, int, Document, list[Posted]]],
) -> None:
    chunks: Counter[tuple[int, int]] = Counter()
    documents: Counter[tuple[int, int]] = Counter()
    totals: Counter[int] = Counter()
    sizes: Counter[int] = Counter()
    for class_id, _, document, index in rows:
        per_document = Counter((term, class_id) for found in index for term in found.terms)
        chunks.update(per_document)
        documents.update(per_document.keys())
        totals[class_id] += 1
        sizes[class_id] += len(document.chunks)
    keys = sorted(chunks)
    values = [
        [term for term, _ in keys], [class_id for _, class_id in keys],
        [documents[key] for key in keys], [chunks[key] for key in keys],
    ]  # fmt: skip
    if keys:
        await connection.execute(_COUNTS, values)
    for class_id, count in totals.items():
        await connection.execute(_TOTALS, [count, sizes[class_id], class_id])
