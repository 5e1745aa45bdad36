"""Who asks, when, and how often they may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clearway.identity import Principal


class Clock(Protocol):
    """Time, so that tests can drive it."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backward, for durations."""
        ...


class Ids(Protocol):
    """Identifiers, so that tests can name them."""

    def trace_id(self) -> str:
        """Return a new unique id."""
        ...


class Identity(Protocol):
    """Who calls, as the surface established it."""

    def caller(self) -> Principal:
        """Return the authenticated caller of the run in progress."""
        ...


class Limits(Protocol):
    """How much one caller may ask."""

    async def admit(self, principal: Principal) -> float | None:
        """Count one request; return None when it may pass, else the seconds to wait."""
        ...


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The operator's word, from Settings; a caller may only make it stricter."""

    source_id: str
    confidence_threshold: float
    min_confidence_threshold: float
    max_question_chars: int
    request_timeout_s: float
    model_timeout_s: float
    clarify_rounds: int
    repair_rounds: int
    preview_rows: int
    row_limit: int
    timezone: str
    approval_plan_cost: float | None
    model_samples: int = 1
    """How often a model is asked for the same plan, to see whether it agrees with itself."""
