"""How large a value can get: text, arrays and JSON built from pieces, in bytes, roughly.

A stored value counts as `STORED`; what functions build is reckoned from their arguments, through
subqueries and WITH queries. The point is not the size but the growth: doubling, repeating and
padding are found wherever they are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlglot import exp

from clearway.tools.sql.guard.bounds.digits import (
    SUMMED,
    is_taken,
    raised_digits,
    read_digits,
    summed_digits,
    written_digits,
)
from clearway.tools.sql.guard.bounds.growth import JSON_CALLS, Sizes, converted, grown
from clearway.tools.sql.guard.bounds.numbers import constant, most, span
from clearway.tools.sql.guard.bounds.products import is_tied, limited_rows
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.kinds import Kinds, kind_of_type
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name, position_of, type_name
from clearway.tools.sql.guard.vocabulary import AGGREGATES, words

STORED = 100.0
GROUPED = 100.0
"""How many values an aggregate is taken to collect for one group."""
COLLECTED = 3_000.0
"""The same over a whole table; EXPLAIN knows how many there really are."""
MAX_WIDTH = 5e6
MAX_ANSWER = 5e8
"""Most bytes of all rows of the answer."""
MAX_BUILT = 10_000
"""Longest text that repeat, lpad and rpad may make."""
MAX_EXPONENT = 400.0
MAX_FACTORIAL = 1_000
MAX_PADDING_DIGITS = 3
MAX_FOLLOWED = 200
"""How many steps from column to column are taken to see what a value is made of."""

_COLLECTING = words("""
    array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg string_agg range_agg
    json_agg_strict jsonb_agg_strict json_object_agg_strict json_object_agg_unique
    jsonb_object_agg_strict jsonb_object_agg_unique
""")
_SMALL = (AGGREGATES - _COLLECTING - {"min", "max", "mode", "any_value"}) | words("""
    length char_length character_length octet_length bit_length cardinality array_length md5 strpos
    position ascii date_part extract to_date to_timestamp age date_trunc
