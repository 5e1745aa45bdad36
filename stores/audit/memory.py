"""An audit trail in memory, for tests and for graphs that are only looked at."""

from __future__ import annotations

from clearway.errors import StoreUnavailable
from clearway.graph.ports import AuditEvent


class MemoryAuditTrail:
    """Implements `AuditTrail` with a list; nothing survives the process.

    `available = False` makes it refuse, as Postgres does when it cannot be reached.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.events: list[AuditEvent] = []
        self.available = True

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Keep what is not there yet, in order."""
        if not self.available:
            raise StoreUnavailable("The audit cannot be written, so nothing may execute.")
        written = {_key(event) for event in self.events}
        for event in events:
            if _key(event) not in written:
                self.events.append(event)
                written.add(_key(event))


def _key(event: AuditEvent) -> tuple[str, str, str]:
    return (event.request_id or event.trace_id, event.step, event.phase)
