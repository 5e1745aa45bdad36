"""Requests as the services tool sees them."""

from __future__ import annotations

from datetime import UTC, datetime

from clearway.graph.ports import Asked, Inquiry
from clearway.identity import Principal
from clearway.semantics.types import Frame

ANN = Principal(user="ann")


def inquiry(
    text: str, who: Principal = ANN, *, request_id: str = "r-1", timeout_s: float = 60.0
) -> Inquiry:
    """Return a question somebody asks."""
    asked = Asked(
        frame=Frame(text=text),
        principal=who,
        at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        zone="UTC",
        tool="rest",
    )
    return Inquiry(
        asked=asked, request_id=request_id, trace_id="t-1", text=text, timeout_s=timeout_s
    )
