"""A BERT-like sentence encoder: its shape and weights from a folder, and what it computes."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

WEIGHTS = "model.safetensors"
MAX_HEADER = 100_000_000
_TYPES = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
_TOLD = "CLEARWAY_EMBEDDING_MODEL_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The numbers a model is built from."""

    layers: int
    heads: int
    width: int
    epsilon: float
    max_tokens: int
    mean: bool
    """A text is the mean of its tokens; else its first token."""


class Bert:
    """One model folder, read when first needed."""

    def __init__(self, folder: Path) -> None:
        """Raise `ConfigurationError` where the folder holds no such model."""
        self.folder = folder
        self.shape = _shape(folder)
        if not (folder / WEIGHTS).is_file():
            raise ConfigurationError(f"{_TOLD}: there is no {WEIGHTS} in {folder}.")

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the weights, in hex."""
        with (self.folder / WEIGHTS).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def weights(self) -> Mapping[str, Array]:
        """Every tensor by name, without a leading `bert.`, as 32-bit floats."""
        return read_safetensors(self.folder / WEIGHTS)


def _shape(folder: Path) -> Shape:
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))
        if told.get("model_type") != "bert":
            raise ConfigurationError(
                f"{_TOLD}: {folder} holds a model of type {told.get('model_type')!r}; only bert "
                "can be run here. Another can be served and named by CLEARWAY_EMBEDDING_URL."
            )
        if told.get("hidden_act", "gelu") != "gelu":
            raise ConfigurationError(
                f"{_TOLD}: {folder} uses {told['hidden_act']!r} between its layers; only gelu is "
                "known here."
            )
        limits = _json(folder / "sentence_bert_config.json")
        pooling = _json(folder / "1_Pooling" / "config.json")
        return Shape(
            layers=int(told["num_hidden_layers"]),
            heads=int(told["num_attention_heads"]),
            width=int(told["hidden_size"]),
            epsilon=float(told.get("layer_norm_eps", 1e-12)),
            max_tokens=int(limits.get("max_seq_length", told["max_position_embeddings"])),
            mean=not pooling.get("pooling_mode_cls_token", False),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{_TOLD}: {folder} holds no model: config.json is missing or incomplete."
        ) from None


def _json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def read_safetensors(file: Path) -> dict[str, Array]:
    """Return the tensors of a safetensors file; raise `ConfigurationError` where it is none."""
    import numpy as np

    try:
        data = file.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + min(length, MAX_HEADER)])
        found = {}
        for name, told in header.items():
            if name == "__metadata__" or told["dtype"] not in _TYPES:
                continue
            start, end = (8 + length + at for at in told["data_offsets"])
            flat = np.frombuffer(data[start:end], dtype=_TYPES[told["dtype"]])
            plain = flat.reshape(told["shape"]).astype(np.float32)
            found[name.removeprefix("bert.")] = plain
        return found
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        raise ConfigurationError(f"{_TOLD}: {file} is no safetensors file, or cut short.") from None


class NumpyEncoder:
    """The slow road: the same model in numpy, exact in 32 bits. About a hundred times slower."""

    def __init__(self, model: Bert) -> None:
        """Read the weights."""
        self._model = model
        self._weights = model.weights

    def encode(self, ids: list[list[int]]) -> Array:
        """Return a unit vector for each row of ids; all rows are of one length."""
        import numpy as np

        shape, weights = self._model.shape, self._weights
        tokens = np.asarray(ids)
        x = weights["embeddings.word_embeddings.weight"][tokens]
        x = x + weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
        x = self._normed(x, "embeddings.LayerNorm")
        for number in range(shape.layers):
            x = self._layer(x, f"encoder.layer.{number}")
        pooled = x.mean(axis=1) if shape.mean else x[:, 0]
        lengths = np.sqrt((pooled * pooled).sum(axis=-1, keepdims=True))
        unit: Array = (pooled / np.maximum(lengths, 1e-12)).astype(np.float32)
        return unit

    def _layer(self, x: Array, name: str) -> Array:
        import numpy as np

        heads, width = self._model.shape.heads, self._model.shape.width
        count, length, _ = x.shape
        q, k, v = (
            self._dense(x, f"{name}.attention.self.{part}")
            .reshape(count, length, heads, width // heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(width // heads)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores = scores / scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(count, length, width)
        mixed = self._dense(mixed, f"{name}.attention.output.dense")
        x = self._normed(x + mixed, f"{name}.attention.output.LayerNorm")
        inner = self._dense(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
        outer = self._dense(inner, f"{name}.output.dense")
        return self._normed(x + outer, f"{name}.output.LayerNorm")

    def _dense(self, x: Array, name: str) -> Array:
        found: Array = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return found

    def _normed(self, x: Array, name: str) -> Array:
        import numpy as np

        mean = x.mean(axis=-1, keepdims=True)
        spread = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        scaled = (x - mean) / np.sqrt(spread + self._model.shape.epsilon)
        found: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return found


def _erf(x: Array) -> Array:
    """Abramowitz and Stegun 7.1.26: within 1.5e-7 of the error function."""
    import numpy as np

    t = 1 / (1 + 0.3275911 * np.abs(x))
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    total = sum(factor * t ** (n + 1) for n, factor in enumerate(terms))
    found: Array = np.sign(x) * (1 - total * np.exp(-x * x))
    return found
