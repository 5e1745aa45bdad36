from __future__ import annotations

import pytest

from clearway.llm.calls.faults import Fault
from clearway.llm.guards.bare_keys import OwnKeys, without_keys

pytestmark = pytest.mark.unit

HEX_64 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OURS = OwnKeys(frozenset({"sk-test-1234567890", "weirdkey-77-zz", "lm-studio", "short"}))


@pytest.mark.parametrize(
    "key",
    ["9f86d081884c7d659a2feaa0c55ad015", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0", HEX_64,
     "kQmZtWvXyRbNcPdLfGhJsKaEwUiOpMnB", "sk-other-abcdefgh1234567890"],
)  # fmt: skip
def test_a_key_without_a_form_of_its_own_is_hidden_in_what_went_wrong(key: str) -> None:
    assert without_keys(f"Incorrect key: {key}. Get one.") == "Incorrect key: [API_KEY]. Get one."
    assert key[:20] not in Fault("auth", said="x" + " x" * 240 + f" {key}").said


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-te***7890.",
        "claude-3-5-sonnet-20241022 does not support parallel_tool_calls.",
        "This model's maximum context length is 128000 tokens, at https://models.test/v1/limits.",
        "Bundesausbildungsfoerderung is no tool.",
    ],
)
def test_what_is_no_key_is_told(said: str) -> None:
    assert without_keys(said) == said
    assert OURS.unsaid(said) == said


def test_a_uuid_is_a_key_to_some_who_do_not_accept_it() -> None:
    said = "No such key: 0f8fad5b-d9cb-469f-a165-70867728950e"
    assert Fault("auth", said=said).said == "No such key: [API_KEY]"
    assert Fault("invalid", said=said).said == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Wrong: sk-test-1234567890!", "Wrong: [API_KEY]!"),
        ("Wrong: SK-TEST-1234567890!", "Wrong: [API_KEY]!"),
        ("Wrong: sk-test-12345...", "Wrong: [API_KEY]..."),
        ("Wrong: ...st-1234567890", "Wrong: ...[API_KEY]"),
        ("Wrong: weirdkey-77-zz", "Wrong: [API_KEY]"),
        ("Wrong: weirdkey-…", "Wrong: [API_KEY]…"),
        ("Wrong: sk-te***7890", "Wrong: sk-te***7890"),
        ("lm-studio is no key", "[API_KEY] is no key"),
        ("short", "short"),
    ],
)
def test_no_error_says_a_key_of_ours_whole_or_by_one_end(said: str, told: str) -> None:
    assert OURS.unsaid(said) == told


def test_a_model_may_say_words_that_serve_as_keys() -> None:
    assert OURS.unwritten("lm-studio has weirdkey-77-zz") == "lm-studio has [API_KEY]"
