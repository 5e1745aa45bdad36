"""Writes the checked tree as SQL: the only text that ever runs.

One function per accepted node type, nothing generic: what has no function here cannot be written.
Every name is quoted, comments are gone, types carry Postgres's own names. Writing is exact: the
result, read by Postgres's grammar, is the statement that was read (see `agree`).
"""

from clearway.tools.sql.guard import write_conditions, write_queries, write_values
from clearway.tools.sql.guard.writing import WRITERS, literal, quoted, render

__all__ = [
    "WRITERS",
    "literal",
    "quoted",
    "render",
    "write_conditions",
    "write_queries",
    "write_values",
]
