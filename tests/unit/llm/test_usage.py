from __future__ import annotations

import pytest

from clearway.llm.requests.attempts import usage_said
from clearway.llm.types import TokenUsage

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, TokenUsage(prompt=9, completion=2)),
        ({"prompt_tokens": 9}, TokenUsage(prompt=9)),
        (
            {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}},
            TokenUsage(prompt=9, cached=4),
        ),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}, TokenUsage(prompt=9, cached=4)),
        (
            {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 99}},
            TokenUsage(prompt=9, cached=9),
        ),
        ({"prompt_tokens": 9, "prompt_tokens_details": "none"}, TokenUsage(prompt=9)),
    ],
)
def test_a_providers_count_is_taken(said: object, usage: TokenUsage) -> None:
    assert usage_said(said) == usage


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        "12",
        {"prompt_tokens": -5, "completion_tokens": 1},
        {"prompt_tokens": 5, "completion_tokens": -1},
        {"prompt_tokens": "5"},
        {"prompt_tokens": 5.5},
        {"prompt_tokens": True},
        {"prompt_tokens": 10**30},
    ],
)
def test_what_can_be_no_count_is_none(said: object) -> None:
    assert usage_said(said) is None
