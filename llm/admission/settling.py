"""Settlement behind the answer: whoever asked does not wait until the books are closed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from decimal import Decimal

from clearway.errors import StoreUnavailable
from clearway.llm.ports import Admission, Attempt, Health, Pass, Purse, Result, Turned
from clearway.resilience.behind import Behind

log = logging.getLogger(__name__)

AT_MOST = 256
"""Settlements under way; a caller beyond that waits for one to end."""


class Settling:
    """Implements `Admission` over another: successes are settled while their answer goes out.

    Nobody can tell from outside but by the clock. An attempt is in the ledger before its call, so
    a process that dies in between leaves a reservation at the worst case, which the sweeper
    closes. What is refused or read while settlements are under way is decided after them. Failures
    are settled first and told then: the next attempt depends on what they say of the endpoint.
    """

    def __init__(self, books: Admission) -> None:
        """`books` are moved in the order of the calls for each attempt, not among attempts."""
        self.books = books
        self._behind = Behind()

    async def enter(self, attempt: Attempt) -> Pass | Turned:
        """Decide atomically; a refusal stands only when nothing is about to be released."""
        decided = await self.books.enter(attempt)
        if isinstance(decided, Turned) and self._behind:
            await self.settled()
            decided = await self.books.enter(attempt)
        return decided

    async def leave(self, attempt_id: str, result: Result) -> None:
        """Settle: a success soon, everything else before this returns."""
        if result.verdict != "success":
            await self.books.leave(attempt_id, result)
            return
        if len(self._behind) >= AT_MOST:
            await self._behind.one_done()
        self._behind.do(self._settle(attempt_id, result))

    async def settled(self) -> None:
        """Return when everything that was left so far is settled."""
        await self._behind.all_done()

    async def sweep(self) -> int:
        """Close what dead owners left open, at its worst case; return how many."""
        await self.settled()
        return await self.books.sweep()

    async def spent(self, purse: Purse) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved in the purse's current period, in USD."""
        await self.settled()
        return await self.books.spent(purse)

    async def health(self) -> Sequence[Health]:
        """Return every endpoint that has been called."""
        await self.settled()
        return await self.books.health()

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        await self.settled()
        return await self.books.reset(provider)

    async def _settle(self, attempt_id: str, result: Result) -> None:
        try:
            await self.books.leave(attempt_id, result)
        except StoreUnavailable:
            log.error("attempt_not_settled", extra={"attempt_id": attempt_id})
