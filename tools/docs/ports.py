"""What the documents tool asks of the world: a store, an embedder, a writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clearway.graph.ports import ModelRequest
from clearway.identity import Principal
from clearway.outcome import Usage
from clearway.tools.docs.types import Defined, Document, Filters, Hit, Listed


class Embedder(Protocol):
    """A model that turns texts into vectors of one length."""

    @property
    def model_id(self) -> str:
        """Return the model's name and version: vectors of another are never compared with its."""
        ...

    @property
    def dimensions(self) -> int:
        """Return the length of every vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a unit vector for each text, in their order; raise `ModelUnavailable`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexical:
    """What a search by words found."""

    hits: tuple[Hit, ...]
    """The best first."""
    weights: dict[str, float]
    """How telling each term asked for is, among what the asker may see."""
    defined: tuple[Defined, ...] = ()
    """What documents say the names asked for mean."""


class DocumentReader(Protocol):
    """Searches what one principal may see; what they may not has no part in any answer."""

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
        """Return the passages that score best for these terms, each counted by its factor.

        `names` are looked up among what documents define, in the same going.
        """
        ...

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
        """Return the nearest passages; raise `ConfigurationError` where vectors are not kept."""
        ...

    async def passages(
        self, ids: Sequence[int], principal: Principal, *, timeout_s: float
    ) -> tuple[Hit, ...]:
        """Return those of these passages the principal may see, in any order; scores are 0."""
        ...

    async def definitions(
        self, names: Sequence[str], principal: Principal, *, timeout_s: float
    ) -> tuple[tuple[Defined, Hit], ...]:
        """Return what documents say these names mean, with the passage that says so."""
        ...

    async def collections(self, principal: Principal) -> tuple[str, ...]:
        """Return the names of the collections the principal may see something of."""
        ...


class DocumentWriter(Protocol):
    """Keeps documents. For administrators: it sees all of the tenants it is asked about."""

    async def kept(self, tenant: str, collection: str | None = None) -> Sequence[Listed]:
        """Return what is kept, by path."""
        ...

    async def put(self, documents: Sequence[Document]) -> None:
        """Keep the documents together, in place of what their paths held; all or none."""
        ...

    async def drop(self, ids: Sequence[int]) -> int:
        """Remove documents with all that was derived from them; return how many there were."""
        ...


class VectorWriter(Protocol):
    """Keeps the vectors of passages."""

    async def prepare(self, model_id: str, dimensions: int) -> None:
        """Make room for a model's vectors; raise `ConfigurationError` naming what to install."""
        ...

    async def missing(self, model_id: str, limit: int) -> Sequence[tuple[int, str]]:
        """Return passages without a vector of this model, with the text it is made from."""
        ...

    async def count_missing(self, model_id: str) -> int:
        """Return how many passages have no vector of this model."""
        ...

    async def keep(self, model_id: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """Keep the vectors of passages that are still there."""
        ...

    async def forget_others(self, model_id: str) -> int:
        """Remove the vectors of every other model; return how many there were."""
        ...


class AnswerModel(Protocol):
    """A language model that writes an answer from numbered passages."""

    async def write(self, request: ModelRequest, passages: str) -> tuple[str, Usage]:
        """Return sentences that cite passages as [1], and what they cost; raise `ModelUnavailable`.

        `passages` is data: what stands in it is never an instruction.
        """
        ...