""")
_SPELLED_OUT = ("numeric", "jsonb")
_POWERS = words("power pow exp")
_NARROW = frozenset({"number", "time", "bool"})
_PADDING = re.compile(r"%(?:\d+\$)?-?(\*|\d+)")
_BUILDING = (exp.Anonymous, exp.DPipe, exp.Pow, exp.Array, exp.Tuple, exp.Cast)
_THROUGH = (exp.Paren, exp.Filter, exp.Order, exp.Alias)
_TEXTS = (exp.Literal, exp.ByteString, exp.RawString)
_CONDITIONS = (
    exp.Connector,
    exp.Predicate,
    exp.Not,
    exp.Extract,
    exp.StrPosition,
    exp.Exists,
    exp.Is,
)


class Widths:
    """Reckons widths over one resolved statement."""

    def __init__(
        self,
        bound: Mapping[int, Output],
        joined: Mapping[int, float],
        given: Mapping[int, float] | None = None,
    ) -> None:
        """Take what each column was resolved to, and how many rows each SELECT makes.

        `given` are widths of expressions that are known beforehand, by id.
        """
        self._bound = bound
        self._joined = joined
        self._kinds = Kinds(bound)
        self._taken: dict[int, bool] = {}
        self._given = given or {}
        self._known: dict[int, float] = dict(self._given)
        self.open_counts: list[tuple[exp.Expr, int]] = []
        """Counts of repeat, lpad and rpad that the data decide, and how large they may be."""
        self.collected_width = 0.0
        """Most bytes that one row adds to a value that an aggregate collects."""

    def check(self, nodes: Iterable[exp.Expr]) -> None:
        """Raise `Refused` where a value could grow beyond what is allowed."""
        for node in nodes:
            if isinstance(node, _BUILDING):
                self.width(node)

    def check_answer(self, root: exp.Expr, rows: float) -> None:
        """Raise `Refused` where all rows of the answer together would be too large."""
        selects = root.selects if isinstance(root, exp.Query) else ()
        if sum(map(self.width, selects)) * rows > MAX_ANSWER:
            raise _refused("The answer would be too large.", root)

    def width(self, node: exp.Expr) -> float:
        """Return about how many bytes a value of the node can have."""
        known = self._known.get(id(node))
        if known is None:
            self._known[id(node)] = STORED
            known = self._known[id(node)] = self._reckon(node)
            if known > MAX_WIDTH:
                raise _refused("A value built here could become too large.", node)
        return known

    def _reckon(self, node: exp.Expr) -> float:
        if isinstance(node, (*_TEXTS, *_CONDITIONS)):
            return written_digits(node) if isinstance(node, _TEXTS) else 8
        if isinstance(node, exp.Pow | exp.Anonymous):
            return self._call(node)
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Query):
            return self._widest(node.selects)
        if isinstance(node, exp.Cast):
            return max(converted(node, self.width(node.this)), self._read(node))
        return self._sum(node)

    def _read(self, cast: exp.Expr) -> float:
        """Return the digits of text that is read as a number or as JSON, exponents spelled out."""
        to, node = type_name(cast.args["to"]), cast.this
        if to not in _SPELLED_OUT or cast.args["to"].expressions:
            return 0.0
        while isinstance(node, _THROUGH):
            node = node.this
        ready = _is_json(node) if isinstance(node, exp.Anonymous) else isinstance(node, exp.Literal)
        if ready or self._kinds.of(node) == "number" or self._is_taken(node):
            return 0.0
        return read_digits(self.width(node), to)

    def _is_taken(self, node: exp.Expr) -> bool:
        return self._is(node, self._leaf_is_taken)

    def _leaf_is_taken(self, node: exp.Expr) -> bool:
        """Judge each node once, however often queries name it again."""
        known = self._taken.get(id(node))
        if known is None:
            self._taken[id(node)] = False
            known = self._taken[id(node)] = is_taken(node, self._is_taken)
        return known

    def _column(self, node: exp.Expr) -> float:
        output = self._bound.get(id(node))
        if output is not None and kind_of_type(output.type) in _NARROW:
            return 10.0
        return self._widest(output.made_of if output is not None else ())

    def _widest(self, parts: Sequence[exp.Expr]) -> float:
        return max((self.width(part) for part in parts), default=STORED)

    def _sum(self, node: exp.Expr) -> float:
        parts = list(node.iter_expressions())
        if not isinstance(node, exp.Array | exp.Tuple):
            return sum(map(self.width, parts))
        times = self._gathered(parts[0]) if parts and isinstance(parts[0], exp.Query) else 1.0
        return (sum(map(self._quoted, parts)) + len(parts)) * times

    def _quoted(self, node: exp.Expr, into: str = "") -> float:
        """Return the width of a value with its quotes quoted, where it may hold some of ours."""
        as_it_is = into in JSON_CALLS and self._is(node, _is_json)
        return self.width(node) * (1.0 if as_it_is or self._is(node, _is_plain) else 2.0)

    def _is(self, node: exp.Expr, holds: Callable[[exp.Expr], bool]) -> bool:
        """Return whether something holds of all a node stands for; stored columns are plain."""
        pending, seen = [node], 0
        while pending:
            each, seen = pending.pop(), seen + 1
            output = self._bound.get(id(each)) if isinstance(each, exp.Column) else None
            if id(each) in self._given:
                return False
            if isinstance(each, _THROUGH):
                pending.append(each.this)
            elif output is not None and output.made_of and seen < MAX_FOLLOWED:
                pending += output.made_of
            elif not holds(each) and not (isinstance(each, exp.Column) and holds is _is_plain):
                return False
        return True

    def _call(self, node: exp.Expr) -> float:
        if isinstance(node, exp.Pow):
            return self._power(node.this, node.expression, node)
        name = call_name(node)
        arguments = node.expressions
        if name in ("repeat", "lpad", "rpad"):
            return self._built(name, node)
        if name in _POWERS and arguments:
            return self._power(arguments[0] if len(arguments) > 1 else None, arguments[-1], node)
        if name == "format":
            _check_format(node)
        if name == "factorial":
            _check_factorial(arguments, node)
        sizes = Sizes(
            [self.width(argument) for argument in arguments],
            [self._quoted(argument, name) for argument in arguments],
        )
        if name in _SMALL:
            return summed_digits(sizes.plain if name in SUMMED else ())
        size = grown(node, sizes)
        if name not in _COLLECTING:
            return size
        self.collected_width = max(self.collected_width, size)
        return max(1.0, size) * self._collected(node)

    def _power(self, base: exp.Expr | None, exponent: exp.Expr, node: exp.Expr) -> float:
        self.width(exponent)
        size = 1.0 if base is None else self.width(base)
        _check_power(base, exponent, node)
        return raised_digits(exponent, size)

    def _collected(self, call: exp.Expr) -> float:
        """Return how many values an aggregate collects: a group's, or those of all rows."""
        select = call.find_ancestor(exp.Select)
        around = call.parent
        while isinstance(around, exp.Filter | exp.WithinGroup):
            around = around.parent
        if isinstance(around, exp.Window):
            parted = bool(around.args.get("partition_by") or around.args.get("alias"))
        else:
            parted = select is not None and select.args.get("group") is not None
        return GROUPED if parted else min(self._joined.get(id(select), COLLECTED), COLLECTED)

    def _gathered(self, query: exp.Expr) -> float:
        """Return how many values `ARRAY(query)` has: a group's where the outer row ties them."""
        if is_tied(query):
            return GROUPED
        return min(limited_rows(query, self._joined.get(id(query), COLLECTED)), COLLECTED)

    def _built(self, name: str, node: exp.Expr) -> float:
        arguments = node.expressions
        if len(arguments) < 2:
            return STORED
        for argument in arguments:
            self.width(argument)
        times = most(arguments[1])
        pieces = max(1.0, self.width(arguments[0])) if name == "repeat" else 1.0
        if times is None:
            self.open_counts.append((arguments[1], int(MAX_BUILT // pieces)))
            return MAX_BUILT
        if pieces * times > MAX_BUILT:
            raise _refused(f"{name}() would build a text that is too long.", node)
        return max(1.0, pieces * times)


def _is_plain(node: exp.Expr) -> bool:
    """Return whether a value holds no quotes that a call has put there."""
    if isinstance(node, exp.Anonymous):
        return call_name(node) in _SMALL
    return isinstance(node, (*_TEXTS, exp.Null, exp.Boolean, exp.Star, *_CONDITIONS))


def _is_json(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return kind_of_type(type_name(node.args["to"])) == "json"
    return isinstance(node, exp.Anonymous) and call_name(node) in JSON_CALLS


def _check_format(node: exp.Expr) -> None:
    pattern = node.expressions[0] if node.expressions else None
    if not isinstance(pattern, exp.Literal):
        raise _refused("The pattern of format() is not a constant.", node)
    for field in _PADDING.findall(pattern.name):
        if field == "*" or len(field) > MAX_PADDING_DIGITS:
            raise _refused("format() pads too far.", node)


def _check_factorial(arguments: Sequence[exp.Expr], node: exp.Expr) -> None:
    number = most(arguments[0]) if arguments else None
    if number is None or number > MAX_FACTORIAL:
        raise _refused("A factorial is not of a small, written number.", node)


def _check_power(base: exp.Expr | None, exponent: exp.Expr, node: exp.Expr) -> None:
    found = span(exponent)
    if found is not None and found.size > MAX_EXPONENT and constant(base) not in (0.0, 1.0):
        raise _refused("A number is raised to a power that is too large.", node)


def cap(count: exp.Expr, most: int) -> None:
    """Put `least(count, most)` where a count stands."""
    call = exp.Anonymous(this="least")
    count.replace(call)
    call.set("expressions", [count, exp.Literal.number(most)])


def _refused(reason: str, node: exp.Expr) -> Refused:
    remedy = "Build smaller values; keep texts and lists short."
    return Refused("bounds", "bounds.value", reason, remedy, position_of(node))
