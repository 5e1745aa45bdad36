"""A local model: 8-bit on onnxruntime where that is installed, in numpy where it is not."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clearway.errors import ConfigurationError, ModelUnavailable
from clearway.llm.embeddings.bert import Bert, NumpyEncoder
from clearway.llm.embeddings.onnx_graph import RECIPE, onnx_bytes
from clearway.llm.embeddings.wordpiece import WordPiece

if TYPE_CHECKING:
    from clearway.llm.embeddings.bert import Array

EXTRA = "pip install 'clearway[embeddings]'"
MAX_BATCH = 32
"""Texts of one length that are encoded together."""


class Encoder(Protocol):
    """Ids to unit vectors."""

    def encode(self, ids: list[list[int]]) -> Array:
        """Return a unit vector for each row of ids; all rows are of one length."""
        ...


class OnnxEncoder:
    """A written graph, on one thread: a question is too small to share among several."""

    def __init__(self, file: Path) -> None:
        """Load the graph; raises what onnxruntime raises for a file that is none."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def encode(self, ids: list[list[int]]) -> Array:
        """Return a unit vector for each row of ids; all rows are of one length."""
        import numpy as np

        (vectors,) = self._session.run(None, {"ids": np.asarray(ids, dtype=np.int64)})
        found: Array = vectors
        return found


class LocalEmbedder:
    """Implements `Embedder` over a model folder. Nothing is read before the first text.

    The 8-bit graph is written once per weights, beside others in `cache`; whoever comes later finds
    it by the SHA-256 of the weights.
    """

    def __init__(self, folder: Path, *, cache: Path) -> None:
        """Raise `ConfigurationError` where the folder holds no model, or numpy is missing."""
        if find_spec("numpy") is None:
            raise ConfigurationError(
                f"CLEARWAY_EMBEDDING_MODEL_DIR is set, and numpy is missing: {EXTRA}."
            )
        self._model = Bert(folder)
        self._words = WordPiece.read(folder, max_tokens=self._model.shape.max_tokens)
        self._cache = cache
        self._encoder: Encoder | None = None
        self._loading = asyncio.Lock()

    @property
    def fast(self) -> bool:
        """Whether onnxruntime and what writes its graphs are installed."""
        return find_spec("onnxruntime") is not None and find_spec("onnx") is not None

    @property
    def model_id(self) -> str:
        """Name, weights and precision; the vectors of another are never compared with its."""
        kind = f"int8.{RECIPE}" if self.fast else "fp32"
        return f"{self._model.folder.resolve().name}@{self._model.digest[:12]}-{kind}"

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        return self._model.shape.width

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a unit vector for each text; raise `ModelUnavailable`.

        Texts of one length go together, so that nothing is padded and a vector does not depend on
        what else was asked.
        """
        async with self._loading:
            if self._encoder is None:
                self._encoder = await asyncio.to_thread(self._loaded)
        return await asyncio.to_thread(self._encoded, self._encoder, texts)

    def _encoded(self, encoder: Encoder, texts: Sequence[str]) -> list[list[float]]:
        cut = [self._words.ids(text) for text in texts]
        by_length: dict[int, list[int]] = {}
        for number, ids in enumerate(cut):
            by_length.setdefault(len(ids), []).append(number)
        found: list[list[float]] = [[] for _ in texts]
        for numbers in by_length.values():
            for start in range(0, len(numbers), MAX_BATCH):
                batch = numbers[start : start + MAX_BATCH]
                vectors = encoder.encode([cut[number] for number in batch])
                for number, vector in zip(batch, vectors, strict=True):
                    found[number] = vector.tolist()
        return found

    def _loaded(self) -> Encoder:
        try:
            return self._on_onnxruntime() if self.fast else NumpyEncoder(self._model)
        except (KeyError, ValueError) as error:
            raise ModelUnavailable(
                f"The embedding model in {self._model.folder} lacks {error}.",
                model=self._model.folder.name,
            ) from None

    def _on_onnxruntime(self) -> Encoder:
        file = self._cache / f"{self._model.digest}.{RECIPE}.onnx"
        if file.is_file():
            try:
                return OnnxEncoder(file)
            except Exception:
                file.unlink(missing_ok=True)
        try:
            _written(file, onnx_bytes(self._model))
        except OSError as error:
            raise ModelUnavailable(
                f"The embedding model cannot be written to {self._cache} ({error.strerror}).",
                model=self._model.folder.name,
            ) from None
        return OnnxEncoder(file)


def _written(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else does at the same time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(data)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
