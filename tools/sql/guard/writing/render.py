"""Writes the checked tree as SQL: the only text that ever runs.

One function per accepted node type, nothing generic: what has no function here cannot be written.
Every name is quoted, comments are gone, types carry Postgres's own names. Writing is exact: the
result, read by Postgres's grammar, is the statement that was read (see `agree`).
"""

from clearway.tools.sql.guard.writing import conditions, queries, values
from clearway.tools.sql.guard.writing.writers import WRITERS, literal, quoted, render

__all__ = [
    "WRITERS",
    "conditions",
    "literal",
    "queries",
    "quoted",
    "render",
    "values",
]
