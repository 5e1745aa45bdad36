"""Refit a calibration on an owner's own verified questions, as far as their number bears it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from clearway.evals.fit import Example, fit, rescaled
from clearway.evals.reliability import Judged
from clearway.semantics.evidence.confidence import Calibration

ENOUGH_TO_FIT = 100
"""Right plans and wrong ones each, from which on every weight is fitted anew."""
ENOUGH_TO_RESCALE = 5
"""Right plans and wrong ones each, from which on the given parameters are shifted and stretched."""
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """What came of it."""

    calibration: Calibration
    method: str
    judged: tuple[Judged, ...]
    """Every example, judged by parameters that were fitted without it."""


def refit(examples: Sequence[Example], base: Calibration) -> Refit:
    """Return new parameters, and every example judged by ones that never saw its question."""
    method, _ = _fitted(examples, base)
    judged: list[Judged] = []
    for fold in range(FOLDS):
        kept = [each for each in examples if _fold(each) != fold]
        _, without = _fitted(kept, base)
        judged += [
            Judged(without.of(each.evidence), each.right, each.weight)
            for each in examples
            if _fold(each) == fold
        ]
    return Refit(calibration=_fitted(examples, base)[1], method=method, judged=tuple(judged))


def _fitted(examples: Sequence[Example], base: Calibration) -> tuple[str, Calibration]:
    right = sum(example.right for example in examples)
    fewer = min(right, len(examples) - right)
    if fewer >= ENOUGH_TO_FIT:
        return "every weight fitted", fit(examples)
    if fewer >= ENOUGH_TO_RESCALE:
        return "given weights shifted and stretched together", rescaled(examples, base)
    return "given parameters kept: too few right or wrong plans to learn from", base


def _fold(example: Example) -> int:
    return hashlib.sha256(example.group.encode()).digest()[0] % FOLDS
