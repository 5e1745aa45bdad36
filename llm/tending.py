"""What a router needs now and then while it is open: debts written, ceilings looked at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from clearway.errors import ClearwayError
from clearway.llm.router import Router

log = logging.getLogger(__name__)

EVERY_S = 30.0

Look = Callable[[], Awaitable[frozenset[str | None]]]
"""Returns the providers over their ceiling of the day; None among them stands for all."""
Learn = Callable[[], Awaitable[Sequence[tuple[str, bool]]]]
"""Returns whose plans passed the checks after them, by any process, the oldest first."""


async def tend(router: Router, look: Look | None = None, learn: Learn | None = None) -> None:
    """Settle what is owed and what dead owners left; prefer cheap models over a ceiling; learn.

    Raises `StoreUnavailable`.
    """
    await router.admission.sweep()
    if look is not None:
        router.preparing.pressure.over = await look()
    if learn is not None:
        router.measured.recall_judged(await learn())


@asynccontextmanager
async def tended(
    router: Router,
    look: Look | None = None,
    learn: Learn | None = None,
    *,
    every_s: float = EVERY_S,
) -> AsyncIterator[None]:
    """Tend the router from now on, as long as the context is open."""
    task = asyncio.create_task(_forever(router, look, learn, every_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forever(router: Router, look: Look | None, learn: Learn | None, every_s: float) -> None:
    while True:
        try:
            await tend(router, look, learn)
        except ClearwayError as error:  # the store is away: every request says so already
            log.warning("router_not_tended", extra={"error": type(error).__name__})
        await asyncio.sleep(every_s)
