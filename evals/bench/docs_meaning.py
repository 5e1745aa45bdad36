"""Vectors nobody's model made, for timings of searches by meaning, and how many are found.

A vector is one of 2 000 subjects in 384 dimensions, moved at random: alike enough that an index has
neighbours to find, as with a model's. Which subject a passage has is unrelated to who may see it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from hashlib import blake2b

from clearway.evals.bench.figure import show
from clearway.identity import Principal
from clearway.stores.connect import connect
from clearway.stores.documents.search import PostgresDocuments
from clearway.stores.documents.vectors import open_vectors
from clearway.stores.documents.write import VARIABLE
from clearway.tools.docs.access import grants
from clearway.tools.docs.answering.search import EVERYTHING

DIMENSIONS = 384
SUBJECTS = 2_000
AWAY = 0.8
"""How far a vector is from its subject, whose length is 1."""
BEST = 10
ASKED = 100

_INDEXES = """
select indexname as name, indexdef as definition from pg_indexes
where tablename = 'doc_vector' and indexdef like '%%hnsw%%'
"""
_MEMORY = """
set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 0;
set synchronous_commit = off
"""
_COPY = "copy doc_vector (chunk_id, model_id, class_id, vector) from stdin"
# Added to, the order is no index's: everything is compared.
_EXACTLY = """
select near.chunk_id as id from doc_vector as near
join doc_class as class on class.id = near.class_id and class.acl && %(grants)s
order by (near.vector <=> %(vector)s::{place}.vector) + 0 limit {best}
"""


class MadeUpEmbedder:
    """An `Embedder` that answers at once; a text has always the same vector."""

    model_id = "made-up@1"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        """Makes the subjects."""
        source = random.Random(7)
        self._subjects = [_unit(source) for _ in range(SUBJECTS)]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text: of a subject, and of its own."""
        return [self.vector(text) for text in texts]

    def vector(self, text: str) -> list[float]:
        """Return the unit vector of one text."""
        source = random.Random(blake2b(text.encode(), digest_size=8).digest())
        subject = source.choice(self._subjects)
        moved = [a + AWAY * b for a, b in zip(subject, _unit(source), strict=True)]
        length = math.sqrt(math.fsum(number * number for number in moved))
        return [number / length for number in moved]


async def fill_vectors(admin: str, owner: str, embedder: MadeUpEmbedder) -> None:
    """Give every passage a vector, and build the index when all are there."""
    async with open_vectors(admin, owner) as vectors:
        await vectors.prepare(embedder.model_id, embedder.dimensions)
    async with await connect(owner, VARIABLE) as connection:
        await connection.execute(_MEMORY)
        indexes = await (await connection.execute(_INDEXES)).fetchall()
        for index in indexes:
            await connection.execute(f'drop index "{index["name"]}"')
        chunks = await (await connection.execute("select id, class_id from doc_chunk")).fetchall()
        async with connection.cursor().copy(_COPY) as copy:
            for chunk in chunks:
                vector = _text(embedder.vector(str(chunk["id"])))
                await copy.write_row((chunk["id"], embedder.model_id, chunk["class_id"], vector))
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("vacuum (analyze) doc_vector")


async def recall(
    name: str,
    reader: PostgresDocuments,
    owner: str,
    embedder: MadeUpEmbedder,
    asker: Principal,
) -> None:
    """Print the time of the search by vector alone, and its share of the ten that are nearest."""
    samples: list[float] = []
    shares: list[float] = []
    async with await connect(owner, VARIABLE) as connection:
        cursor = await connection.execute(
            "select extnamespace::regnamespace::text as place from pg_extension "
            "where extname = 'vector'"
        )
        place = ((await cursor.fetchone()) or {"place": "public"})["place"]
        exactly = _EXACTLY.format(place=place, best=BEST)
        exactly = exactly.replace("<=>", f"operator({place}.<=>)")
        for number in range(ASKED):
            vector = embedder.vector(f"question {number}")
            values = {"grants": list(grants(asker)), "vector": _text(vector)}
            nearest = {
                row["id"] for row in await (await connection.execute(exactly, values)).fetchall()
            }
            began = time.perf_counter()
            hits = await reader.by_meaning(
                vector, embedder.model_id, asker, EVERYTHING, limit=30, timeout_s=30
            )
            samples.append((time.perf_counter() - began) * 1000)
            shares.append(len(nearest & {hit.chunk_id for hit in hits[:BEST]}) / BEST)
    show(name, samples, f"recall@{BEST} {sum(shares) / len(shares):.3f}, least {min(shares):.1f}")


def _unit(source: random.Random) -> list[float]:
    numbers = [source.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = math.sqrt(math.fsum(number * number for number in numbers))
    return [number / length for number in numbers]


def _text(vector: Sequence[float]) -> str:
    return "[" + ",".join(f"{number:.5f}" for number in vector) + "]"
