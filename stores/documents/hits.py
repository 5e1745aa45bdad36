"""What a search brings back of passages, and what it is narrowed to; by words and by meaning."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from clearway.tools.docs.types import Filters, Hit

FRESH = "and fresh.modified_at >= %(since)s"
HITS = """
select chunk.id as chunk_id, chunk.document_id, document.label, document.title, class.collection,
    chunk.section, chunk.body as text, chunk.line, chunk.end_line, chunk.page,
    document.modified_at, scored.score::double precision as score,
    chunk.first_lines, chunk.last_lines
from scored
join doc_chunk as chunk on chunk.id = scored.chunk_id
join doc_document as document on document.id = chunk.document_id
join doc_class as class on class.id = chunk.class_id
order by scored.score desc, chunk.id
limit %(limit)s
"""


def narrowed(filters: Filters) -> dict[str, Any]:
    """Return what statements bind for the filters."""
    return {
        "all": not filters.collections,
        "collections": list(filters.collections),
        "since": filters.since,
    }


def hit_of(row: DictRow) -> Hit:
    """Return a row of `HITS` as a hit."""
    first, last = row.pop("first_lines", None) or (), row.pop("last_lines", None) or ()
    lines = tuple(zip(first, last, strict=True))
    return Hit(**{**row, "section": tuple(row["section"]), "lines": lines})
