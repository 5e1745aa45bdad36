"""What an operator is told at once: in the log, and through a webhook where there is one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from clearway.llm.ports import Attempt
from clearway.resilience.behind import Behind

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0

Failing = Callable[[Attempt, int, str | None], None]
"""Is told who keeps failing: the last attempt, how often in a row, and the class of error."""


class FailureAlerts:
    """Implements `Failing` through a webhook; nobody who asks for something waits for it.

    Whoever counts calls it at one count of each row of failures, so that of all processes that
    share a store one tells, once. Belongs to one event loop.
    """

    def __init__(self, webhook: str) -> None:
        """`webhook` may hold a token: it is never logged."""
        self._webhook = webhook
        self._behind = Behind()

    def __call__(self, attempt: Attempt, failures: int, error: str | None) -> None:
        """Post who fails, without a word of what was asked."""
        facts = {
            "provider": attempt.provider,
            "endpoint": attempt.endpoint,
            "model": attempt.model,
            "consecutive_failures": failures,
            "error": error,
        }
        self._behind.do(post(self._webhook, "endpoint_keeps_failing", facts))

    async def told(self) -> None:
        """Return when everything that was to be told so far is, or cannot be."""
        await self._behind.all_done()


async def post(webhook: str, event: str, facts: Mapping[str, object]) -> None:
    """Send an event as JSON; a webhook that does not take it is logged, not raised."""
    import httpx2

    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_S) as client:
            (await client.post(webhook, json={"event": event, **facts})).raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        # The address may hold a token: only the kind of failure is logged.
        log.error("alert_webhook_failed", extra={"error": type(error).__name__})
