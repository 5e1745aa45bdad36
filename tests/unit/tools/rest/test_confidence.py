"""The shipped confidence in calls, over the questions it was made from and plans that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.reliability import Judged, auroc, ece
from clearway.evals.rest_confidence import examples_of, recorded
from clearway.plans import RestPlan, RestStep
from clearway.tools.rest.confidence import calibration
from clearway.tools.rest.planner import RulesPlanner
from clearway.tools.rest.weigh import evidence
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.inquiries import ANN

pytestmark = pytest.mark.unit

CORPUS = Path(__file__).resolve().parents[3] / "corpora" / "rest"


def test_it_tells_right_calls_from_wrong_ones_and_means_its_number() -> None:
    judged = [
        Judged(calibration().of(each.evidence), each.right, each.weight)
        for each in examples_of(CORPUS)
    ]

    assert (auroc(judged) or 0) > 0.9
    assert ece(judged) < 0.1


def test_the_record_says_what_it_was_fitted_on_and_judged_apart_from() -> None:
    said, found = calibration().record, recorded(list(examples_of(CORPUS)), CORPUS.name)

    for name in ("corpus", "documents", "questions", "examples", "features"):
        assert said[name] == found[name]
    assert set(calibration().weights) == {*found["features"], *calibration().prior}


def test_a_call_of_something_else_is_no_answer_whatever_it_says_of_itself(tmp_path: Path) -> None:
    planner = RulesPlanner(registry(tmp_path))
    chains = planner.chains("show payment 42", ANN)

    def sure(operation: str, **parameters: int) -> float:
        step = RestStep(operation_id=operation, parameters=dict(parameters))
        plan = RestPlan(source="model", source_id="services", steps=(step,), stated_confidence=1.0)
        return calibration().of(evidence(plan, chains))

    assert sure("payments.getPayment", payment_id=42) > 0.9
    assert sure("payments.getHealth") < 0.5
    assert sure("payments.listPayments") < 0.5


def test_a_call_that_leaves_out_what_the_question_gives_is_doubted(tmp_path: Path) -> None:
    chains = RulesPlanner(registry(tmp_path)).chains("list settled payments", ANN)

    def sure(**parameters: str) -> float:
        step = RestStep(operation_id="payments.listPayments", parameters=dict(parameters))
        plan = RestPlan(source="model", source_id="services", steps=(step,), stated_confidence=0.9)
        return calibration().of(evidence(plan, chains))

    assert sure(status="settled") > 0.9
    assert sure() < 0.7


def test_health_checks_are_what_was_asked_for() -> None:
    plan = RestPlan(
        source="rules", source_id="services", health=("payments",), stated_confidence=0.95
    )

    assert calibration().of(evidence(plan, ())) > 0.9
