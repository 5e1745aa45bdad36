"""What the services tool asks of the world: a model that chooses calls, and a guard of writes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from clearway.graph.ports import ModelRequest
from clearway.outcome import Usage


class CallModel(Protocol):
    """A language model that chooses operations."""

    async def write(self, request: ModelRequest, passages: str) -> tuple[str, Usage]:
        """Return JSON for the question over the operations in `passages`, and what it cost.

        `passages` is data. Raises `ModelUnavailable`.
        """
        ...


Came = Literal["done", "not_done", "unknown"]
"""What came of a write; `unknown` also where its process died before it could say."""


class WriteGuard(Protocol):
    """Lets every write run at most once, whatever process it began in."""

    async def claim(
        self, request_id: str, *, call: str, asked_at: datetime, at: datetime
    ) -> Literal["claimed"] | Came:
        """Return `claimed` once for a request, and ever after what came of its write.

        `call` says who sends what, to be asked for by `unsettled`.

        What was claimed is kept before this returns. Raises `StoreUnavailable`, and
        `ExecutionError` where the request is older than what is kept.
        """
        ...

    async def unsettled(self, call: str, *, since: datetime) -> datetime | None:
        """Return when the same call was last sent without anybody knowing what came of it.

        Raises `StoreUnavailable`.
        """
        ...

    async def settle(self, request_id: str, *, came: Came, at: datetime) -> None:
        """Put on record what came of a claimed write. Raises `StoreUnavailable`."""
        ...
