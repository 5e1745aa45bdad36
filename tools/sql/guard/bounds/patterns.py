"""Patterns: literal, short, and of a kind that cannot run away.

Postgres matches plain expressions with automata; back references, lookaround and large counted
repetition make it search instead, and the time for that grows without bound.
"""

from __future__ import annotations

import re

from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.kinds import Kinds
from clearway.tools.sql.guard.statement.spelling import call_name, position_of, type_name

MAX_PATTERN = 200
MAX_REPEAT = 200
MAX_STARS = 2
MAX_WILDCARDS = 12
MAX_ANYWHERE = 2
"""Most `.**` in a JSON path: each goes through all that the one before found."""

PATTERN_CALLS = frozenset(
    {
        "regexp_count",
        "regexp_instr",
        "regexp_like",
        "regexp_match",
        "regexp_matches",
        "regexp_replace",
        "regexp_split_to_array",
        "regexp_split_to_table",
        "regexp_substr",
    }
)
_BACKWARD = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?[=!<]")
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def check_pattern(node: exp.Expr, kinds: Kinds) -> None:
    """Raise `Refused` where a node matches a pattern that is not known to be cheap."""
    kind = type(node)
    if kind in (exp.RegexpLike, exp.RegexpILike, exp.SimilarTo):
        _check_regex(node.expression, node)
    elif kind is exp.Anonymous and call_name(node) in PATTERN_CALLS:
        arguments = node.expressions
        _check_regex(arguments[1] if len(arguments) > 1 else None, node)
    elif kind is exp.Substring:
        start = node.args.get("start")
        if start is not None and kinds.of(start) != "number":  # text would be a pattern
            _check_regex(start, node)
    elif kind in (exp.Literal, exp.Cast):
        _check_path(node)
    elif kind in (exp.Like, exp.ILike):
        pattern = node.expression
        if isinstance(pattern, exp.Literal) and pattern.name.count("%") > MAX_WILDCARDS:
            raise _refused("A LIKE pattern has too many wildcards.", node)


def _check_path(node: exp.Expr) -> None:
    """Judge a constant that may be a JSON path, and what is made one."""
    if isinstance(node, exp.Cast):
        if type_name(node.args["to"]) == "jsonpath" and not isinstance(node.this, exp.Literal):
            raise _refused("A JSON path is not written out as a constant.", node)
    elif "like_regex" in node.name:
        raise _refused("A JSON path matches a regular expression.", node)
    elif node.name.count(".**") > MAX_ANYWHERE:
        raise _refused("A JSON path looks through everything again and again.", node)


def _check_regex(pattern: exp.Expr | None, node: exp.Expr) -> None:
    while isinstance(pattern, exp.Paren | exp.Cast):
        pattern = pattern.this
    if isinstance(pattern, exp.Any | exp.All):
        raise _refused("A list of regular expressions cannot be checked.", node)
    if not isinstance(pattern, exp.Literal | exp.ByteString | exp.RawString):
        raise _refused("A regular expression is not written out as a constant.", node)
    text = pattern.name
    if len(text) > MAX_PATTERN:
        raise _refused("A regular expression is too long.", node)
    if _BACKWARD.search(text):
        raise _refused("A regular expression looks back or ahead.", node)
    if _repetition(text) > MAX_REPEAT:
        raise _refused("A regular expression counts too far.", node)
    if _star_height(text) > MAX_STARS:
        raise _refused("A regular expression repeats repetitions.", node)


def _repetition(text: str) -> int:
    product = 1
    for found in _COUNTED.finditer(text):
        product *= max(1, int(found[2] or found[1]))
    return product


def _star_height(text: str) -> int:
    """Return how deeply unbounded repetition is nested; brackets and escapes are skipped."""
    heights = [0]
    closed = highest = 0
    plain = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", text)
    for place, char in enumerate(plain):
        repeated = plain[place + 1 : place + 2] in ("*", "+") or re.match(
            r"\{\d*,\}", plain[place + 1 :]
        )
        if char == "(":
            heights.append(0)
        elif char == ")" and len(heights) > 1:
            closed = heights.pop() + bool(repeated)
            heights[-1] = max(heights[-1], closed)
        elif char not in "*+?{}|()" and repeated:
            heights[-1] = max(heights[-1], 1)
        highest = max(highest, heights[-1])
    return highest


def _refused(reason: str, node: exp.Expr) -> Refused:
    return Refused(
        "bounds",
        "bounds.pattern",
        reason,
        "Use a short constant pattern without back references, lookaround or nested repetition; "
        "or LIKE.",
        position_of(node),
    )
