"""The policy engine: what the shipped rules say, and what no rules can undo."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.errors import ConfigurationError
from clearway.llm.policy.decide import EndpointFacts, ProviderFacts, RulePolicy, facts_of
from clearway.llm.policy.rules import Rules, load_rules, parsed
from clearway.llm.ports import PolicyQuery, Risk, Sensitivity
from clearway.llm.providers.registry import load_registry
from clearway.llm.providers.specs import Price
from tests.unit.llm.conftest import route

pytestmark = pytest.mark.unit

SENSITIVITIES: list[Sensitivity] = ["public", "internal", "confidential", "restricted"]
RISKS: list[Risk] = ["low", "medium", "high"]
REGIONS = ("us", "eu", "cn", "local")

ours = RulePolicy(load_rules(), map(facts_of, load_registry()))


def place(name: str, *residency: str, output_price: Decimal | None = None) -> EndpointFacts:
    return EndpointFacts(name=name, residency=frozenset(residency), output_price=output_price)


def model(
    name: str, *endpoints: EndpointFacts, clearance: Sensitivity = "restricted"
) -> ProviderFacts:
    return ProviderFacts(id=name, clearance=clearance, endpoints=endpoints or (place("at", "us"),))


def rules(*listed: dict[str, object]) -> Rules:
    return Rules.model_validate({"version": 1, "rules": listed})


queries = st.builds(
    PolicyQuery,
    task=st.sampled_from(["sql_generation", "analysis"]),
    risk=st.sampled_from(RISKS),
    sensitivity=st.sampled_from(SENSITIVITIES),
    roles=st.frozensets(st.sampled_from(["analyst", "admin"])),
    tenant=st.sampled_from(["", "north"]),
    residency=st.frozensets(st.sampled_from(REGIONS)),
    budget_usd=st.none() | st.decimals(0, 1, places=2),
)
which = st.just("all") | st.fixed_dictionaries(
    {},
    optional={
        "providers": st.lists(st.sampled_from(["near", "far", "cheap"]), min_size=1, max_size=2),
        "local": st.booleans(),
        "residency": st.lists(st.sampled_from(REGIONS), min_size=1, max_size=2),
        "output_price_above": st.sampled_from(["0", "1", "30"]),
    },
).filter(bool)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "sensitivity": st.lists(st.sampled_from(SENSITIVITIES), min_size=1, max_size=3),
        "risk": st.lists(st.sampled_from(RISKS), min_size=1, max_size=2),
        "roles": st.just(["admin"]),
        "residency": st.lists(st.sampled_from(REGIONS), min_size=1, max_size=2),
        "budget_below": st.just("0.5"),
    },
)
rule_lists = st.lists(
    st.fixed_dictionaries({"when": conditions, "reason": st.just("so")}, optional={
        "allow": which, "deny": which,
        "guardrails": st.just(["pii"]), "approval": st.just(True),
    }).filter(lambda rule: len(rule) > 2),
    min_size=1,
    max_size=6,
)  # fmt: skip
MODELS = (
    model("near", place("here", "local", output_price=Decimal(0))),
    model(
        "far",
        place("us", "us", output_price=Decimal(10)),
        place("eu", "eu", output_price=Decimal(40)),
        place("both", "us", "eu", output_price=Decimal(10)),
        clearance="internal",
    ),
    model("cheap", place("cn", "cn", output_price=Decimal(1)), clearance="public"),
    model("mixed", place("here", "local"), place("unknown"), clearance="confidential"),
)


@given(queries, st.sampled_from(SENSITIVITIES), st.sampled_from(RISKS))
def test_more_sensitive_or_riskier_is_never_less_strict(
    query: PolicyQuery, sensitivity: Sensitivity, risk: Risk
) -> None:
    stricter = replace(
        query,
        sensitivity=max(query.sensitivity, sensitivity, key=SENSITIVITIES.index),
        risk=max(query.risk, risk, key=RISKS.index),
    )
    before, after = ours.decide(query), ours.decide(stricter)
    assert after.places <= before.places
    assert after.guardrails >= before.guardrails
    assert after.needs_approval >= before.needs_approval


@given(queries)
def test_restricted_data_meets_local_models_only(query: PolicyQuery) -> None:
    decision = ours.decide(replace(query, sensitivity="restricted"))
    local = {facts.place(e) for facts in ours.providers for e in facts.endpoints if e.local}
    assert decision.places <= local
    assert {"pii", "secrets"} <= decision.guardrails


@given(queries, rule_lists, st.randoms())
def test_no_rules_lift_clearance_or_residency_and_their_order_decides_nothing(
    query: PolicyQuery, listed: list[dict[str, object]], chance: object
) -> None:
    named = [{**rule, "id": f"r{number}"} for number, rule in enumerate(listed)]
    policy = RulePolicy(rules(*named), MODELS)
    decision = policy.decide(query)
    for facts in MODELS:
        asked = [each for each in facts.endpoints if facts.place(each) in decision.places]
        assert bool(asked) == (facts.id in decision.allowed)
        assert {facts.place(each) for each in facts.endpoints if each not in asked} == {
            each for each in decision.denied if each.startswith(f"{facts.id}/")
        }
        for each in asked:
            assert SENSITIVITIES.index(facts.clearance) >= SENSITIVITIES.index(query.sensitivity)
            assert not query.residency or each.residency <= query.residency | {"local"}
    again = RulePolicy(rules(*reversed(named)), reversed(MODELS)).decide(query)
    assert again.places == decision.places
    assert again.guardrails == decision.guardrails
    assert again.needs_approval == decision.needs_approval
    assert sorted(again.reasons) == sorted(decision.reasons)


@given(queries, rule_lists, which)
def test_one_more_denial_never_allows_more(
    query: PolicyQuery, listed: list[dict[str, object]], denied: object
) -> None:
    named = [{**rule, "id": f"r{number}"} for number, rule in enumerate(listed)]
    more = [*named, {"id": "more", "deny": denied, "reason": "so"}]
    before = RulePolicy(rules(*named), MODELS).decide(query)
    assert RulePolicy(rules(*more), MODELS).decide(query).places <= before.places


FACTS = {
    "us": place("us", "us", output_price=Decimal(10)),
    "eu": place("eu", "eu", output_price=Decimal(40)),
    "both": place("both", "us", "eu", output_price=Decimal(10)),
    "here": place("here", "local", output_price=Decimal(0)),
    "somewhere": place("somewhere"),
}


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"allow": {"residency": ["eu"]}}, {"eu"}),
        ({"allow": {"residency": ["eu", "us"]}}, {"eu", "us", "both"}),
        ({"allow": {"local": True}}, {"here"}),
        ({"allow": {"providers": ["house"], "residency": ["local"]}}, {"here"}),
        ({"allow": "all", "deny": {"residency": ["us"]}}, {"eu", "here"}),
        ({"allow": "all", "deny": {"local": False}}, {"here"}),
        ({"allow": "all", "deny": {"output_price_above": "25"}}, {"us", "both", "here"}),
        (
            {"allow": "all", "deny": {"output_price_above": "5", "residency": ["us"]}},
            {"eu", "here"},
        ),
    ],
)
def test_a_rule_holds_for_each_endpoint_and_not_for_its_provider(
    rule: dict[str, object], left: set[str]
) -> None:
    policy = RulePolicy(
        rules({"id": "one", "reason": "So it is.", **rule}), [model("house", *FACTS.values())]
    )
    decision = policy.decide(PolicyQuery(task="analysis"))
    assert decision.places == {f"house/{name}" for name in left}
    assert decision.allowed == {"house"}
    verb = "denies it" if "deny" in rule else "allows others only"
    assert set(decision.denied.values()) == {f"rule one (So it is) {verb}"}


def test_the_price_of_an_endpoint_is_that_of_the_model_it_is_asked_for() -> None:
    cheap = route("house")
    dear = replace(cheap, price=Price(input=Decimal(9), output=Decimal(90)), endpoint="main#2")
    rule = {"id": "r", "allow": "all", "deny": {"output_price_above": "25"}, "reason": "Dear."}
    for routes, allowed in (
        ((), {"house/main"}),
        ((cheap,), {"house/main"}),
        ((cheap, dear), set()),
    ):
        policy = RulePolicy(rules(rule), [facts_of(cheap.provider, routes)])
        assert policy.decide(PolicyQuery(task="analysis")).places == allowed


def test_what_no_rule_allows_is_denied_and_said() -> None:
    policy = RulePolicy(rules({"id": "hide", "guardrails": ["pii"], "reason": "Hide it."}), MODELS)
    decision = policy.decide(PolicyQuery(task="analysis", sensitivity="public"))
    assert decision.allowed == frozenset()
    assert decision.reasons == (
        "hide: Hide it.",
        "No model is left: what no rule allows is denied.",
    )


def test_every_condition_of_a_rule_must_hold() -> None:
    rule = {
        "id": "admins",
        "when": {"roles": ["admin"], "tasks": ["analysis"], "budget_below": "0.50"},
        "allow": {"providers": ["near"]},
        "reason": "Admins analyse.",
    }
    policy = RulePolicy(rules(rule), MODELS)
    query = PolicyQuery(
        task="analysis", roles=frozenset({"admin", "x"}), budget_usd=Decimal("0.49")
    )
    assert policy.decide(query).allowed == {"near"}
    for change in (
        {"roles": frozenset({"x"})},
        {"task": "debugging"},
        {"budget_usd": Decimal("0.50")},
        {"budget_usd": None},
    ):
        assert policy.decide(replace(query, **change)).allowed == frozenset()  # type: ignore[arg-type]


def test_an_unknown_price_is_above_every_price() -> None:
    deny = {"id": "dear", "allow": "all", "deny": {"output_price_above": "99"}, "reason": "Dear."}
    policy = RulePolicy(
        rules(deny), [model("known", place("at", "us", output_price=Decimal(1))), model("unknown")]
    )
    assert policy.decide(PolicyQuery(task="analysis")).allowed == {"known"}


def test_the_version_is_of_what_is_said_and_not_of_how() -> None:
    one = "version: 1\nrules:\n- {id: a, allow: all, guardrails: [pii, secrets], reason: x}"
    other = "# why\nrules: [{reason: x, guardrails: [secrets, pii], allow: all, id: a}]\nversion: 1"
    changed = one.replace("reason: x", "reason: y")
    versions = [RulePolicy(parsed(text, "x"), []).version for text in (one, other, changed)]
    assert versions[0] == versions[1] != versions[2]
    assert len(versions[0]) == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "this is not YAML"),
        ("- a", "a mapping is wanted"),
        ("version: 2\nrules: []", "version (2): Input should be 1"),
        ("version: 1\nrules: []", "rules: Tuple should have at least 1 item"),
        ("version: 1\nrules: [{id: a, reason: x}]", "rule a: a rule allows"),
        ("version: 1\nrules: [{id: a, allow: some, reason: x}]", "rule a, allow ('some')"),
        ("version: 1\nrules: [{id: a, allow: {}, reason: x}]", "rule a, allow"),
        ("version: 1\nrules: [{id: a, alow: all, reason: x}]", "rule a, alow: Extra"),
        ("version: 1\nrules: [{id: a, allow: all}]", "rule a, reason: Field required"),
        (
            "version: 1\nrules: [{id: a, when: {risk: [huge]}, allow: all, reason: x}]",
            "rule a, when.risk.0 ('huge'): Input should be 'low', 'medium' or 'high'",
        ),
        (
            "version: 1\nrules: [{id: a, allow: all, reason: x}, {id: a, allow: all, reason: x}]",
            "two rules are called a",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parsed(text, "own.yaml")
    assert caught.value.message.startswith("own.yaml")
    assert said in caught.value.message


def test_a_model_nobody_knows_is_a_mistake() -> None:
    listed = rules({"id": "a", "allow": {"providers": ["near", "nowhere"]}, "reason": "x"})
    with pytest.raises(ConfigurationError, match=r"rule a names nowhere, .* there are cheap, far"):
        RulePolicy(listed, MODELS)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"CLEARWAY_POLICY_PATH=.*FileNotFoundError"):
        load_rules(tmp_path / "none.yaml")
