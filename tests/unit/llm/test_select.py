from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clearway.llm.choice.measured import Measured
from clearway.llm.choice.need import Need
from clearway.llm.choice.score import Weights, score
from clearway.llm.choice.select import Selection, select
from clearway.llm.ports import PolicyDecision
from clearway.llm.providers.routes import Route, Unavailable
from tests.unit.llm.conftest import route

pytestmark = pytest.mark.unit

NEED = Need(task="sql_generation", prompt_tokens=100, max_tokens=500)


def chosen(*routes: Route, need: Need = NEED, measured: Measured | None = None) -> Selection:
    by_provider: dict[str, list[Route]] = {}
    for each in routes:
        by_provider.setdefault(each.provider.id, []).append(each)
    return select(need, by_provider, {}, measured or Measured(), Weights())


def ranking(selection: Selection) -> list[str]:
    return [ranked.provider for ranked in selection.ranked]


@pytest.mark.parametrize(
    ("need", "provider", "reason"),
    [
        ({"features": frozenset({"vision"})}, {}, "it lacks vision"),
        ({"prompt_tokens": 99_501}, {}, "100001 tokens do not fit into its context of 100000"),
        ({"budget_usd": Decimal("0.001")}, {}, "it could cost $0.0016, and $0.001 is left"),
        (
            {"budget_usd": Decimal("0.003"), "answers": 2},
            {},
            "it could cost $0.0031, and $0.003 is left",
        ),
        ({"budget_usd": Decimal(1)}, {"price": None}, "its price is not known"),
        ({"sensitivity": "restricted"}, {}, "cleared for internal data, not for restricted"),
        ({"residency": frozenset({"us"})}, {}, "data would go to eu, not to us"),
        ({"order": ("other",)}, {}, "not in the order asked for"),
        ({}, {"retired": date(2025, 1, 1)}, "its vendor retired it on 2025-01-01"),
        ({}, {"latency_ceiling_ms": 10}, "it takes 1000 ms, more than its 10 ms"),
        ({"waiting": {"one/main": ("it is failing", 7.0)}}, {}, "asked again in 7 s"),
    ],
)
def test_each_filter_says_why(need: dict[str, Any], provider: dict[str, Any], reason: str) -> None:
    selection = chosen(route("one", **provider), need=replace(NEED, **need))
    assert selection.ranked == ()
    if "order" not in need:
        assert reason in selection.excluded["one"]
        assert reason in selection.explanation


def test_a_policy_allows_or_not() -> None:
    decision = PolicyDecision(
        version="abcdef012345",
        allowed=frozenset({"two"}),
        places=frozenset({"two/main"}),
        denied={"one/main": "rule eu-only (Only models in the EU) allows others only"},
        guardrails=frozenset(),
        needs_approval=False,
        reasons=(),
    )
    selection = chosen(route("one"), route("two"), need=replace(NEED, policy=decision))
    assert ranking(selection) == ["two"]
    assert selection.excluded == {
        "one": "policy abcdef01 does not allow it: "
        "rule eu-only (Only models in the EU) allows others only"
    }


def test_no_endpoint_of_an_allowed_provider_is_asked_that_the_policy_denies() -> None:
    decision = PolicyDecision(
        version="abcdef012345",
        allowed=frozenset({"one"}),
        places=frozenset({"one/eu"}),
        denied={"one/us": "rule eu-only (Only models in the EU) allows others only"},
        guardrails=frozenset(),
        needs_approval=False,
        reasons=(),
    )
    eu = route("one", endpoint="eu")
    second, us = replace(eu, endpoint="eu#2"), replace(eu, endpoint="us")
    need = replace(NEED, policy=decision)
    (ranked,) = chosen(us, eu, second, need=need).ranked
    assert [each.endpoint for each in ranked.routes] == ["eu", "eu#2"]
    waiting = {each.name: ("it is failing", 7.0) for each in (eu, second)}
    left = chosen(us, eu, second, need=replace(need, waiting=waiting))
    assert left.ranked == ()
    assert set(left.waiting) == {"one/eu", "one/eu#2"}
    assert left.excluded["one"].startswith("at us: policy abcdef01 does not allow it: rule eu-only")
    assert left.excluded["one"].endswith("and at eu#2: it is failing; it may be asked again in 7 s")


def test_a_retired_model_answers_to_its_name() -> None:
    old = route("old", retired=date(2025, 1, 1))
    assert ranking(chosen(old, need=replace(NEED, preference="old"))) == ["old"]
    assert ranking(chosen(old, need=replace(NEED, order=("old",)))) == ["old"]


def test_strength_for_the_task_decides_between_equals() -> None:
    sql = route("sql", strengths={"sql_generation": 0.9, "analysis": 0.4})
    talk = route("talk", strengths={"sql_generation": 0.4, "analysis": 0.9})
    assert ranking(chosen(talk, sql)) == ["sql", "talk"]
    assert ranking(chosen(talk, sql, need=replace(NEED, task="analysis"))) == ["talk", "sql"]


