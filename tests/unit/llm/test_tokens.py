"""Counting tokens: never over the network, exact where it can be, near where it cannot."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.evals.bench.tokens import FAMILIES, OURS, errors, reference
from clearway.llm.tokens.counter import LocalTokenCounter, estimate
from clearway.llm.tokens.encodings import PUBLISHED, Published
from clearway.llm.tokens.families import Family, family_of
from clearway.llm.tokens.features import FEATURES, features_of

pytestmark = pytest.mark.unit


def counted() -> list[dict[str, Any]]:
    return reference(Path(__file__).parents[2] / "corpora" / "token_counts.jsonl")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a token was counted over the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", str(tmp_path / "none"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))


def small_encoding(folder: Path, name: str, *, as_cached: bool = False) -> Published:
    """Write an encoding of bytes and one pair, and return what it is published as."""
    pairs = [(bytes([byte]), byte) for byte in range(256)] + [(b"ab", 256)]
    data = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in pairs)
    published = Published(
        name=name, sha256=hashlib.sha256(data).hexdigest(), pattern=r"\p{L}+|[^\p{L}]+"
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (published.cached_as if as_cached else f"{name}.tiktoken")).write_bytes(data)
    return published


@pytest.mark.parametrize("family", FAMILIES)
def test_an_estimate_is_near_the_vendors_own_count(family: Family) -> None:
    texts = counted()
    assert len(texts) >= 250
    off, total = errors(family, texts)
    assert statistics.median(abs(each) for each in off) < 0.06
    assert abs(total) < 0.03
    _, ours = errors(family, [each for each in texts if each["sort"] in OURS])
    assert abs(ours) < 0.05


def test_of_a_model_nobody_knows_the_count_is_rather_high() -> None:
    texts = counted()
    guessed = sum(estimate("unknown", each["text"]) for each in texts)
    for family in FAMILIES:
        assert guessed > 0.95 * sum(each["tokens"][family] for each in texts)


@pytest.mark.parametrize("as_cached", [False, True])
def test_a_tokenizer_that_is_here_counts_exactly(tmp_path: Path, as_cached: bool) -> None:
    here = {"o200k": small_encoding(tmp_path / "own", "o200k_base", as_cached=as_cached)}
    counter = LocalTokenCounter(tmp_path / "own", published=here)
    assert counter.is_exact("openai/gpt-4o-mini")
    assert counter.count("gpt-4o", ["abc", "ab ab"]) == 2 + 3
    assert counter.count("gpt-4o", ["<|endoftext|>"]) == 13


def test_tiktokens_own_cache_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"cl100k": small_encoding(tmp_path / "cache", "cl100k_base", as_cached=True)}
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    assert LocalTokenCounter(published=here).is_exact("gpt-4-turbo")


def test_a_file_that_is_not_what_was_published_is_not_used(tmp_path: Path) -> None:
    small_encoding(tmp_path, "o200k_base")
    counter = LocalTokenCounter(tmp_path, published=PUBLISHED)
    assert not counter.is_exact("gpt-4o")
    assert counter.count("gpt-4o", ["total revenue by region"]) == 4


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-mini", "o200k"),
        ("gpt-5.1", "o200k"),
        ("o3-mini", "o200k"),
        ("gpt-4-turbo", "cl100k"),
        ("openai/gpt-4.1", "o200k"),
        ("Qwen/Qwen3-Coder-480B-A35B-Instruct", "qwen"),
        ("deepseek-chat", "deepseek"),
        ("google/gemini-2.5-pro", "gemma"),
        ("codestral-latest", "mistral"),
        ("meta-llama/Llama-3.3-70B", "llama"),
        ("claude-sonnet-4.5", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_model_has_the_tokenizer_of_its_family(model: str, family: Family) -> None:
    assert family_of(model) == family


@given(st.text(max_size=300))
def test_any_text_has_a_count(text: str) -> None:
    for family in (*FAMILIES, "unknown"):
        assert estimate(family, text) >= bool(text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_more_text_is_never_less_in_features_that_are_not_shared(one: str, other: str) -> None:
    joined = features_of(f"{one} | {other}")
    assert len(joined) == len(FEATURES)
    assert sum(joined) >= max(sum(features_of(one)), sum(features_of(other)))


@pytest.mark.parametrize(
    "part", ["a", "A", "aB", "1", "_", "-", " ", "\n", "ä", "字", "🎉", "\u0301"]
)
def test_a_hostile_text_is_counted_in_proportion_to_its_length(part: str) -> None:
    assert LocalTokenCounter().count("gpt-4o", [part * 100_000]) > 0


@pytest.mark.parametrize("family", (*FAMILIES, "unknown"))
@pytest.mark.parametrize(
    "text",
    [
        "\U00020000\U00020001" * 450,  # ideographs of extension B
        "龘靐" * 300,  # ideographs nobody uses
        "ሀለመ" * 366,  # Amharic
        "éሀለ" * 300,  # hidden in a word that begins as Latin
        "\u13a0\u13a1 \u0e81\u0e82 \u1000\u1001 \u10e6\u10db " * 90,
        "👨\u200d👩\u200d👧\u200d👦" * 200,
        "\u2003\u3000" * 450,
        "\U0001d400\U0001d469" * 300,
        "\x00\x01" * 300,
    ],
)
def test_what_no_estimate_was_fitted_to_is_counted_by_its_bytes(family: Family, text: str) -> None:
    assert estimate(family, text) >= 0.85 * len(text.replace(" ", "").encode())


@pytest.mark.parametrize(
    ("text", "least"),
    [("a" * 4_000, 1_900), ("я" * 4_000, 3_900), ("的" * 4_000, 4_000), ("字" * 24, 12),
     (" " * 4_000, 490), (" \n\t" * 400, 1_100), ("({[<" * 300, 550), ("א" * 24, 7),
     ("QXZVKWPJ " * 100, 180)],
)  # fmt: skip
def test_no_length_of_one_thing_is_counted_as_one_word(text: str, least: int) -> None:
    for family in (*FAMILIES, "unknown"):
        assert estimate(family, text) >= least


def test_weights_are_there_for_every_family_and_feature() -> None:
    from importlib.resources import files

    weights = json.loads((files("clearway.llm.tokens") / "weights.json").read_text("utf-8"))
    assert set(weights) == {*FAMILIES, "unknown"}
    for known in weights.values():
        assert set(known) == set(FEATURES)
        assert min(known.values()) >= 0
