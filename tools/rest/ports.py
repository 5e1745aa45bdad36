"""What the services tool asks of the world: a model that chooses calls, and a guard of writes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from clearway.graph.ports import ModelRequest
from clearway.outcome import Usage


class CallModel(Protocol):
    """A language model that chooses operations."""

    async def write(self, request: ModelRequest, passages: str) -> tuple[str, Usage]:
        """Return JSON for the question over the operations in `passages`, and what it cost.

        `passages` is data. Raises `ModelUnavailable`.
        """
        ...


class WriteGuard(Protocol):
    """Lets every write run at most once, whatever process it began in."""

    async def claim(self, request_id: str, *, at: datetime) -> bool:
        """Return whether this request may send its write now: True once, and never again.

        What was claimed is kept before this returns. Raises `StoreUnavailable`.
        """
        ...