def test_three_fallbacks_are_ranked_and_the_rest_is_in_reserve() -> None:
    many = [route(f"p{n}", reliability=0.9 - n / 100) for n in range(6)]
    selection = chosen(*reversed(many))
    assert ranking(selection) == ["p0", "p1", "p2", "p3"]
    assert [ranked.provider for ranked in selection.reserves] == ["p4", "p5"]


def test_a_preference_is_boosted_but_passes_no_filter() -> None:
    weak = route("weak", strengths={"sql_generation": 0.6})
    strong = route("strong", strengths={"sql_generation": 0.9})
    wish = replace(NEED, preference="weak")
    assert ranking(chosen(weak, strong, need=wish)) == ["weak", "strong"]
    beyond = replace(wish, features=frozenset({"vision"}))
    assert ranking(chosen(weak, strong, need=beyond)) == []


def test_a_named_order_is_kept_whatever_the_scores() -> None:
    weak = route("weak", strengths={"sql_generation": 0.1})
    selection = chosen(route("strong"), weak, need=replace(NEED, order=("weak", "strong")))
    assert ranking(selection) == ["weak", "strong"]


def test_the_default_weights_are_the_declared_ones() -> None:
    weights = Weights()
    assert weights.total() == pytest.approx(1.0)
    assert weights.cost_heavy().cost / weights.cost_heavy().total() == pytest.approx(0.30)


@pytest.mark.parametrize("cost_heavy", [False, True])
def test_scores_lie_between_zero_and_one(cost_heavy: bool) -> None:
    best = route(
        "best",
        reliability=1.0,
        latency_ms=0.001,
        price={"input": "0", "output": "0"},
        strengths={"sql_generation": 1.0},
        features=["json", "functions", "streaming", "vision", "rag"],
    )
    need = replace(NEED, cost_heavy=cost_heavy, preference="best")
    assert score(need, best, Measured(), Weights()).value == pytest.approx(1.0)
    assert 0 < score(need, route("worst", reliability=0.0), Measured(), Weights()).value < 1


def test_when_money_runs_low_the_cheaper_one_wins() -> None:
    dear = route("dear", price={"input": "9", "output": "60"}, strengths={"sql_generation": 1.0})
    cheap = route("cheap", price={"input": "0", "output": "0"}, strengths={"sql_generation": 0.8})
    assert ranking(chosen(dear, cheap)) == ["dear", "cheap"]
    assert ranking(chosen(dear, cheap, need=replace(NEED, cost_heavy=True))) == ["cheap", "dear"]


def test_what_is_measured_takes_the_place_of_what_is_declared() -> None:
    boasts = route("boasts", reliability=1.0, latency_ms=1)
    modest = route("modest", reliability=0.9, latency_ms=3_000)
    measured = Measured()
    assert ranking(chosen(boasts, modest, measured=measured)) == ["boasts", "modest"]
    for _ in range(200):
        measured.observe(boasts, good=False, latency_s=1.0)
        measured.observe(modest, good=True, latency_s=0.1)
    assert ranking(chosen(boasts, modest, measured=measured)) == ["modest", "boasts"]
    assert measured.reliability(boasts) < 0.35
    assert 100 < measured.latency_ms(modest) < 1_000


def test_latency_is_averaged_over_successes_only() -> None:
    measured, one = Measured(), route("one")
    measured.observe(one, good=True, latency_s=0.2, cost_usd=Decimal("0.01"))
    measured.observe(one, good=False, latency_s=9.0)
    stats = measured.stats("one")
    assert (stats.total_requests, stats.success_rate) == (2, 0.5)
    assert stats.avg_latency_ms == pytest.approx(200)
    assert stats.total_cost_usd == Decimal("0.01")


def test_what_the_ledger_knows_weighs_as_much_as_calls_that_were_seen() -> None:
    seen, recalled, one = Measured(), Measured(), route("one")
    for _ in range(1000):
        seen.observe(one, good=True, latency_s=0.2)
    recalled.recall(one, calls=1000, good=1000, latency_s=0.2)
    assert recalled.reliability(one) == pytest.approx(seen.reliability(one), abs=0.001)
    assert recalled.latency_ms(one) == pytest.approx(seen.latency_ms(one), rel=0.01)
    recalled.recall(one, calls=0, good=0, latency_s=0.0)
    assert recalled.reliability(one) == one.provider.reliability


def test_answers_that_fail_their_checks_cost_rank_where_that_is_weighed() -> None:
    measured, liar, honest = Measured(), route("liar"), route("honest")
    for _ in range(100):
        measured.judge(liar.model, accepted=False)
        measured.judge(honest.model, accepted=True)
    weights = Weights(validated=0.5)
    assert score(NEED, liar, measured, weights).value < score(NEED, honest, measured, weights).value


def test_the_explanation_names_the_best_the_next_and_those_left_out() -> None:
    closed = {"gone": Unavailable(provider=route("gone").provider, reason="GONE_KEY is not set")}
    routes = {"one": [route("one", reliability=1.0)], "two": [route("two", reliability=0.1)]}
    text = select(NEED, routes, closed, Measured(), Weights()).explanation
    assert text.startswith("one suits best (")
    assert ", then two." in text
    assert text.endswith("Left out: gone: GONE_KEY is not set.")
