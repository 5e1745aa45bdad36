"""Writes to services: each is sent at most once, and what came of it is on record."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from hashlib import sha256

from clearway.errors import ClearwayError, ConfigurationError, StoreUnavailable, WriteUnsettled
from clearway.graph.ports import Clock, Inquiry
from clearway.plans import RestStep
from clearway.resilience.finish import finish
from clearway.tools.rest.client import Client
from clearway.tools.rest.failures import came_of
from clearway.tools.rest.ports import Came, WriteGuard
from clearway.tools.rest.types import Operation, Reply

log = logging.getLogger(__name__)

EARLIER: dict[Came, str] = {
    "done": "and was done. It is not sent again.",
    "not_done": "and was not done. Ask again to have it tried again.",
    "unknown": "and it is not known whether it was done. It is not sent again: look before you "
    "ask for it anew.",
}
"""What is said of a write that was claimed before."""


class Writer:
    """Sends writes, each under a claim that is on disk before anything is sent."""

    def __init__(self, client: Client, clock: Clock, guard: WriteGuard | None) -> None:
        """Without a guard nothing is written."""
        self._client = client
        self._clock = clock
        self._guard = guard

    async def send(
        self, step: RestStep, operation: Operation, inquiry: Inquiry, *, timeout_s: float
    ) -> Reply:
        """Send the request's one write; once begun it is ended, though nobody waits any more.

        Raises `WriteUnsettled` where it was sent before, or nobody knows what came of it.
        """
        if self._guard is None:
            raise ConfigurationError("Nothing is written without a store that keeps count of it.")
        request_id = inquiry.request_id
        claim = await self._guard.claim(request_id, asked_at=inquiry.asked.at, at=self._clock.now())
        if claim != "claimed":
            said = f"{operation.id} was sent for this request before, {EARLIER[claim]}"
            raise WriteUnsettled(said, operation=operation.id, came=claim)
        key = sha256(f"{request_id} {step.shown}".encode()).hexdigest()[:40]
        call = self._client.call(step, operation, timeout_s=timeout_s, idempotency_key=key)
        return await finish(self._settled(call, operation, request_id, self._guard))

    async def _settled(
        self, call: Awaitable[Reply], operation: Operation, request_id: str, guard: WriteGuard
    ) -> Reply:
        came: Came = "unknown"
        try:
            reply = await call
            came = "done"
            return reply
        except ClearwayError as error:
            came = came_of(error)
            if came == "not_done":
                raise
            raise WriteUnsettled(
                f"{operation.id} was sent, and it is not known whether it was done. Look before "
                "you ask for it again.",
                operation=operation.id,
                came=came,
            ) from None
        finally:
            try:
                await guard.settle(request_id, came=came, at=self._clock.now())
            except StoreUnavailable:  # the claim stands, and says that nobody knows
                log.error("write_not_settled", extra={"request_id": request_id, "came": came})
