"""Calls and comparisons that no built-in function or operator takes.

Postgres would refuse them, or find a function or operator of the database's own that takes them.
The session's search path keeps those out of reach; here the statement is refused before, with a
reason its writer can act on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.kinds import OWN, Kinds, argument
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, position_of
from clearway.tools.sql.guard.vocabulary import words

_APART = frozenset({"number", "text", "bool"})
"""Kinds that never compare with one another."""

_NOT_TEXT = frozenset({"number", "bool", "time", "array", OWN})
_NOT_AN_ARRAY = frozenset({"number", "bool", "text", "time", OWN})
_NOT_A_NUMBER = frozenset({"text", "bool", "json", "array", OWN})
_NOT_A_TRUTH = frozenset({"number", "text", "time", "json", "array", OWN})

_FIRST: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        words("""
            upper lower initcap left right length char_length character_length ascii md5 reverse
            btrim ltrim rtrim lpad rpad repeat replace translate split_part substr strpos
            starts_with
        """),
        _NOT_TEXT,
    ),
    **dict.fromkeys(
        words("cardinality array_length array_upper array_lower array_to_string unnest"),
        _NOT_AN_ARRAY,
    ),
    **dict.fromkeys(
        words("""
            jsonb_array_elements jsonb_array_elements_text json_array_elements jsonb_each
            json_array_elements_text jsonb_each_text json_each json_each_text jsonb_object_keys
            json_object_keys jsonb_array_length json_array_length jsonb_path_query
        """),
        _NOT_AN_ARRAY | {"array"},
    ),
    **dict.fromkeys(words("sum avg stddev variance stddev_samp stddev_pop"), _NOT_A_NUMBER),
    **dict.fromkeys(words("bool_and bool_or every"), _NOT_A_TRUTH),
    "to_char": frozenset({"text", "bool", "json", "array", OWN}),
}
_ALONE = words("upper lower initcap ascii md5 reverse cardinality bool_and bool_or every avg sum")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_MATCHES = (exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike, exp.SimilarTo)
_INTERESTING = (
    *_COMPARISONS, *_MATCHES, exp.In, exp.Between, exp.Case, exp.DPipe, exp.Anonymous, exp.Explode,
    exp.Unnest, exp.Operator,
)  # fmt: skip


def check_kinds(
    nodes: Iterable[exp.Expr],
    bound: Mapping[int, Output],
    paired: Iterable[tuple[exp.Expr, Output | None, Output | None]] = (),
) -> None:
    """Raise `Refused` where kinds are known and nothing built in takes them together.

    `paired` are the columns that USING and NATURAL joins compare.
    """
    kinds = Kinds(bound)
    for join, left, right in paired:
        if _differ(kinds.of_output(left), kinds.of_output(right)):
            raise mismatch(join)
    for node in nodes:
        if not isinstance(node, _INTERESTING):
            continue
        if _is_wrong_call(node, kinds) or any(_apart(*pair, kinds) for pair in _pairs(node)):
            raise mismatch(node)
        if isinstance(node, _MATCHES) and kinds.of(node.this) in _NOT_TEXT - {OWN}:
            raise mismatch(node)
        if isinstance(node, exp.Operator) and _is_no_number(node, kinds):
            raise mismatch(node)
        if isinstance(node, exp.DPipe) and _cannot_join(node, kinds):
            raise mismatch(node)


def _is_wrong_call(node: exp.Expr, kinds: Kinds) -> bool:
    if isinstance(node, exp.Explode):
        return kinds.of(node.this) in _NOT_AN_ARRAY
    if isinstance(node, exp.Unnest):
        return any(kinds.of(argument) in _NOT_AN_ARRAY for argument in node.expressions)
    if not isinstance(node, exp.Anonymous):
        return False
    name, arguments = call_name(node), node.expressions
    first = argument(arguments[0]) if arguments else None
    return kinds.of(first) in _FIRST.get(name, ()) or (name in _ALONE and len(arguments) > 1)


def _is_no_number(node: exp.Expr, kinds: Kinds) -> bool:
    """Return whether `@` is asked for the absolute value of something that has none."""
    return node.args["operator"] == "@" and kinds.of(node.expression) != "number"


def _cannot_join(node: exp.Expr, kinds: Kinds) -> bool:
    return {kinds.of(node.this), kinds.of(node.expression)} <= {"number", "bool", "time"}


def _pairs(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield what a node compares with what."""
    if isinstance(node, _COMPARISONS):
        yield from _spread(node.this, node.expression)
    elif isinstance(node, exp.In):
        query = node.args.get("query")
        for choice in node.expressions or ([query] if query is not None else []):
            yield from _spread(node.this, choice)
    elif isinstance(node, exp.Between):
        yield node.this, node.args["low"]
        yield node.this, node.args["high"]
    elif isinstance(node, exp.Case) and node.this is not None:
        for branch in node.args["ifs"]:
            yield node.this, branch.this
    elif isinstance(node, exp.Anonymous) and call_name(node) == "nullif":
        yield node.expressions[0], node.expressions[-1]


def _spread(left: exp.Expr, right: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    right = _inside(right)
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        yield from zip(left.expressions, right.expressions, strict=False)
    elif isinstance(right, exp.Array) and not isinstance(left, exp.Array):
        for item in right.expressions:
            yield left, item
    elif not isinstance(left, exp.Tuple):
        yield left, right


def _inside(node: exp.Expr) -> exp.Expr:
    """Return what ANY, SOME, ALL or parentheses hold."""
    while True:
        if isinstance(node, exp.Any | exp.All | exp.Paren):
            node = node.this
        elif isinstance(node, exp.Anonymous) and call_name(node) in ("some", "all"):
            node = node.expressions[0]
        else:
            return node


def _apart(left: exp.Expr, right: exp.Expr, kinds: Kinds) -> bool:
    return _differ(kinds.of(left), kinds.of(right))


def _differ(one: str, two: str) -> bool:
    return one != two and {one, two} <= _APART


def mismatch(node: exp.Expr) -> Refused:
    """Return the refusal of values that do not go together."""
    return Refused(
        "names",
        "types.mismatch",
        "Nothing built in takes values of these types together.",
        "Convert one of them, for instance with ::text or ::numeric.",
        position_of(node),
    )
