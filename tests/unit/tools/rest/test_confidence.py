"""The shipped confidence in calls, over the questions it was made from and plans that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.evals.reliability import Judged, auroc, ece
from clearway.evals.rest_confidence import Subject, examples_of, recorded, subjects_of
from clearway.plans import RestPlan, RestStep
from clearway.tools.rest.planning.confidence import calibration
from clearway.tools.rest.planning.planner import RulesPlanner
from clearway.tools.rest.planning.weigh import evidence
from tests.unit.tools.rest.documents import registry
from tests.unit.tools.rest.inquiries import ANN

pytestmark = pytest.mark.unit

CORPORA = Path(__file__).resolve().parents[3] / "corpora"
NAMES = ("rest", "services_scored.tar.gz")


@pytest.fixture(scope="module")
def subjects() -> list[Subject]:
    return subjects_of([CORPORA / name for name in NAMES])


def test_it_tells_right_calls_from_wrong_ones_and_means_its_number(
    subjects: list[Subject],
) -> None:
    judged = [
        Judged(calibration().of(each.evidence), each.right, each.weight)
        for each in examples_of(subjects)
    ]

    assert (auroc(judged) or 0) > 0.9
    assert ece(judged) < 0.1


def test_the_record_says_what_it_was_fitted_on_and_judged_apart_from(
    subjects: list[Subject],
) -> None:
    said = calibration().record
    found = recorded(subjects, list(examples_of(subjects)), NAMES)

    for name in ("corpora", "documents", "questions", "examples", "features"):
        assert said[name] == found[name]
    assert said["answered_at_0.7"] == found["answered_at_0.7"]
    assert set(calibration().weights) == {*found["features"], *calibration().prior}


def test_a_call_of_something_else_is_no_answer_whatever_it_says_of_itself(tmp_path: Path) -> None:
    planner = RulesPlanner(registry(tmp_path))
    chains = planner.chains("show payment 42", ANN)

    def sure(operation: str, **parameters: int) -> float:
        step = RestStep(operation_id=operation, parameters=dict(parameters))
        plan = RestPlan(source="model", source_id="services", steps=(step,), stated_confidence=1.0)
        return calibration().of(evidence(plan, chains))

    assert sure("payments.getPayment", payment_id=42) > 0.8
    assert sure("payments.getHealth") < 0.5
    assert sure("payments.listPayments") < 0.5


def test_a_call_that_leaves_out_what_the_question_gives_is_doubted(tmp_path: Path) -> None:
    chains = RulesPlanner(registry(tmp_path)).chains("list settled payments", ANN)

    def sure(**parameters: str) -> float:
        step = RestStep(operation_id="payments.listPayments", parameters=dict(parameters))
        plan = RestPlan(source="model", source_id="services", steps=(step,), stated_confidence=0.9)
        return calibration().of(evidence(plan, chains))

    assert sure(status="settled") > 0.8
    assert sure() < 0.7


def test_health_checks_are_what_was_asked_for() -> None:
    plan = RestPlan(
        source="rules", source_id="services", health=("payments",), stated_confidence=0.95
    )

    assert calibration().of(evidence(plan, ())) > 0.8


def test_of_what_no_document_was_fitted_on_one_answer_in_ten_is_wrong_at_most(
    subjects: list[Subject],
) -> None:
    found = recorded(subjects, list(examples_of(subjects)), NAMES)["answered_at_0.7"].values()

    answered = sum(each["answered"] for each in found)
    wrong = sum(each["calls"] + each["values"] for each in found)
    assert answered > 60
    assert wrong <= answered / 10


@pytest.mark.parametrize(
    "question",
    [
        "exchange rate of payment 42",
        "where is payment 42",
        "payments nobody settled",
        "opening hours of payment 42",
    ],
)
def test_what_is_asked_for_and_named_by_no_call_is_no_sure_answer(
    tmp_path: Path, question: str
) -> None:
    planner = RulesPlanner(registry(tmp_path))
    plan = planner.plan(question, ANN)

    assert not isinstance(plan, RestPlan) or (
        calibration().of(evidence(plan, planner.chains(question, ANN))) < 0.7
    )
