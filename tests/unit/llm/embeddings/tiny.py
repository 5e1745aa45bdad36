"""A sentence encoder of two layers with random weights, in the form real ones come in."""

from __future__ import annotations

import json
import struct
from pathlib import Path

WORDS = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "how", "many", "or", "##der", "##s", "re", "##ven"),
    *("##ue", "by", "region", "?", ",", "'", "e", "中"),
]
WIDTH, HEADS, LAYERS, INNER, PLACES = 16, 4, 2, 32, 12


def write_model(folder: Path, *, seed: int = 5, cls: bool = False) -> Path:
    """Write the folder of a model and return it."""
    import numpy as np

    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        sizes = {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (INNER, WIDTH),
            "output.dense": (WIDTH, INNER),
        }
        for part, size in sizes.items():
            shapes[f"{name}.{part}.weight"] = size
            shapes[f"{name}.{part}.bias"] = size[:1]
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{name}.{part}.weight"] = shapes[f"{name}.{part}.bias"] = (WIDTH,)
    tensors = {
        name: (rng.normal(0, 0.5, shape) + name.endswith("LayerNorm.weight")).astype("<f4")
        for name, shape in shapes.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[f"bert.{name}"] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": offsets}
        data += raw
    told = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(told)) + told + data)
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": PLACES,
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = {
        "normalizer": {"lowercase": True},
        "model": {"type": "WordPiece", "vocab": vocabulary},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": cls}))
    return folder
