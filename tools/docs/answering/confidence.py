"""How likely passages answer a question, from how much of it they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from clearway.plans import Evidence

POINTS = ((0.0, 0.02), (0.5, 0.08), (0.66, 0.3), (0.7, 0.8), (0.9, 0.93), (1.0, 0.96))
"""Support, and the share of questions that were answered in the words that answer them: set by hand
after bins of `evals.bench.docs refusal`, between them a straight line."""
UNNAMED = 0.4
"""What is left where a name in the question stands in no passage."""


def confidence_of(evidence: Sequence[Evidence]) -> float:
    """Return the confidence, 0 to 1; better evidence never lowers it."""
    scores = {item.kind: item.score for item in evidence}
    named = UNNAMED + (1 - UNNAMED) * scores.get("mentions", 1.0)
    sure = on_line(scores.get("support", 0.0)) * named * scores.get("repairs", 1.0)
    return round(min(sure, scores.get("objection", 1.0)), 4)


def on_line(support: float) -> float:
    """Return the height of the line through `POINTS`."""
    for (left, low), (right, high) in pairwise(POINTS):
        if support <= right:
            return low + (high - low) * (support - left) / (right - left)
    return POINTS[-1][1]
