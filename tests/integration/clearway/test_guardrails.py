"""Personal data on its way through a whole request; the model's replies are simulated."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from clearway import Clearway, Settings
from clearway.outcome import Answered, Outcome
from tests.integration.clearway.conftest import OPERATOR
from tests.model_server import ModelServer, Reply, model_server

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADDRESS = "ada@example.com"
QUESTION = f"glorbly revenue by channel without {ADDRESS}"
SQL = (
    "SELECT channel, sum(revenue) AS revenue, max(length('<EMAIL_1>')) AS size "
    "FROM demo.sales_fact WHERE channel <> '<EMAIL_1>' GROUP BY channel"
)
REPLY = Reply(json.dumps({"sql": SQL, "confidence": 1.0, "explanation": "without <EMAIL_1>"}))


async def ask(settings: Settings, server: ModelServer, **changes: object) -> tuple[Outcome, str]:
    """Return the outcome, and everything that is on record of it."""
    keyed = settings.model_copy(
        update={
            "openai_api_key": SecretStr("sk-test"),
            "model_base_url": server.url,
            "confidence_threshold": 0.0,
            "min_confidence_threshold": 0.0,
            **changes,
        }
    )
    async with Clearway.open(keyed, principal=OPERATOR) as cw:
        outcome = await cw.ask(QUESTION)
        records = await cw.get_audit_records(correlation_id=outcome.trace_id)
    return outcome, "\n".join(map(repr, records))


async def test_a_model_sees_a_placeholder_and_the_database_the_value(settings: Settings) -> None:
    with model_server(REPLY) as server:
        outcome, recorded = await ask(settings, server)
    (asked,) = server.asked
    told = json.dumps(asked)
    assert ADDRESS not in told
    assert "without <EMAIL_1>" in told
    assert isinstance(outcome, Answered), outcome
    assert {row[2] for row in outcome.result.rows} == {len(ADDRESS)}
    assert "[EMAIL]" in recorded
    assert ADDRESS not in recorded
    assert ADDRESS not in outcome.model_dump_json()
    assert "[EMAIL]" in (outcome.sql or "")
    assert "redaction" in [note.kind for note in outcome.degradations]


async def test_prompts_and_answers_can_be_left_open_but_never_the_record(
    settings: Settings,
) -> None:
    reply = Reply(REPLY.content.replace("<EMAIL_1>", ADDRESS))
    with model_server(reply) as server:
        outcome, recorded = await ask(settings, server, block_pii=False)
    assert ADDRESS in json.dumps(server.asked[0])
    assert isinstance(outcome, Answered), outcome
    assert ADDRESS in (outcome.sql or "")
    assert "[EMAIL]" in recorded
    assert ADDRESS not in recorded


async def test_what_a_person_writes_as_sql_runs_with_its_values(settings: Settings) -> None:
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        outcome = await cw.ask(
            f"SELECT count(*) AS n, max(length('{ADDRESS}')) FROM demo.sales_fact"
        )
        records = await cw.get_audit_records(correlation_id=outcome.trace_id)
    assert isinstance(outcome, Answered), outcome
    assert outcome.result.rows[0][1] == len(ADDRESS)
    assert ADDRESS not in repr(records)


async def test_a_statement_whose_secret_was_left_out_does_not_run(settings: Settings) -> None:
    statement = "SELECT count(*) AS n FROM demo.sales_fact WHERE channel <> '{}'"
    key = "sk-abcdefghijklmnop1234"
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        outcome = await cw.ask(statement.format(key))
        records = await cw.get_audit_records(correlation_id=outcome.trace_id)
    assert outcome.kind == "refused"
    assert "secret" in outcome.message
    assert [record.action for record in records if record.action == "execute"] == []
    assert key not in repr(records)
    opened = settings.model_copy(update={"block_secrets": False})
    async with Clearway.open(opened, principal=OPERATOR) as cw:
        outcome = await cw.ask(statement.format(key))
    assert outcome.kind == "answered"
