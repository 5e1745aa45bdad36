"""The second reader: Postgres's own grammar, and an allowlist of its own over the whole tree.

It reads what arrives and what will run, without sharing a line with the first reader. It knows no
catalog, only shapes: one SELECT of known node types and fields, calls, types and operators by name,
no attribute notation, no qualified call or operator, and every FROM item a WITH query in scope or a
table it reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pgparse  # type: ignore[import-not-found,unused-ignore]  # the binding ships no types

from clearway.tools.sql.guard.grammar.reading import Node, Reading
from clearway.tools.sql.guard.grammar.walk import Walk
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import without_comments
from clearway.tools.sql.guard.statement.text import too_deep
from clearway.tools.sql.guard.vocabulary import Vocabulary

MAX_DEPTH = 400


def read(sql: str, vocabulary: Vocabulary) -> Reading:
    """Return the one SELECT of the text, or raise `Refused`."""
    statement = _parse(sql)
    reading = Reading(statement)
    _check_depth(statement)
    Walk(reading, vocabulary).select(statement["SelectStmt"], frozenset())
    return reading


def _parse(sql: str) -> Node:
    try:
        statements = _statements(sql)
    except RecursionError:
        raise too_deep() from None
    except (pgparse.PGQueryError, UnicodeError) as error:
        if "memory exhausted" in str(error):
            raise too_deep() from None
        raise Refused(
            "agreement",
            "agreement.unreadable",
            "Postgres's grammar does not accept the statement.",
            "Check the spelling, the parentheses and the quotes.",
            _error_position(error),
        ) from None
    if len(statements) != 1:
        raise Refused(
            "agreement",
            "single_statement",
            "Exactly one statement is allowed.",
            "Write one SELECT statement.",
        )
    statement: Node = statements[0].get("stmt") or {}
    if set(statement) != {"SelectStmt"}:
        raise Refused(
            "agreement",
            "select_only",
            "Only a SELECT is allowed; this statement does something else.",
            "Write one SELECT statement.",
            0,
        )
    return statement


def _statements(sql: str) -> list[Node]:
    """Parse; where that fails, once more without comments.

    The library's scanner loses sight of `NOT LIKE`, `WITH ORDINALITY` and the like when a comment
    stands between the two words. The server does not, and what runs has no comments.
    """
    try:
        found: list[Node] = pgparse.parse(sql)
    except pgparse.PGQueryError:
        plain = without_comments(sql)
        if plain == sql:
            raise
        found = pgparse.parse(plain)
    return found


def _error_position(error: Exception) -> int | None:
    position = getattr(error, "position", None)
    return position - 1 if isinstance(position, int) and position > 0 else None


def _check_depth(root: Node) -> None:
    level: list[Any] = [root]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise too_deep()
        level = [child for node in level for child in _children(node)]


def _children(node: Any) -> Iterator[Any]:
    values = node.values() if isinstance(node, dict) else node
    for value in values:
        if isinstance(value, dict | list):
            yield value
