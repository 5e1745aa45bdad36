"""What kind of value an expression gives, as far as the catalog and the statement say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlglot import exp

from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, type_name
from clearway.tools.sql.guard.vocabulary import TYPES, words

UNKNOWN = ""
OWN = "own"
"""A type of the database's own, an enum most of all."""

_KINDS: dict[str, str] = {
    **dict.fromkeys(
        words("int2 int4 int8 float4 float8 numeric smallint integer bigint real"), "number"
    ),
    **dict.fromkeys(words("text varchar bpchar character citext"), "text"),
    **dict.fromkeys(words("date timestamp timestamptz"), "time"),
    **dict.fromkeys(words("json jsonb"), "json"),
    "double precision": "number",
    "character varying": "text",
    "timestamp without time zone": "time",
    "timestamp with time zone": "time",
    "bool": "bool",
    "boolean": "bool",
}
_BUILT_IN = TYPES | words("name oid xml") | {
    "time without time zone", "time with time zone", "bit varying"
}  # fmt: skip
_NUMBERS = words("""
    count rank dense_rank row_number ntile length char_length character_length octet_length
    cardinality array_length abs ceil ceiling floor round trunc mod power sqrt ln log exp sign
    random extract date_part strpos ascii corr stddev variance width_bucket
""")
_TEXTS = words("""
    initcap left right lpad rpad repeat replace reverse translate split_part substr
    concat concat_ws format md5 to_char string_agg regexp_replace array_to_string btrim ltrim rtrim
    to_hex
""")
_BOOLS = words("""
    bool_and bool_or every isempty lower_inc upper_inc lower_inf upper_inf isfinite starts_with
    regexp_like jsonb_path_exists jsonb_path_match
""")
_SAME = words("""
    min max mode coalesce greatest least nullif lag lead first_value last_value nth_value
""")
_TIMES = words("now make_date make_timestamp make_timestamptz to_timestamp to_date date_bin")
_ARRAYS = words("array_agg string_to_array regexp_split_to_array array_append array_remove")
_JSONS = words("""
    jsonb_build_object json_build_object jsonb_build_array json_build_array jsonb_agg json_agg
    jsonb_object_agg json_object_agg to_jsonb to_json
""")
_LIKE_FIRST = {
    **dict.fromkeys(words("upper lower"), "text"),  # of a range they are its bounds
    **dict.fromkeys(words("sum avg"), "number"),  # of intervals they are intervals
}
"""Calls that give this kind where their first argument is of it."""

_GIVEN = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(_BOOLS, "bool"),
    **dict.fromkeys(_TIMES, "time"),
    **dict.fromkeys(_ARRAYS, "array"),
    **dict.fromkeys(_JSONS, "json"),
}
_WRITABLE = frozenset({"text", "number", "time", "bool"})
_THROUGH = (exp.Paren, exp.Alias, exp.Filter, exp.WithinGroup, exp.Window, exp.Neg, exp.Collate)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Pow)


class Kinds:
    """Tells kinds over one resolved statement."""

    def __init__(self, bound: Mapping[int, Output]) -> None:
        """Take what the names layer resolved each column to."""
        self._bound = bound

    def of(self, node: exp.Expr | None, depth: int = 0) -> str:
        """Return the kind of value, or UNKNOWN: a string constant can be anything."""
        if node is None or depth > 40:
            return UNKNOWN
        rule = next((rule for types, rule in _RULES if isinstance(node, types)), None)
        return _simple(node) if rule is None else rule(self, node, depth)

    def of_output(self, output: Output | None, depth: int = 0) -> str:
        """Return the kind of an output column."""
        if output is None:
            return UNKNOWN
        return kind_of_type(output.type) or self._common(output.made_of, depth)

    def _column(self, node: exp.Expr, depth: int) -> str:
        return self.of_output(self._bound.get(id(node)), depth)

    def _inner(self, node: exp.Expr, depth: int) -> str:
        return self.of(node.this, depth + 1)

    def _case(self, node: exp.Expr, depth: int) -> str:
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        return self._common([*branches, *filter(None, [node.args.get("default")])], depth)

    def _query(self, node: exp.Expr, depth: int) -> str:
        outputs = node.selects if isinstance(node, exp.Query) else []
        return self.of(outputs[0], depth + 1) if outputs else UNKNOWN

    def _arithmetic(self, node: exp.Expr, depth: int) -> str:
        both = {self.of(node.this, depth + 1), self.of(node.expression, depth + 1)}
        return "number" if both == {"number"} else UNKNOWN

    def _call(self, node: exp.Expr, depth: int) -> str:
        name = call_name(node)
        arguments = [argument(each) for each in node.expressions]
        if name in _SAME:
            return self._common(arguments, depth)
        if name == "date_trunc" and len(arguments) > 1:
            kind = self.of(arguments[1], depth + 1)
            return kind if kind == "time" else UNKNOWN  # of an interval it is an interval
        if name in _LIKE_FIRST and arguments:
            kind = self.of(arguments[0], depth + 1)
            return kind if kind == _LIKE_FIRST[name] else UNKNOWN
        return _GIVEN.get(name, UNKNOWN)

    def _joined(self, node: exp.Expr, depth: int) -> str:
        """`||` gives text where one side is text and the other no array or JSON."""
        sides = (node.this, node.expression)
        both = {"text" if _is_word(side) else self.of(side, depth + 1) for side in sides}
        return "text" if "text" in both and both <= _WRITABLE else UNKNOWN

    def _common(self, parts: Iterable[exp.Expr], depth: int) -> str:
        kinds = {self.of(part, depth + 1) for part in parts} - {UNKNOWN}
        return kinds.pop() if len(kinds) == 1 else UNKNOWN


_RULES: tuple[tuple[Any, Callable[[Kinds, exp.Expr, int], str]], ...] = (
    (exp.Column, Kinds._column),
    (_THROUGH, Kinds._inner),
    (exp.Anonymous, Kinds._call),
    (exp.Case, Kinds._case),
    (exp.Query, Kinds._query),
    (_ARITHMETIC, Kinds._arithmetic),
    (exp.DPipe, Kinds._joined),
)


def argument(node: exp.Expr) -> exp.Expr:
    """Return what a call is given, without the DISTINCT or ORDER BY it is written with."""
    while isinstance(node, exp.Order | exp.Distinct):
        node = node.this if isinstance(node, exp.Order) else node.expressions[0]
    return node


def _is_word(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def kind_of_type(displayed: str) -> str:
    """Return the kind of a type as Postgres displays it."""
    if displayed.endswith("[]"):
        return "array"
    bare = displayed.split("(", 1)[0] + displayed.partition(")")[2]
    known = _KINDS.get(bare.strip())
    if known is not None:
        return known
    return UNKNOWN if not bare or bare.strip() in _BUILT_IN else OWN


def _simple(node: exp.Expr) -> str:
    if isinstance(node, exp.Literal):
        return UNKNOWN if node.is_string else "number"
    if isinstance(node, exp.Cast):
        to = node.args["to"]
        return "array" if to.args.get("this") is exp.DType.ARRAY else kind_of_type(type_name(to))
    if isinstance(node, exp.Array):
        return "array"
    if isinstance(node, exp.Extract | exp.StrPosition):
        return "number"
    if isinstance(node, exp.JSONExtractScalar | exp.Trim | exp.Substring):
        return "text"
    conditions = (exp.Boolean, exp.Predicate, exp.Connector, exp.Not, exp.Exists)
    return "bool" if isinstance(node, conditions) else UNKNOWN
