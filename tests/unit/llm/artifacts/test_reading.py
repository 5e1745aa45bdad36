"""What models write around their answers, and what is made of it."""

from __future__ import annotations

import pytest

from clearway.llm.artifacts.reading import read_draft

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said",
    [
        '{"sql": "select 1"}',
        'Sure! Here it is:\n```json\n{"sql": "select 1"}\n```\nAnything else?',
        '{"artifacts": {"sql": "select 1"}, "confidence": 0.4}',
        '{"sql": "```sql\\nselect 1\\n```", "code": null, "yaml": "  "}',
        "Here you are:\n```sql\nselect 1\n```\n",
        '{"sql": "select 1"} and once more {"sql": "select 1"}',
        '{"note": 1} {"sql": "select 1"}',
    ],
)
def test_the_answer_is_found_whatever_stands_around_it(said: str) -> None:
    assert {part: text.strip() for part, text in read_draft(said).written.items()} == {
        "sql": "select 1"
    }


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I cannot do that.",
        '{"answer": 42}',
        '{"sql": "select 1"} or rather {"sql": "select 2"}',
        "```sql\nselect 1\n```\nor\n```sql\nselect 2\n```",
        '{"sql": ["select 1"]}',
        '{"pipeline": "copy it"}',
        '{"sql": "select 1',
        "{" * 50_000,
    ],
)
def test_what_is_no_answer_or_several_is_not_guessed_at(said: str) -> None:
    with pytest.raises(ValueError, match=r"no JSON object|several|no text|no object"):
        read_draft(said)


@pytest.mark.parametrize(("said", "stated"), [("0.7", 0.7), ("7", None), ('"high"', None)])
def test_a_stated_confidence_is_a_probability_or_nothing(said: str, stated: float | None) -> None:
    assert read_draft(f'{{"sql": "select 1", "confidence": {said}}}').stated == stated
