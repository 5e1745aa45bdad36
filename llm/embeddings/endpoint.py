"""Any OpenAI-compatible embeddings endpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence

import openai

from clearway.errors import ModelUnavailable

MAX_BATCH = 128


class EndpointEmbedder:
    """Implements `Embedder` over HTTP. Vectors are brought to length 1 whatever comes back."""

    def __init__(
        self, client: openai.AsyncOpenAI, *, model: str, dimensions: int, timeout_s: float
    ) -> None:
        """`dimensions` is what the model gives; a reply of another length is refused."""
        self._client = client
        self._model = model
        self._dimensions = dimensions
        self._timeout_s = timeout_s

    @property
    def model_id(self) -> str:
        """The model's name at its host."""
        return f"{self._model}@{self._client.base_url.host}"

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        return self._dimensions

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a unit vector for each text; raise `ModelUnavailable`."""
        found: list[list[float]] = []
        for start in range(0, len(texts), MAX_BATCH):
            found += await self._batch(texts[start : start + MAX_BATCH])
        return found

    async def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            reply = await self._client.embeddings.create(
                model=self._model,
                input=list(texts),
                encoding_format="float",
                timeout=self._timeout_s,
            )
        except openai.APIStatusError as error:
            raise ModelUnavailable(
                f"The embeddings endpoint answered with HTTP {error.status_code}.",
                model=self._model,
                status=error.status_code,
            ) from None
        except openai.OpenAIError as error:
            raise ModelUnavailable(
                "The embeddings endpoint cannot be reached.",
                model=self._model,
                cause=type(error).__name__,
            ) from None
        vectors = [each.embedding for each in sorted(reply.data, key=lambda each: each.index)]
        if len(vectors) != len(texts) or any(len(v) != self._dimensions for v in vectors):
            raise ModelUnavailable(
                f"The embeddings endpoint did not reply with {len(texts)} vectors of "
                f"{self._dimensions} numbers; CLEARWAY_EMBEDDING_DIMENSIONS says how many.",
                model=self._model,
            )
        return [_unit(vector) for vector in vectors]


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(math.fsum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]
