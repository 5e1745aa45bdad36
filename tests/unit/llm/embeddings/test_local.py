"""The whole path of a local model, on a tiny one: words, graph, 8 bits, cache, slow road."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="the embeddings extra is not installed")
pytest.importorskip("onnxruntime", reason="the embeddings extra is not installed")
pytest.importorskip("onnx", reason="the embeddings extra is not installed")

from clearway.errors import ConfigurationError
from clearway.llm.embeddings.bert import Bert, NumpyEncoder, read_safetensors
from clearway.llm.embeddings.local import LocalEmbedder
from clearway.llm.embeddings.wordpiece import WordPiece
from clearway.tools.docs.ports import Embedder
from tests.unit.llm.embeddings.tiny import PLACES, WIDTH, WORDS, write_model

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

TEXTS = ["How many orders?", "revenue by region", "", "orders", "how many, by region " * 40]


def cosine(one: list[float], other: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def embedder(folder: Path, **options: object) -> LocalEmbedder:
    return LocalEmbedder(write_model(folder / "tiny", **options), cache=folder / "cache")  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", [False, True])
async def test_eight_bits_say_what_thirty_two_do(tmp_path: Path, cls: bool) -> None:
    fast: Embedder = embedder(tmp_path, cls=cls)
    model = Bert(tmp_path / "tiny")
    words = WordPiece.read(model.folder, max_tokens=PLACES)
    exact = NumpyEncoder(model)

    vectors = await fast.embed(TEXTS)

    assert fast.dimensions == WIDTH
    for text, vector in zip(TEXTS, vectors, strict=True):
        (reference,) = exact.encode([words.ids(text)]).tolist()
        assert cosine(list(vector), list(vector)) == pytest.approx(1, abs=1e-5)
        assert cosine(list(vector), reference) > 0.98


async def test_a_vector_does_not_depend_on_what_else_is_asked(tmp_path: Path) -> None:
    fast = embedder(tmp_path)

    together = await fast.embed(TEXTS + TEXTS[::-1])
    apart = [(await fast.embed([text]))[0] for text in TEXTS]

    for one, other, again in zip(together, apart, together[::-1], strict=False):
        assert cosine(one, other) == pytest.approx(1, abs=2e-3)
        assert one == pytest.approx(again, abs=1e-6)


async def test_the_graph_is_written_once_for_the_same_weights(tmp_path: Path) -> None:
    first = embedder(tmp_path)
    await first.embed(["orders"])
    (file,) = (tmp_path / "cache").iterdir()
    stamp = file.stat().st_mtime_ns

    await LocalEmbedder(first._model.folder, cache=tmp_path / "cache").embed(["orders"])
    assert file.stat().st_mtime_ns == stamp

    other = embedder(tmp_path, seed=6)
    await other.embed(["orders"])
    assert other.model_id != first.model_id
    assert len(list((tmp_path / "cache").iterdir())) == 2


async def test_a_broken_cached_graph_is_made_anew(tmp_path: Path) -> None:
    wanted = await embedder(tmp_path).embed(["orders"])
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(b"no graph")

    assert await embedder(tmp_path).embed(["orders"]) == wanted
    assert file.read_bytes() != b"no graph"


async def test_numpy_is_the_slow_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = await embedder(tmp_path).embed(TEXTS)
    monkeypatch.setattr(LocalEmbedder, "fast", property(lambda self: False))
    slow = embedder(tmp_path)

    for one, other in zip(fast, await slow.embed(TEXTS), strict=True):
        assert cosine(one, other) > 0.98
    assert slow.model_id.endswith("fp32")


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("config.json", None, "config.json"),
        ("config.json", '{"model_type": "t5"}', "t5"),
        ("tokenizer.json", None, "tokenizer"),
        ("tokenizer.json", '{"model": {"type": "BPE"}}', "BPE"),
        ("model.safetensors", None, "model.safetensors"),
    ],
)
def test_a_folder_without_a_model_is_an_error_that_says_what_lacks(
    tmp_path: Path, file: str, content: str | None, what: str
) -> None:
    folder = write_model(tmp_path / "tiny")
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)

    with pytest.raises(ConfigurationError, match=what):
        LocalEmbedder(folder, cache=tmp_path)


def test_weights_cut_short_are_an_error(tmp_path: Path) -> None:
    file = write_model(tmp_path / "tiny") / "model.safetensors"
    file.write_bytes(file.read_bytes()[:200])

    with pytest.raises(ConfigurationError, match="safetensors"):
        read_safetensors(file)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("How many ORDERS?", "how many or ##der ##s ?"),
        ("revenue,region", "re ##ven ##ue , region"),
        ("é\u0000中", "e 中"),
        ("unknownword by", "[UNK] by"),
        ("x" * 101, "[UNK]"),
        ("", ""),
        ("it's", "[UNK] ' [UNK]"),
    ],
)
def test_words_are_cut_into_the_longest_known_pieces(text: str, pieces: str) -> None:
    words = WordPiece({word: number for number, word in enumerate(WORDS)}, max_tokens=12)

    found = [WORDS[number] for number in words.ids(text)]

    assert found == ["[CLS]", *pieces.split(), "[SEP]"]


def test_what_is_too_long_is_cut_off() -> None:
    words = WordPiece({word: number for number, word in enumerate(WORDS)}, max_tokens=8)

    assert len(words.ids("by region " * 1000)) == 8
