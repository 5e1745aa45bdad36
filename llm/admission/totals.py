"""What closed attempts add up to, by model: counts, tokens, money, and how long successes took."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from decimal import Decimal

from clearway.llm.ports import Attempt, Result

STEPS = 40
"""Latencies are counted in steps: place n holds those of at most 2^((n - 1) / 2) milliseconds."""


@dataclass(kw_only=True)
class ModelTotals:
    """One model of one provider, since the ledger began."""

    provider: str
    model: str
    attempts: int = 0
    succeeded: int = 0
    failed: int = 0
    """With those that timed out; the rest was cancelled, abandoned, refused or interrupted."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    latency_sum_s: float = 0.0
    """Of successes, as are the counts below."""
    latency: list[int] = field(default_factory=lambda: [0] * STEPS)

    @property
    def other(self) -> int:
        """Return how many ended neither as a success nor as a failure."""
        return self.attempts - self.succeeded - self.failed


class Totals:
    """Adds up one attempt after the other; costs the same however many there were."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._models: dict[tuple[str, str], ModelTotals] = {}

    def listed(self) -> list[ModelTotals]:
        """Return copies, in order of provider and model."""
        return [replace(each, latency=[*each.latency]) for _, each in sorted(self._models.items())]

    def add(self, attempt: Attempt, result: Result, *, sign: int = 1) -> None:
        """Count a result; with `sign=-1` take one back that another has replaced."""
        name = (attempt.provider, attempt.model)
        if name not in self._models:
            self._models[name] = ModelTotals(provider=attempt.provider, model=attempt.model)
        known = self._models[name]
        known.attempts += sign
        known.failed += sign * (result.status in ("failed", "timeout"))
        known.prompt_tokens += sign * result.prompt_tokens
        known.cached_tokens += sign * result.cached_tokens
        known.completion_tokens += sign * result.completion_tokens
        known.cost_usd += sign * result.cost_usd
        if result.status == "succeeded":
            known.latency[_place(result.latency_s)] += sign
            known.succeeded += sign
            known.latency_sum_s += sign * result.latency_s


def _place(latency_s: float) -> int:
    """Return the step of a latency, counted from 0."""
    return min(STEPS - 1, math.ceil(2 * math.log2(max(latency_s * 1000, 1.0))))
