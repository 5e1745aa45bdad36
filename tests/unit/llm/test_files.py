"""Files that are broken in the ways files are: one sentence that names file and place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.llm.face.config import load_config
from clearway.llm.files import mapping_of
from clearway.llm.policy.rules import load_rules
from clearway.llm.providers.registry import load_registry

pytestmark = pytest.mark.unit

BROKEN = {
    "1: x": "line 1: a key is a text, and `1` is no text",
    "a: {2020-01-01: x}": "line 1: a key is a text, and `2020-01-01` is no text",
    "a:\n  on: x": "line 2: a key is a text, and `on` is no text",
    "{[a]: b}": "line 1: a key is a text, and this is no text",
    "a: 1\nb: 2\na: 3": "line 3: `a` is there twice, first in line 1",
    "a: [{b: 1,\n  b: 2}]": "line 2: `b` is there twice, first in line 1",
    "a:\n\t- b": "line 2: this is not YAML (it is indented with spaces, not with tabs)",
    "a: b: c": "line 1: this is not YAML (mapping values are not allowed here)",
    'a: "b\n': "line 2: this is not YAML (found unexpected end of stream)",
    "a: [": "this is not YAML",
    "a: 1\n---\nb: 2": "line 2: this is not YAML (a second document begins here",
    "a: 1\nb: 2020-99-01": "line 2: this is not YAML (month must be in 1..12)",
    f"a: {'9' * 5000}": "line 1: this is not YAML (Exceeds the limit",
    "a: !!python/name:os.system x": "line 1: this is not YAML (could not determine",
    "a: 1\nb: \0": "line 2: this is not YAML (it has the character 0x00",
    "[" * 5000 + "]" * 5000: "it is nested too deep",
    "- a": "a mapping is wanted, with `word: value` on its lines; this is a list",
    "hello": "a mapping is wanted, with `word: value` on its lines; this is a single value",
    b"a: 1\n\x89PNG\xff": "cannot be read: line 2 is no text in UTF-8",
    "a: 1".encode("utf-16"): "cannot be read: line 1 is no text in UTF-8",
}


@pytest.mark.parametrize("load", [load_config, load_registry, load_rules])
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_told_in_one_sentence_with_its_place(
    tmp_path: Path, load: Callable[[Path], object], text: str | bytes
) -> None:
    own = tmp_path / "own.yaml"
    own.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        load(own)
    assert str(own) in caught.value.message
    assert BROKEN[text] in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("load", [load_config, load_registry, load_rules])
def test_a_folder_is_no_file(tmp_path: Path, load: Callable[[Path], object]) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read .*Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers: {one: x}", "providers: a list is wanted, not a mapping."),
        ("providers: [one]", "providers.0: a mapping is wanted, not a text."),
        ("providers: [{model: m}]", "entry 1 of providers has no id."),
        ("providers: [{id: a}, {id: a}]", "entries 1 and 2 of providers have one id, 'a'."),
        ("routes: {a: one}", "routes.a: a list is wanted, not a text."),
        ("timeouts: fast", "timeouts: a mapping is wanted, not a text."),
        ("limits: {window_s: .inf}", "limits.window_s: Input should be a finite number."),
        ("weights: {cost: .nan}", "weights.cost: Input should be a finite number."),
        ("weights: {cost: -1}", "weights: cost: a weight is 0 or more."),
        (
            "artifacts: {fallbacks: [models]}",
            "artifacts.fallbacks.0: Input should be 'provider', 'rules' or 'similar'.",
        ),
        (
            "artifacts: {fallbacks: [rules, rules]}",
            "artifacts.fallbacks: each step is there once at most.",
        ),
        ("artifacts: {ttl_s: 0}", "artifacts.ttl_s: Input should be greater than 0."),
    ],
)
def test_what_a_serve_file_cannot_mean_is_told(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_config(own)
    assert caught.value.message == f"{own}: {said}"


def test_an_empty_file_says_nothing_and_one_with_a_mark_of_order_is_read(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("# nothing yet\n")
    assert load_config(own).providers == ()
    own.write_bytes("max_attempts: 2".encode("utf-8-sig"))
    assert load_config(own).max_attempts == 2


def test_what_stands_for_another_part_may_be_overridden() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}"
    assert mapping_of(text, "own.yaml")["c"] == {"x": 3, "y": 4}
