from __future__ import annotations

import pytest

from clearway.llm.choice.classify import classify

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "task", "group"),
    [
        ("Write a SQL query for total revenue by region", "sql_generation", "code"),
        ("How many orders were placed in May?", "sql_generation", "code"),
        ("Implement a Python function that parses dates", "python_code", "code"),
        ("Give me a Kubernetes deployment manifest", "yaml_config", "code"),
        ("Explain what this query does: select a from b", "explanation", "writing"),
        ("Write a blog post about databases", "explanation", "writing"),
        ("Optimize this slow SQL query", "optimization", "code"),
        ("Fix the bug: TypeError in my pandas script", "debugging", "code"),
        ("Why does my join return duplicates? It fails", "debugging", "code"),
        ("Analyze the trend in churn", "analysis", "analysis"),
        ("Design a schema for an online shop", "schema_design", "analysis"),
        ("Build a star schema with fact tables for sales", "data_modeling", "analysis"),
        ("Convert the XML feed into parquet", "transformation", "code"),
    ],
)
def test_the_task_is_told_from_the_words(text: str, task: str, group: str) -> None:
    found = classify(text)
    assert (found.task, found.group) == (task, group)
    assert found.confidence > 0.4
    assert found.words


def test_words_that_say_nothing_are_analysis_without_confidence() -> None:
    found = classify("hello there")
    assert (found.task, found.confidence, found.words) == ("analysis", 0.0, ())


def test_the_end_of_a_long_text_counts_as_its_beginning() -> None:
    assert classify("x " * 50_000 + "optimize this").task == "optimization"
