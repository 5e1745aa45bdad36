"""Writes to services: each is sent at most once, and what came of it is on record."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from datetime import UTC, timedelta
from hashlib import sha256

from clearway.errors import ClearwayError, ConfigurationError, StoreUnavailable, WriteUnsettled
from clearway.graph.ports import Clock, Inquiry
from clearway.identity import Principal
from clearway.plans import CheckedRest, RestStep
from clearway.resilience.finish import finish
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.failures import came_of
from clearway.tools.rest.declared.types import Operation, Reply
from clearway.tools.rest.ports import Came, WriteGuard

log = logging.getLogger(__name__)

EARLIER: dict[Came, str] = {
    "done": "and was done. It is not sent again.",
    "not_done": "and was not done. Ask again to have it tried again.",
    "unknown": "and it is not known whether it was done. It is not sent again: look before you "
    "ask for it anew.",
}
"""What is said of a write that was claimed before."""


WARNED_FOR = timedelta(days=7)
"""So long after it a write that is not settled is spoken of to who asks for the same."""


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
        claim = await self._guard.claim(
            request_id,
            call=_call(step, inquiry.principal),
            asked_at=inquiry.asked.at,
            at=self._clock.now(),
        )
        if claim != "claimed":
            said = f"{operation.id} was sent for this request before, {EARLIER[claim]}"
            raise WriteUnsettled(said, operation=operation.id, came=claim)
        key = sha256(f"{request_id} {step.shown}".encode()).hexdigest()[:40]
        call = self._client.call(step, operation, timeout_s=timeout_s, idempotency_key=key)
        return await finish(self._settled(call, operation, request_id, self._guard))

    async def warned(self, checked: CheckedRest, principal: Principal) -> CheckedRest:
        """Return a write with a note, where the same was sent lately and nobody knows its end."""
        if self._guard is None or not checked.writes:
            return checked
        since = self._clock.now() - WARNED_FOR
        at = await self._guard.unsettled(_call(checked.steps[-1], principal), since=since)
        if at is None:
            return checked
        note = (
            f"The same was sent for you on {at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC, and it is "
            "not known whether it was done: look before you have it done again."
        )
        return checked.model_copy(update={"notes": (*checked.notes, note)})

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


def _call(step: RestStep, principal: Principal) -> str:
    """Return who sends what: one person's write says nothing to another."""
    return f"{principal.tenant} {principal.user} {step.shown}"
