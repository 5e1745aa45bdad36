"""Many passages into an empty store at once, past the keeper, for timings of searches.

Passages and their terms are copied, postings follow from them in the database, and their index is
built when all are there. The tables hold what the keeper would have written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from clearway.stores.connect import connect
from clearway.stores.documents.write import VARIABLE
from clearway.tools.docs.ingesting.index import posted
from clearway.tools.docs.types import Access, Document

_CLASS = """
insert into doc_class (tenant, collection, acl) values (%s, %s, %s) returning id
"""
_DOCUMENTS = """
copy doc_document (
    id, class_id, path, label, title, content_hash, size_bytes, modified_at, chunk_count
) from stdin
"""
_CHUNKS = (
    "copy doc_chunk (id, class_id, document_id, ordinal, section, line, end_line, body) from stdin"
)
_TERMS = "copy doc_terms (chunk_id, class_id, terms, impacts) from stdin"
_BEST = "select indexdef from pg_indexes where indexname = 'doc_posting_best'"
_POSTINGS = """
insert into doc_posting (term, class_id, impact, chunk_id)
select each.term, held.class_id, each.impact, held.chunk_id
from doc_terms as held cross join unnest(held.terms, held.impacts) as each(term, impact)
"""
_COUNTS = "copy doc_stat (term, class_id, documents, chunks) from stdin"
_TOTALS = """
update doc_class as class set documents = held.documents, chunks = held.chunks
from (
    select class_id, count(*) as documents, sum(chunk_count) as chunks
    from doc_document group by class_id
) as held
where held.class_id = class.id
"""
_NEXT = """
select setval(pg_get_serial_sequence('clearway.doc_document', 'id'), max(id)),
    (select setval(pg_get_serial_sequence('clearway.doc_chunk', 'id'), max(id)) from doc_chunk)
from doc_document
"""
_MEMORY = "set maintenance_work_mem = '512MB'; set work_mem = '256MB'; set synchronous_commit = off"


async def fill(owner: str, documents: Iterable[Document]) -> int:
    """Put documents into an empty store; return how many passages they have."""
    async with await connect(owner, VARIABLE) as connection:
        await connection.execute(_MEMORY)
        best = await (await connection.execute(_BEST)).fetchone()
        if best is None:
            raise LookupError("the store has no tables for documents")
        async with connection.transaction():
            await connection.execute("drop index doc_posting_best")
            passages = await _copied(connection, documents)
            await connection.execute(_POSTINGS)
            await connection.execute(best["indexdef"])
            await connection.execute(_TOTALS)
            await connection.execute(_NEXT)
    return passages


async def _copied(connection: AsyncConnection[DictRow], documents: Iterable[Document]) -> int:
    classes: dict[Access, int] = {}
    files: list[tuple[Any, ...]] = []
    chunks: list[tuple[Any, ...]] = []
    held: list[tuple[Any, ...]] = []
    in_chunks: Counter[tuple[int, int]] = Counter()
    in_documents: Counter[tuple[int, int]] = Counter()
    for number, each in enumerate(documents, start=1):
        if each.access not in classes:
            classes[each.access] = await _class(connection, each.access)
        class_id = classes[each.access]
        files.append(
            (number, class_id, each.path, each.label, each.title, each.content_hash,
             each.size_bytes, each.modified_at, len(each.chunks))
        )  # fmt: skip
        index = posted(each)
        for chunk, found in zip(each.chunks, index, strict=True):
            chunk_id = len(chunks) + 1
            place = (chunk.ordinal, list(chunk.section), chunk.line, chunk.end_line)
            chunks.append((chunk_id, class_id, number, *place, chunk.text))
            held.append((chunk_id, class_id, _array(found.terms), _array(found.impacts)))
            in_chunks.update((term, class_id) for term in found.terms)
        said = set().union(*(found.terms for found in index))
        in_documents.update((term, class_id) for term in said)
    counts = [(*key, in_documents[key], count) for key, count in in_chunks.items()]
    copied = ((_DOCUMENTS, files), (_CHUNKS, chunks), (_TERMS, held), (_COUNTS, counts))
    for statement, rows in copied:
        async with connection.cursor().copy(statement.encode()) as copy:
            for row in rows:
                await copy.write_row(row)
    return len(chunks)


async def _class(connection: AsyncConnection[DictRow], access: Access) -> int:
    values = [access.tenant, access.collection, list(access.acl)]
    row = await (await connection.execute(_CLASS, values)).fetchone()
    return int(row["id"]) if row else 0


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
