"""Give every passage a vector of the model in use; resumable, for what has one is passed over."""

from __future__ import annotations

from collections.abc import AsyncIterator

from clearway.tools.docs.ports import Embedder, VectorWriter

BATCH = 64


async def embed_missing(
    embedder: Embedder, vectors: VectorWriter, *, forget_others: bool = True
) -> AsyncIterator[tuple[int, int]]:
    """Yield (done, of all) after each batch; the vectors of other models go at the end.

    Raises `ConfigurationError` where vectors cannot be kept, `ModelUnavailable` where the model
    fails; what was done is kept.
    """
    await vectors.prepare(embedder.model_id, embedder.dimensions)
    total = await vectors.count_missing(embedder.model_id)
    done = 0
    yield done, total
    while batch := await vectors.missing(embedder.model_id, BATCH):
        made = await embedder.embed([text for _, text in batch])
        pairs = zip(batch, made, strict=True)
        await vectors.keep(
            embedder.model_id, [(chunk_id, vector) for (chunk_id, _), vector in pairs]
        )
        done += len(batch)
        yield min(done, total), total
    if forget_others:
        await vectors.forget_others(embedder.model_id)
