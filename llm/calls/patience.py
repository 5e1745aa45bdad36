"""How long to wait for what; and how a deadline is divided over those who are still to be asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

FIRST_SHARE = 0.5
BACKOFF_S = 0.25
BACKOFF_MOST_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Limits of one call, in seconds; the request's deadline cuts each of them short."""

    connect_s: float = 5.0
    attempt_s: float | None = None
    """For one plain call; None: its share of the deadline."""
    first_token_s: float = 20.0
    """Until the first piece of a stream."""
    idle_s: float = 15.0
    """Between two pieces of a stream."""
    settle_s: float = 1.0
    """After the finish reason, for the usage and the end."""


def share_s(left_s: float, *, still_to_ask: int) -> float:
    """Return what one call may take: half of what is left while others could still be asked."""
    return left_s if still_to_ask <= 1 else left_s * FIRST_SHARE


def backoff_s(
    tries: int, *, asked_s: float | None = None, draw: Callable[[], float] = random.random
) -> float:
    """Return how long to wait before asking a route again: never less than it asked for.

    Exponential with full jitter above one half, so that callers turned away together part.
    """
    own_s = min(BACKOFF_S * 2.0 ** (tries - 1), BACKOFF_MOST_S) * (0.5 + draw() / 2)
    return own_s if asked_s is None else max(own_s, asked_s)
