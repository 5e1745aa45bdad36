"""Per-run settings a caller may send; JSON-plain, so Studio can draw a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Context:
    """Client input, never trusted and never checkpointed: a resumed run must send it again."""

    user: str | None = None
    """Counts only where the authenticated caller may act for others."""
    correlation_id: str | None = None
    """Becomes the trace id; one is made where it is absent."""
    confidence_threshold: float | None = None
    """May only raise what policy asks for."""
    timeout_s: float | None = None
    """May only shorten the operator's limit."""
    timezone: str | None = None
    """IANA name; resolves "today"."""
    bypass_cache: bool = False
    clarify: Literal["turn", "interrupt"] = "turn"
    """`turn` ends the turn with the question; `interrupt` pauses the run until it is answered."""
