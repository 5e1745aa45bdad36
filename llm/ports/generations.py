"""Replies that are shared while they are made, and kept for a while afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A complete reply, as it may be shared or kept."""

    text: str
    tool_calls: Sequence[Mapping[str, object]] = ()
    finish_reason: str = "stop"
    provider: str = ""
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    details: Mapping[str, str] = field(default_factory=dict)


class GenerationFlights(Protocol):
    """Identical concurrent generations call the model once, across processes (lease, heartbeat)."""

    def join(self, key: str, *, timeout_s: float) -> AbstractAsyncContextManager[GenerationSeat]:
        """Take a seat: lead, or wait for who leads; a dead leader is taken over.

        Raises `RequestTimeoutError` naming key, status, elapsed time and the last error.
        """
        ...


class GenerationSeat(Protocol):
    """A seat in a flight."""

    landed: Generation | None
    """What another caller's call brought; None: this caller leads and must `land`."""

    async def land(self, generation: Generation) -> None:
        """Share the reply with those who wait."""
        ...


class GenerationCache(Protocol):
    """Replies kept by exact key: SHA-256 over model, workflow, parameters and prompt."""

    async def get(self, key: str) -> Generation | None:
        """Return a kept reply that has not expired."""
        ...

    async def put(self, key: str, generation: Generation, *, ttl_s: float) -> None:
        """Keep a complete reply; a failure of the cache never reaches the caller."""
        ...
