"""The fit finds what made the examples, the same every time, and never a negative weight."""

from __future__ import annotations

import random

import pytest

from clearway.evals.fit import Example, fit, recorded_in
from clearway.evals.reliability import Judged
from clearway.plans import Evidence
from clearway.semantics.evidence.confidence import parse_calibration, probability

pytestmark = pytest.mark.unit


def example(scores: dict[str, float], right: bool, weight: float = 1.0) -> Example:
    found = tuple(Evidence(kind=k, score=s, detail="") for k, s in scores.items())  # type: ignore[arg-type]
    return Example(group="g", source="test", evidence=found, right=right, weight=weight)


def made(seed: int = 7, count: int = 4000) -> list[Example]:
    """Examples whose truth is known: log-odds 2 - 4 (1 - coverage) - 1 (1 - values)."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        coverage, values = rng.choice((1.0, 0.5, 0.25)), rng.choice((1.0, 0.5))
        p = probability(2 - 4 * (1 - coverage) - (1 - values))
        found.append(example({"coverage": coverage, "values": values}, rng.random() < p))
    return found


def test_it_finds_what_made_the_examples() -> None:
    found = fit(made(), kinds=("coverage", "values"), prior={})

    assert found.intercept == pytest.approx(2, abs=0.3)
    assert found.weights["coverage"] == pytest.approx(4, abs=0.4)
    assert found.weights["values"] == pytest.approx(1, abs=0.4)


def test_it_is_the_same_every_time() -> None:
    assert fit(made()) == fit(made())


def test_evidence_that_points_the_wrong_way_is_left_out() -> None:
    turned = [example({"coverage": 1 - e.evidence[0].score}, e.right) for e in made()]

    assert "coverage" not in fit(turned, kinds=("coverage",), prior={}).weights


def test_a_weight_counts_as_so_many_examples() -> None:
    pair = [example({"coverage": 1.0}, True), example({"coverage": 1.0}, False)]
    heavy = [example({"coverage": 1.0}, True, weight=3.0), pair[1]]

    assert fit(pair, kinds=(), prior={}).intercept == pytest.approx(0, abs=1e-3)
    assert probability(fit(heavy, kinds=(), prior={}).intercept) == pytest.approx(0.75, abs=1e-3)


def test_separable_examples_still_have_finite_parameters() -> None:
    sure = [example({"coverage": 1.0 if right else 0.5}, right) for right in (True, False)] * 50

    assert fit(sure).weights["coverage"] <= 50


@pytest.mark.parametrize("right", [True, False])
def test_one_kind_of_example_is_not_enough(right: bool) -> None:
    with pytest.raises(ValueError, match="both"):
        fit([example({"coverage": 1.0}, right)])


def test_the_record_survives_the_file() -> None:
    judged = [Judged(0.9, True), Judged(0.2, False)]
    kept = recorded_in(fit(made()), judged, n=4000, sources={"made": 4000}, date="2026-01-01")

    again = parse_calibration(kept.model_dump_json(), name="x")

    assert again == kept
    assert again.record["n"] == 4000
