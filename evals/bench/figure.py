"""One measured figure, and how it is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least `share` of all do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, -(-int(len(ordered) * share * 100) // 100) - 1)]


def show(name: str, samples_ms: Sequence[float], note: str = "") -> None:
    """Print p50, p95 and n of a series of milliseconds."""
    p50, p95 = statistics.median(samples_ms), percentile(samples_ms, 0.95)
    print(
        f"{name:<44} p50 {p50:9.2f} ms   p95 {p95:9.2f} ms   n={len(samples_ms)}  {note}".rstrip()
    )
