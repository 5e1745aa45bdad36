"""Write a BERT-like encoder as an ONNX graph, its weights quantised to 8 bits per channel.

Every matrix is multiplied in 8-bit integers: the activations are quantised as they come
(`DynamicQuantizeLinear`), the weights once, each output channel by its own scale. The word
embeddings are kept in 8 bits a row. Weights use 7 of their 8 bits: on processors without VNNI
two products are added in 16 bits, which would overflow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clearway.llm.embeddings.bert import Bert

if TYPE_CHECKING:
    from clearway.llm.embeddings.bert import Array

RECIPE = 1
"""Raised whenever the graph changes, so that a kept one is made anew."""

OPSET = 17
WEIGHT_MAX = 63
ROW_MAX = 127


def onnx_bytes(model: Bert) -> bytes:
    """Return the graph: `ids` of any number of rows of one length to `vectors` of length 1."""
    return _Writer(model).graph()


class _Writer:
    def __init__(self, model: Bert) -> None:
        self._model = model
        self._weights = model.weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._count = 0

    def graph(self) -> bytes:
        import onnx
        from onnx import TensorProto, helper

        shape = self._model.shape
        x = self._embedded()
        for number in range(shape.layers):
            x = self._layer(x, f"encoder.layer.{number}")
        self._pooled(x)
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "length"])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["rows", shape.width])],
            list(self._constants.values()),
        )
        opset = [helper.make_opsetid("", OPSET)]
        made = helper.make_model(graph, opset_imports=opset, producer_name="clearway")
        made.ir_version = 8
        onnx.checker.check_model(made)
        return bytes(made.SerializeToString())

    def _node(self, kind: str, *inputs: str, output: str = "", **settings: Any) -> str:
        from onnx import helper

        self._count += 1
        output = output or f"{kind}_{self._count}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **settings))
        return output

    def _constant(self, name: str, value: object, kind: str) -> str:
        import numpy as np
        from onnx import numpy_helper

        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(value, dtype=kind), name)
        return name

    def _float(self, name: str) -> str:
        return self._constant(name, self._weights[name], "float32")

    def _embedded(self) -> str:
        words, scale = _by_row(self._weights["embeddings.word_embeddings.weight"], ROW_MAX)
        table = self._constant("words", words, "int8")
        scales = self._constant("words.scale", scale, "float32")
        found = self._node("Cast", self._node("Gather", table, "ids"), to=1)
        found = self._node("Mul", found, self._node("Gather", scales, "ids"))
        length = self._node("Shape", "ids", start=1, end=2)
        zero = self._constant("zero", [0], "int64")
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        placed = self._node("Slice", self._constant("places", places, "float32"), zero, length)
        return self._normed(self._node("Add", found, placed), "embeddings.LayerNorm")

    def _layer(self, x: str, name: str) -> str:
        shape = self._model.shape
        per_head = shape.width // shape.heads
        apart = self._constant("apart", [0, 0, 3 * shape.heads, per_head], "int64")
        together = self._constant("together", [0, 0, shape.width], "int64")
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = self._node("Reshape", self._dense(x, *parts), apart)
        thirds = [f"{name}.{part}" for part in "qkv"]
        self._nodes.append(_split(joined, thirds))
        q, k, v = (
            self._node("Transpose", third, perm=perm)
            for third, perm in zip(thirds, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True)
        )
        root = self._constant("root", 1 / math.sqrt(per_head), "float32")
        scores = self._node("Softmax", self._node("Mul", self._node("MatMul", q, k), root), axis=-1)
        mixed = self._node("Transpose", self._node("MatMul", scores, v), perm=[0, 2, 1, 3])
        mixed = self._dense(
            self._node("Reshape", mixed, together), f"{name}.attention.output.dense"
        )
        x = self._normed(self._node("Add", x, mixed), f"{name}.attention.output.LayerNorm")
        inner = self._gelu(self._dense(x, f"{name}.intermediate.dense"))
        outer = self._dense(inner, f"{name}.output.dense")
        return self._normed(self._node("Add", x, outer), f"{name}.output.LayerNorm")

    def _dense(self, x: str, *names: str) -> str:
        """One product, however many matrices are asked for: the columns of each in turn."""
        import numpy as np

        name = names[0]
        whole = np.concatenate([self._weights[f"{each}.weight"] for each in names])
        weights, scale = _by_row(whole, WEIGHT_MAX)
        matrix = self._constant(f"{name}.int8", weights.T, "int8")
        scales = self._constant(f"{name}.scale", scale[:, 0], "float32")
        added = np.concatenate([self._weights[f"{each}.bias"] for each in names])
        bias = self._constant(f"{name}.added", added, "float32")
        self._count += 1
        parts = [f"q_{self._count}_{part}" for part in ("values", "scale", "zero")]
        from onnx import helper

        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [x], parts))
        none = self._constant("none", 0, "int8")
        product = self._node("MatMulInteger", parts[0], matrix, parts[2], none)
        product = self._node("Cast", product, to=1)
        product = self._node("Mul", product, self._node("Mul", parts[1], scales))
        return self._node("Add", product, bias)

    def _normed(self, x: str, name: str) -> str:
        return self._node(
            "LayerNormalization",
            x,
            self._float(f"{name}.weight"),
            self._float(f"{name}.bias"),
            axis=-1,
            epsilon=self._model.shape.epsilon,
        )

    def _gelu(self, x: str) -> str:
        root = self._constant("half.root", math.sqrt(2), "float32")
        one = self._constant("one", 1, "float32")
        half = self._constant("half", 0.5, "float32")
        bent = self._node("Add", self._node("Erf", self._node("Div", x, root)), one)
        return self._node("Mul", self._node("Mul", x, bent), half)

    def _pooled(self, x: str) -> None:
        if self._model.shape.mean:
            pooled = self._node("ReduceMean", x, axes=[1], keepdims=0)
        else:
            pooled = self._node("Gather", x, self._constant("first", 0, "int64"), axis=1)
        self._node("LpNormalization", pooled, output="vectors", axis=-1, p=2)


def _split(joined: str, thirds: list[str]) -> Any:
    from onnx import helper

    return helper.make_node("Split", [joined], thirds, axis=2)


def _by_row(matrix: Array, most: int) -> tuple[Array, Array]:
    """Return the matrix in whole numbers up to `most`, and the scale of each row."""
    import numpy as np

    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-12) / most
    return np.rint(matrix / scale), scale.astype(np.float32)
