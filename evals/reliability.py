"""How good a confidence is: ECE, Brier, AUROC, risk against coverage, and the threshold to promise.

Everything takes pairs of a confidence and whether the plan was right, with a weight where examples
stand for more or less than one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One confidence, and what became of it."""

    confidence: float
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Plans of about the same confidence."""

    low: float
    high: float
    count: int
    weight: float
    confidence: float
    """Their mean."""
    right: float
    """The share of them that was right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What answering from a threshold on would mean."""

    threshold: float
    coverage: float
    wrong: float
    """Share of wrong among the answered."""
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A threshold, and what can be said for it."""

    threshold: float
    answered: int
    wrong: int
    bound: float
    """With 95 % confidence no more than this share is wrong."""
    coverage: float


def bins(judged: Iterable[Judged], count: int = BINS) -> list[Bin]:
    """Return the bins of equal width that hold anything."""
    held: list[list[Judged]] = [[] for _ in range(count)]
    for each in judged:
        held[min(count - 1, int(each.confidence * count))].append(each)
    return [
        Bin(
            low=number / count,
            high=(number + 1) / count,
            count=len(inside),
            weight=_weight(inside),
            confidence=_mean(inside, lambda j: j.confidence),
            right=_mean(inside, lambda j: float(j.right)),
        )
        for number, inside in enumerate(held)
        if inside
    ]


def ece(judged: Sequence[Judged], count: int = BINS) -> float:
    """Return the expected calibration error: how far confidence is from the truth on average."""
    total = _weight(judged)
    return sum(b.weight * abs(b.confidence - b.right) for b in bins(judged, count)) / total


def brier(judged: Sequence[Judged]) -> float:
    """Return the mean squared error of the confidences; 0 is perfect, 0.25 a coin's."""
    return _mean(judged, lambda j: (j.confidence - j.right) ** 2)


def auroc(judged: Sequence[Judged]) -> float | None:
    """Return how often a right plan stands above a wrong one, ties half; None where all are alike.

    Weights do not count: it is about pairs.
    """
    ranked = sorted(judged, key=lambda j: j.confidence)
    right = sum(j.right for j in ranked)
    wrong = len(ranked) - right
    if not right or not wrong:
        return None
    rank_sum, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end].confidence == ranked[at].confidence:
            end += 1
        rank_sum += (at + 1 + end) / 2 * sum(j.right for j in ranked[at:end])
        at = end
    return (rank_sum - right * (right + 1) / 2) / (right * wrong)


def risk_coverage(judged: Sequence[Judged]) -> list[Risk]:
    """Return what each threshold would mean, from the strictest to answering everything."""
    ranked = sorted(judged, key=lambda j: -j.confidence)
    total, held, wrong = _weight(ranked), 0.0, 0.0
    curve: list[Risk] = []
    for number, each in enumerate(ranked):
        held += each.weight
        wrong += each.weight * (not each.right)
        last = number + 1 == len(ranked) or ranked[number + 1].confidence < each.confidence
        if last:
            curve.append(
                Risk(
                    threshold=each.confidence,
                    coverage=held / total,
                    wrong=wrong / held,
                    answered=number + 1,
                )
            )
    return curve


def promise(judged: Sequence[Judged], max_wrong: float) -> Promise | None:
    """Return the lowest threshold from which at most this share is wrong, or None.

    Not the share that happened to be wrong is held against `max_wrong`, but its upper bound
    (Clopper and Pearson, one-sided, 95 %). Thresholds are tried from the strictest down, and the
    first that fails ends it, so that trying many does not weaken the bound.
    """
    ranked = sorted(judged, key=lambda j: -j.confidence)
    found: Promise | None = None
    for risk in risk_coverage([Judged(j.confidence, j.right) for j in ranked]):
        if risk.answered < needed(max_wrong):
            continue
        wrong = round(risk.wrong * risk.answered)
        bound = upper_bound(wrong, risk.answered)
        if bound > max_wrong:
            break
        found = Promise(
            threshold=risk.threshold,
            answered=risk.answered,
            wrong=wrong,
            bound=bound,
            coverage=risk.coverage,
        )
    return found


def needed(max_wrong: float, level: float = 0.95) -> int:
    """Return how many answers, all right, are the fewest that can support the promise."""
    return math.ceil(math.log(1 - level) / math.log(1 - max_wrong) - 1e-9)


def upper_bound(wrong: int, count: int, level: float = 0.95) -> float:
    """Return the largest share of wrong answers that still explains so few, at this level."""
    if wrong >= count:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(wrong, count, middle) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, count: int, share: float) -> float:
    """Return the probability of at most so many wrong ones (binomial)."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    log_p, log_q = math.log(share), math.log1p(-share)
    return math.fsum(
        math.exp(
            math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
            + k * log_p + (count - k) * log_q
        )
        for k in range(wrong + 1)
    )  # fmt: skip


def _weight(judged: Iterable[Judged]) -> float:
    return math.fsum(j.weight for j in judged)


def _mean(judged: Sequence[Judged], value: Callable[[Judged], float]) -> float:
    return math.fsum(j.weight * value(j) for j in judged) / _weight(judged)
