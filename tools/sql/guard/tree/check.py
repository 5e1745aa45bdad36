"""The tree layer: every node, every argument of every node, against what is known to be a read.

`shapes` is the whole grammar that is accepted. A node type that is not in it, or an argument
that its row does not name, is refused: new syntax of a parser can only be refused, never let by.
On the way, names are folded the way Postgres folds them, so that later layers compare exactly.
"""

from __future__ import annotations

from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.spelling import position_of
from clearway.tools.sql.guard.statement.text import too_deep, too_large
from clearway.tools.sql.guard.tree.rules import RULES, clause_refused, spoken
from clearway.tools.sql.guard.tree.shapes import CLAUSES
from clearway.tools.sql.guard.vocabulary import Vocabulary

MAX_NODES = 3_000
MAX_DEPTH = 100

QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)

_CHAINS = (exp.And, exp.Or)
"""Flat in meaning and in the renderer: their length does not count as depth."""


def check_tree(statements: list[exp.Expr], vocabulary: Vocabulary) -> exp.Expr:
    """Return the one query, its names folded; raise `Refused` for anything that is not a read."""
    root = _the_one_query(statements)
    pending: list[tuple[exp.Expr, int]] = [(root, 0)]
    nodes = 0
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise too_large()
        if depth > MAX_DEPTH:
            raise too_deep(position_of(node))
        clauses = CLAUSES.get(type(node))
        if clauses is None:
            raise _unknown(node)
        for name, value in node.args.items():
            if value is None or value is False or value == []:
                continue
            if name not in clauses:
                raise clause_refused(node, name)
            _push(pending, node, name, depth)
        rule = RULES.get(type(node))
        if rule is not None:
            rule(node, vocabulary)
    return root


def _push(pending: list[tuple[exp.Expr, int]], node: exp.Expr, name: str, depth: int) -> None:
    value = node.args[name]
    choices = CLAUSES[type(node)][name]
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, exp.Expr):
            flat = type(item) is type(node) and isinstance(node, _CHAINS)
            pending.append((item, depth if flat else depth + 1))
        elif isinstance(item, str):
            if choices is not None and item.upper() not in choices:
                raise clause_refused(node, name)
        elif not isinstance(item, bool | int | exp.DType):
            raise clause_refused(node, name)


def _the_one_query(statements: list[exp.Expr]) -> exp.Expr:
    if len(statements) != 1:
        raise Refused(
            "tree",
            "single_statement",
            "Exactly one statement is allowed.",
            "Write one SELECT statement.",
            position_of(statements[1]) if len(statements) > 1 else None,
        )
    root = statements[0]
    if not isinstance(root, QUERIES):
        raise Refused(
            "tree",
            "select_only",
            "Only a SELECT is allowed; this statement does something else.",
            "Write one SELECT statement.",
            0,
        )
    return root


def _unknown(node: exp.Expr) -> Refused:
    return Refused(
        "tree",
        "tree.node",
        f"The statement uses {spoken(type(node).__name__)}, which is not allowed.",
        "Use plain SELECT syntax: joins, conditions, grouping, windows, WITH, set operations.",
        position_of(node),
    )
