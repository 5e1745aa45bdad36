"""What a request asks for: the task, the parts, the temperature and the dialect."""

from __future__ import annotations

from typing import Any

import pytest

from clearway.llm.artifacts.dialects import dialect_of
from clearway.llm.artifacts.keys import key_of
from clearway.llm.artifacts.types import ArtifactRequest
from clearway.llm.artifacts.wants import wants_of
from clearway.llm.artifacts.warmth import temperature_of
from clearway.llm.types import ChatRequest

pytestmark = pytest.mark.unit


def asking(intent: str = "Move it.", **fields: Any) -> ArtifactRequest:
    return ArtifactRequest(intent=intent, **fields)


@pytest.mark.parametrize(
    ("fields", "temperature"),
    [
        ({"mode": "generate"}, 0.2),
        ({"mode": "regenerate"}, 0.1),
        ({"mode": "optimize"}, 0.3),
        ({"mode": "debug"}, 0.05),
        ({"mode": "describe"}, 0.15),
        ({"mode": "analyze"}, 0.15),
        ({"task": "sql_generation"}, 0.1),
        ({"task": "python_code"}, 0.2),
        ({"task": "optimization"}, 0.3),
        ({"task": "debugging"}, 0.05),
        ({"task": "explanation"}, 0.15),
        ({"task": "brainstorming"}, 0.7),
        ({"task": "yaml_config"}, 0.2),
        ({"task": "sql_generation", "mode": "optimize"}, 0.3),
    ],
)
def test_temperature_goes_by_mode_and_without_one_by_task(
    fields: dict[str, Any], temperature: float
) -> None:
    request = asking(**fields)
    assert temperature_of(request.mode, wants_of(request).task) == temperature


def test_data_that_goes_somewhere_wants_a_pipeline() -> None:
    moves = asking(sources=["orders"], targets=["lake"])
    assert (wants_of(moves).task, wants_of(moves).pipeline) == ("transformation", True)
    assert not wants_of(asking(sources=["orders"])).pipeline
    assert not wants_of(moves.model_copy(update={"mode": "describe"})).pipeline


@pytest.mark.parametrize(
    ("fields", "dialect"),
    [
        ({}, "postgres"),
        ({"intent": "a Snowflake query for it"}, "snowflake"),
        ({"sources": [{"name": "orders", "type": "MySQL"}]}, "mysql"),
        ({"sources": [{"type": "mysql"}], "targets": [{"type": "bigquery"}]}, "bigquery"),
    ],
)
def test_sql_speaks_the_dialect_of_where_it_runs(fields: dict[str, Any], dialect: str) -> None:
    assert dialect_of(asking(**fields)) == dialect


def key(intent: str, match: Any = "similar", asker: ChatRequest | None = None, **f: Any) -> str:
    return key_of(asking(intent, **f), asker or ChatRequest(messages=()), None, match=match)


@pytest.mark.parametrize(
    "alike",
    [
        "Copy orders to S3 daily",
        "please copy the orders to S3 daily.",
        "Could you copy orders to S3 daily, thanks!",
        "I'd like to copy orders to S3 daily",
    ],
)
def test_politeness_changes_nothing(alike: str) -> None:
    assert key(alike) == key("copy orders to S3 daily")


@pytest.mark.parametrize(
    "other",
    [
        "copy orders to S4 daily",
        "copy orders from S3 daily",
        "copy S3 to orders daily",
        "copy orders to s3 daily",
        "copy orders to S3 hourly",
        "do not copy orders to S3 daily",
        "copy all orders to S3 daily",
        "copy orders to S3 daily like before",
    ],
)
def test_whatever_else_differs_is_another_request(other: str) -> None:
    assert key(other) != key("copy orders to S3 daily")


def test_what_is_kept_is_nobody_elses() -> None:
    mine = key("copy", asker=ChatRequest(messages=(), user="ada"))
    assert mine != key("copy", asker=ChatRequest(messages=(), user="bob"))
    assert key("copy", sources=["a"]) != key("copy", sources=["b"])
    assert key("copy", hints={"indexes": ["a"]}) != key("copy")
    assert key("please copy", match="exact") != key("copy", match="exact")
    assert key("copy  it", match="exact") == key("copy it", match="exact")
