"""Fit a calibration: logistic regression with weights that cannot be negative, in plain Python.

Newton's method on a penalised likelihood, so the same examples give the same parameters anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearway.evals.reliability import Judged, auroc, brier, ece
from clearway.plans import Evidence, EvidenceKind
from clearway.semantics.evidence.confidence import FORMAT, Calibration, probability

FITTED: tuple[EvidenceKind, ...] = (
    "coverage", "addition", "wording", "mentions", "values", "grounding", "joins", "agreement",
)  # fmt: skip
"""Kinds whose worth is learnt."""

PRIOR: Mapping[EvidenceKind, float] = {
    "stated": 2.0, "tokens": 2.0, "samples": 2.5, "repairs": 0.5, "estimate": 1.0,
    "identifiers": 6.0,
}  # fmt: skip
"""Kinds whose worth is set by hand, because the examples at hand do not vary in them."""

ABSENT: Mapping[EvidenceKind, float] = {
    "coverage": 0.25, "wording": 0.5, "mentions": 0.5, "values": 0.5, "joins": 0.5,
    "agreement": 0.5,
}  # fmt: skip
"""Unknown is never as good as good: what is assumed of a fact nobody could collect."""

RIDGE = 0.1
MAX_STEPS = 50
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One plan, what was known before it ran, and whether it was right."""

    group: str
    """Examples of one group never stand on both sides of a split."""
    source: str
    evidence: tuple[Evidence, ...]
    right: bool
    weight: float = 1.0


def fit(
    examples: Sequence[Example],
    *,
    kinds: Sequence[EvidenceKind] = FITTED,
    prior: Mapping[EvidenceKind, float] | None = None,
) -> Calibration:
    """Return the parameters that make the examples likeliest; ValueError where all are alike.

    A weight the examples would make negative is left out and the rest fitted again, so that no
    evidence can count against a plan by being good.
    """
    if len({example.right for example in examples}) < 2:
        raise ValueError("right plans and wrong ones are both needed")
    fixed = dict(PRIOR if prior is None else prior)
    base = Calibration(
        format=FORMAT, intercept=0, weights=fixed, absent=ABSENT, prior=tuple(sorted(fixed))
    )
    kept = list(kinds)
    while True:
        rows = [_row(example, kept) for example in examples]
        offsets = [base.log_odds(example.evidence) for example in examples]
        beta = _newton(rows, offsets, examples)
        lowest = min(range(len(kept)), key=lambda n: beta[n + 1], default=None)
        if lowest is None or beta[lowest + 1] >= 0:
            break
        del kept[lowest]
    fitted = {kind: round(min(beta[n + 1], 50), 4) for n, kind in enumerate(kept)}
    return base.model_copy(update={"intercept": round(beta[0], 4), "weights": {**fitted, **fixed}})


def _row(example: Example, kinds: Sequence[EvidenceKind]) -> list[float]:
    scores = {item.kind: item.score for item in example.evidence}
    # How far each score is from 1 speaks against the plan, so the weights are of the right sign.
    return [1.0, *(-(1 - scores.get(kind, ABSENT.get(kind, 1.0))) for kind in kinds)]


def _newton(
    rows: Sequence[Sequence[float]],
    offsets: Sequence[float],
    examples: Sequence[Example],
    targets: tuple[float, float] = (0.0, 1.0),
) -> list[float]:
    """Return the coefficients that fit best; `targets` are what wrong and right plans aim at."""
    size = len(rows[0])
    beta = [0.0] * size
    for _ in range(MAX_STEPS):
        gradient = [0.0] + [-RIDGE * b for b in beta[1:]]
        curve = [
            [RIDGE * (i == j and i > 0) + 1e-9 * (i == j) for j in range(size)] for i in range(size)
        ]
        for row, offset, example in zip(rows, offsets, examples, strict=True):
            p = probability(offset + math.fsum(b * x for b, x in zip(beta, row, strict=True)))
            aim = targets[example.right]
            rest, bend = example.weight * (aim - p), example.weight * p * (1 - p)
            for i, x in enumerate(row):
                if x:
                    gradient[i] += rest * x
                    line = curve[i]
                    for j, y in enumerate(row):
                        line[j] += bend * x * y
        step = _solved(curve, gradient)
        longest = max(map(abs, step))
        scale = min(1.0, 5.0 / longest) if longest else 0.0
        beta = [b + scale * s for b, s in zip(beta, step, strict=True)]
        if longest < TOLERANCE:
            break
    return beta


def _solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Return x of matrix x = right, by elimination with pivoting."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for at in range(size):
        pivot = max(range(at, size), key=lambda n: abs(rows[n][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for below in range(at + 1, size):
            factor = rows[below][at] / rows[at][at]
            for column in range(at, size + 1):
                rows[below][column] -= factor * rows[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        known = math.fsum(rows[at][n] * found[n] for n in range(at + 1, size))
        found[at] = (rows[at][size] - known) / rows[at][at]
    return found


def recorded_in(
    calibration: Calibration,
    judged: Sequence[Judged],
    *,
    n: int,
    sources: Mapping[str, int],
    date: str,
) -> Calibration:
    """Return the calibration with its training record; `judged` is what it had not seen."""
    area = auroc(judged)
    record = {
        "n": n,
        "sources": dict(sources),
        "date": date,
        "features": sorted(calibration.weights),
        "held_out": {
            "n": len(judged),
            "ece": round(ece(judged), 4),
            "brier": round(brier(judged), 4),
            "auroc": None if area is None else round(area, 4),
        },
    }
    return calibration.model_copy(update={"record": record})


def rescaled(examples: Sequence[Example], base: Calibration) -> Calibration:
    """Return the calibration with its log-odds shifted and stretched to fit (Platt's scaling).

    The stretch is held near 1 and never 0 or less: what spoke against a plan still does. Right and
    wrong plans aim at what as many of them can vouch for, as Platt has it, not at 1 and 0: a few
    that are told apart with ease are no reason to be certain of everything.
    """
    right = sum(example.right for example in examples)
    targets = (1 / (len(examples) - right + 2), (right + 1) / (right + 2))
    odds = [base.log_odds(example.evidence) for example in examples]
    shift, more = _newton([[1.0, o] for o in odds], odds, examples, targets)
    stretch = 1.0 + more
    if stretch <= 0:  # good evidence was no good sign here: only the level is learnt
        stretch, shift = 1.0, _newton([[1.0]] * len(odds), odds, examples, targets)[0]
    scaled = {kind: round(min(50.0, weight * stretch), 4) for kind, weight in base.weights.items()}
    return base.model_copy(
        update={"intercept": round(shift + stretch * base.intercept, 4), "weights": scaled}
    )
