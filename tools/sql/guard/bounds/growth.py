"""How much longer than its arguments a call's result can be, for calls that make more of them.

Quoting doubles what was quoted before, replacing and joining multiply two lengths, notations of
bytes and bits spell each one out. Once is harmless; nested, each doubles the one below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clearway.tools.sql.guard.bounds.digits import rounded_digits
from clearway.tools.sql.guard.bounds.numbers import span
from clearway.tools.sql.guard.statement.spelling import call_name, type_name
from clearway.tools.sql.guard.vocabulary import words

_PRETTY = 8.0
"""What indentation adds to JSON of ordinary depth."""
_WORDY = 4.0
_FIXED = words("int2 int4 int8 float4 float8 bool date timestamp timestamptz")
_FIXED_WIDTH = 40.0
_ENCODED = {"hex": 2.0, "base64": 1.5}

JSON_CALLS = words("""
    to_json to_jsonb json_build_array json_build_object jsonb_build_array jsonb_build_object
    json_object jsonb_object row_to_json array_to_json json_agg jsonb_agg json_object_agg
    jsonb_object_agg json_agg_strict jsonb_agg_strict json_object_agg_strict
    jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique jsonb_set jsonb_insert
    json_strip_nulls jsonb_strip_nulls json_extract_path jsonb_extract_path jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first
""")
"""Their results go into other JSON as they are, unquoted."""
QUOTING = words("""
    row array_agg quote_literal quote_nullable
    to_json to_jsonb json_build_array json_build_object jsonb_build_array jsonb_build_object
    json_object jsonb_object json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict
    jsonb_agg_strict json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique
    jsonb_object_agg_unique
""")
"""They put a backslash or a second quote before every quote inside."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long the arguments of a call are."""

    plain: Sequence[float]
    quoted: Sequence[float]
    """The same where every argument that was quoted before is quoted once more."""


def grown(call: exp.Expr, sizes: Sizes) -> float:
    """Return how long the result of a call can be."""
    name = call_name(call)
    rule = _RULES.get(name)
    if rule is not None and sizes.plain:
        return rule(call, sizes)
    if name in QUOTING:
        return sum(sizes.quoted) + len(sizes.quoted)
    return sum(sizes.plain)


def converted(cast: exp.Expr, size: float) -> float:
    """Return how long a value is after a conversion: padded, or spelled out in bytes and bits."""
    to = cast.args["to"]
    name = type_name(to)
    if name in _FIXED:
        return _FIXED_WIDTH
    if name == "bytea":
        return size * 2
    if name in ("bit", "varbit"):
        size *= 4
    if name in ("numeric", "bpchar", "char", "bit", "varbit") and to.expressions:
        found = span(to.expressions[0].this)
        return size if found is None else max(size, found.high)
    return size


def _replace(call: exp.Expr, sizes: Sizes) -> float:
    if len(sizes.plain) != 3:
        return sum(sizes.plain)
    found = call.expressions[1]
    taken = max(1, len(found.name)) if isinstance(found, exp.Literal) else 1
    return sizes.plain[0] * max(1.0, sizes.plain[2] / taken)


def _replace_pattern(call: exp.Expr, sizes: Sizes) -> float:
    if len(sizes.plain) < 3:
        return sum(sizes.plain)
    text, put = sizes.plain[0], sizes.plain[2]
    what, flags = call.expressions[2], call.expressions[3:]
    repeats = what.name.count("\\") if isinstance(what, exp.Literal) else put / 2
    once = not flags or (len(flags) == 1 and _is_without(flags[0], "g"))
    return text * (1 + repeats) + put * (1 if once else text + 1)


def _is_without(flags: exp.Expr, letter: str) -> bool:
    written_out = isinstance(flags, exp.Literal) and bool(flags.args.get("is_string"))
    return written_out and letter not in flags.name


def _array_replace(_: exp.Expr, sizes: Sizes) -> float:
    return (sizes.plain[0] + 1) * max(1.0, sizes.plain[-1])


def _join_array(_: exp.Expr, sizes: Sizes) -> float:
    return (sizes.plain[0] + 1) * (1 + sum(sizes.plain[1:]))


def _join(_: exp.Expr, sizes: Sizes) -> float:
    return sizes.plain[0] * len(sizes.plain) + sum(sizes.plain[1:])


def _format(call: exp.Expr, sizes: Sizes) -> float:
    pattern, sizes_in = call.expressions[0].name, sizes.plain[1:]
    quoting = 2.0 if re.search(r"%[^%]*[LI]", pattern) else 1.0
    again = pattern.count("%") * max(sizes_in, default=0.0) if "$" in pattern else sum(sizes_in)
    return sizes.plain[0] + again * quoting


def _append(_: exp.Expr, sizes: Sizes) -> float:
    """Return the size of an array with one more: what is in it already is quoted already."""
    return sizes.plain[0] + sizes.quoted[-1] + 1


def _prepend(_: exp.Expr, sizes: Sizes) -> float:
    return sizes.quoted[0] + sizes.plain[-1] + 1


def _split(_: exp.Expr, sizes: Sizes) -> float:
    """Return the size of pieces, each with quotes and a comma; plain text is taken as it is."""
    grows = sizes.quoted[0] > sizes.plain[0]
    return sizes.plain[0] * (_WORDY if grows else 1.0)


def _encode(call: exp.Expr, sizes: Sizes) -> float:
    notation = call.expressions[-1]
    name = notation.name.lower() if isinstance(notation, exp.Literal) else ""
    return sizes.plain[0] * _ENCODED.get(name, 4.0)


def _bytes(_: exp.Expr, sizes: Sizes) -> float:
    return sizes.plain[0] * 2


def _headline(_: exp.Expr, sizes: Sizes) -> float:
    return max(sizes.plain) * (1 + min(sizes.plain[-1], max(sizes.plain)))


def _pretty(call: exp.Expr, sizes: Sizes) -> float:
    deep = any(_is_read_as_json(node) for node in call.find_all(exp.Cast))
    return sizes.plain[0] * (max(_PRETTY, sizes.plain[0]) if deep else _PRETTY)


def _is_read_as_json(cast: exp.Expr) -> bool:
    """Return whether text that the statement builds is read as JSON, nested as deep as it likes."""
    to_json = type_name(cast.args["to"]) in ("json", "jsonb")
    return to_json and not isinstance(cast.this, exp.Column | exp.Literal)


def _dated(_: exp.Expr, sizes: Sizes) -> float:
    return sizes.plain[-1] * _WORDY + 30.0


def _rounded(call: exp.Expr, sizes: Sizes) -> float:
    return rounded_digits(call, sizes.plain)


_RULES: dict[str, Callable[[exp.Expr, Sizes], float]] = {
    "round": _rounded,
    "trunc": _rounded,
    "replace": _replace,
    "regexp_replace": _replace_pattern,
    "array_replace": _array_replace,
    "array_to_string": _join_array,
    "concat_ws": _join,
    "format": _format,
    "array_append": _append,
    "array_prepend": _prepend,
    "string_to_array": _split,
    "regexp_split_to_array": _split,
    "encode": _encode,
    "convert_to": _bytes,
    "ts_headline": _headline,
    "jsonb_pretty": _pretty,
    "to_char": _dated,
}
