"""What the gate adds to the evidence, and what no evidence can outweigh."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from clearway.calibration import shipped_calibration
from clearway.errors import ModelUnavailable
from clearway.graph.context import Context
from clearway.graph.ports import ModelRequest, Services
from clearway.graph.state import State
from clearway.graph.turn import planned_text, read_text
from clearway.identity import Principal
from clearway.nodes.admit import new_request
from clearway.nodes.gate import gate
from clearway.plans import Rejection
from clearway.semantics.types import Abstention, Frame
from clearway.tools.sql.planning import sampled
from tests.ports import Estimator, PhraseBook, ScriptedModel, plan, services

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

ASKER = Principal(user="ada")
REFUSED = Rejection(layer="names", rule="sql.word", reason="No.", remedy="Other.")


async def gated(ports: Services, sql: str, **changes: Any) -> Any:
    state: State = {
        "request": new_request("sales", ASKER, Context(), ports),
        "frame": Frame(text="sales").to_json(),
        "plan": plan(sql, source=changes.pop("source", "model")).model_dump(mode="json"),
        **changes,  # type: ignore[typeddict-item]  # named by the tests
    }
    sealed: State = {
        **state,
        "read_seal": ports.seal.sign(read_text(state["request"], state["frame"])),
        "plan_seal": ports.seal.sign(planned_text(state, state["plan"])),
    }
    return await gate(sealed, Context(), ports)


def scores(found: Any) -> dict[str, float]:
    return {item["kind"]: item["score"] for item in found.update["evidence"]}


async def test_every_repair_makes_the_next_less_likely() -> None:
    rejected = [REFUSED.model_dump(mode="json")] * 2

    found = await gated(services(), "SELECT 1 FROM orders", rejected=rejected)

    assert scores(found)["repairs"] == pytest.approx(1 / 3, abs=1e-4)
    assert "repairs" not in scores(await gated(services(), "SELECT 1 FROM orders"))


@pytest.mark.parametrize("ports", [{}, {"prover": Estimator(objection=REFUSED)}])
async def test_an_objection_leaves_no_confidence(ports: dict[str, object]) -> None:
    sql = "SELECT 1 FROM orders" if ports else "DROP TABLE orders"
    certain = services(confidence=shipped_calibration(), **ports)

    found = await gated(certain, sql)

    assert found.update["confidence"] == 0
    assert scores(found)["objection"] == 0
    assert found.goto == "validate", "which says why, and lets it be repaired"


async def test_ones_own_sql_is_what_it_says() -> None:
    found = await gated(
        services(confidence=shipped_calibration()), "SELECT 1 FROM orders", source="raw"
    )

    assert found.update["confidence"] == 1
    assert set(scores(found)) == {"asker", "explain"}


REQUEST = ModelRequest(instructions="", question="sales", source_id="shop", timeout_s=1)


async def test_a_model_is_asked_as_often_as_policy_pays_for() -> None:
    one, two = plan("SELECT 1", source="model"), plan("SELECT 2", source="model")
    model = ScriptedModel([one, two, two])
    found, usage = await sampled(model, REQUEST, ASKER, semantics=PhraseBook(), count=3)

    assert getattr(found, "sql", None) == "SELECT 2"
    assert len(getattr(found, "others", ())) == 2
    assert usage.prompt_tokens == 30
    assert len(model.asked) == 3


async def test_samples_that_fail_are_fewer_and_all_failing_is_a_failure() -> None:
    down = ModelUnavailable("away", model="m")
    twice = partial(sampled, semantics=PhraseBook(), count=2)

    found, _ = await twice(ScriptedModel([down, plan("SELECT 1", source="model")]), REQUEST, ASKER)
    assert getattr(found, "sql", None) == "SELECT 1"
    no, _ = await twice(
        ScriptedModel([Abstention(reason="no"), Abstention(reason="no")]), REQUEST, ASKER
    )
    assert isinstance(no, Abstention)
    with pytest.raises(ModelUnavailable):
        await twice(ScriptedModel([down, down]), REQUEST, ASKER)
