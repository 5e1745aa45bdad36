"""What every writer uses: the table of writers, and the ways to write a name and a string."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

Writer = Callable[[exp.Expr], str]

WRITERS: dict[type[exp.Expr], Writer] = {}
"""One function per node type; filled by the `write_…` modules."""


def render(node: exp.Expr) -> str:
    """Return the node as SQL; KeyError for a type the tree layer does not know either."""
    return WRITERS[type(node)](node)


def quoted(name: str) -> str:
    """Return a name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as a string constant (standard_conforming_strings is on in every session)."""
    return "'" + text.replace("'", "''") + "'"


def part(node: exp.Expr, name: str, before: str = " ", after: str = "") -> str:
    """Return one argument of a node as SQL with what stands around it, or nothing."""
    value = node.args.get(name)
    return f"{before}{render(value)}{after}" if isinstance(value, exp.Expr) else ""


def listed(nodes: Iterable[exp.Expr], separator: str = ", ") -> str:
    """Return nodes as SQL, separated."""
    return separator.join([render(node) for node in nodes])
