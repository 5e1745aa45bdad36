"""Decisions kept for an hour: the same kind of request is decided once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from clearway.llm.providers.specs import Task

KEPT_S = 3600.0
MAX_DECISIONS = 1_000


class Monotonic(Protocol):
    """The part of a clock that never goes backward."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        ...


@dataclass(frozen=True, kw_only=True)
class DecisionKey:
    """What two requests have in common that are decided alike."""

    task: Task
    intent: str
    context_keys: frozenset[str] = frozenset()
    sources: int = 0
    targets: int = 0
    mode: str = "generate"
    response_format: str = "text"
    policy_version: str = ""
    allowed: frozenset[str] | None = None
    """The endpoints the policy allows this asker; None: there is no policy."""
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = None
    preference: str | None = None
    sensitivity: str = "internal"
    size: int = 0
    """Bits of the prompt's length: a prompt twice as long may need another provider."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Which provider would serve, without calling it."""

    provider: str
    confidence: float
    reasoning: str
    fallback_providers: tuple[str, ...]
    estimated_cost_usd: float | None
    estimated_latency_ms: float
    task: Task
    excluded: Mapping[str, str]
    cached: bool = False


class Decisions:
    """The last decisions, each for an hour, at most a thousand; of one process."""

    def __init__(
        self, clock: Monotonic, *, kept_s: float = KEPT_S, most: int = MAX_DECISIONS
    ) -> None:
        """Begin empty."""
        self._clock = clock
        self._kept_s = kept_s
        self._most = most
        self._decisions: OrderedDict[DecisionKey, tuple[float, Decision]] = OrderedDict()

    def get(self, key: DecisionKey) -> Decision | None:
        """Return the decision unless it is too old."""
        kept = self._decisions.get(key)
        if kept is None or kept[0] <= self._clock.monotonic():
            self._decisions.pop(key, None)
            return None
        return kept[1]

    def put(self, key: DecisionKey, decision: Decision) -> None:
        """Keep a decision; the oldest goes where there are too many."""
        self._decisions[key] = (self._clock.monotonic() + self._kept_s, decision)
        if len(self._decisions) > self._most:
            self._decisions.popitem(last=False)

    def clear(self) -> int:
        """Forget all; return how many there were."""
        count = len(self._decisions)
        self._decisions.clear()
        return count
