"""What is learnt from verified questions depends on how many there are; judged on the unseen."""

from __future__ import annotations

import random

import pytest

from clearway.calibration import shipped_calibration
from clearway.evals.fit import Example
from clearway.evals.refit import refit
from clearway.evals.reliability import ece
from clearway.plans import Evidence
from clearway.semantics.evidence.confidence import probability

pytestmark = pytest.mark.unit

BASE = shipped_calibration()


def examples(count: int, *, shift: float = 0.0, seed: int = 3) -> list[Example]:
    """Plans that are right as often as the shipped parameters say, or `shift` log-odds off."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        scores = {"coverage": 1.0, "agreement": 0.5, "values": 1.0, "stated": 0.9}
        scores |= {kind: rng.choice((1.0, 0.5, 0.25)) for kind in ("wording", "mentions", "joins")}
        facts = tuple(Evidence(kind=k, score=s, detail="") for k, s in scores.items())  # type: ignore[arg-type]
        right = rng.random() < probability(BASE.log_odds(facts) + shift)
        found.append(Example(group=f"q{number}", source="test", evidence=facts, right=right))
    return found


def test_too_few_change_nothing() -> None:
    found = refit(examples(6), BASE)

    assert found.calibration == BASE
    assert "kept" in found.method


def test_some_correct_what_is_off_throughout() -> None:
    off = examples(180, shift=-1.5)
    found = refit(off, BASE)

    assert "shifted" in found.method
    before = ece(
        [type(j)(BASE.of(e.evidence), e.right) for j, e in zip(found.judged, off, strict=True)]
    )
    assert ece(found.judged) < before
    assert all(weight >= 0 for weight in found.calibration.weights.values())


def test_a_few_that_are_told_apart_with_ease_are_no_reason_to_be_certain() -> None:
    good, bad = (
        tuple(
            Evidence(kind=kind, score=score, detail="")  # type: ignore[arg-type]  # kinds by name
            for kind in ("coverage", "agreement", "values", "wording", "mentions", "joins")
        )
        for score in (1.0, 0.25)
    )
    easy = [
        Example(group=f"q{n}", source="test", evidence=good if n < 12 else bad, right=n < 12)
        for n in range(20)
    ]
    found = refit(easy, BASE)

    assert "shifted" in found.method
    assert 0.85 < found.calibration.of(good) < 0.97, "twelve of twelve say no more than that"
    assert found.calibration.of(bad) < 0.2


def test_many_are_fitted_anew() -> None:
    assert "every weight" in refit(examples(700), BASE).method


def test_every_example_is_judged_once_by_parameters_that_never_saw_it() -> None:
    given = examples(180)
    found = refit(given, BASE)

    assert len(found.judged) == len(given)
    seen = {BASE.of(e.evidence) for e in given}
    assert {j.confidence for j in found.judged} - seen
