"""Putting what placeholders stand for back into a statement: into its values, nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

PLACEHOLDER = re.compile(r"<([A-Za-z_]{2,20})_(\d{1,6})>")
BARE = re.compile(r"(?<!['%\w])<[A-Z_]{2,20}_\d{1,6}>(?!['%\w])")
LIKE = (exp.Like, exp.ILike)


def bound(sql: str, secrets: Mapping[str, str]) -> str:
    """Return the statement with the values that the asker typed.

    Only string literals of the tree are filled, so that a value can end no literal and begin no
    clause; a statement that cannot be read comes back as it is, for the interlock to refuse.
    """
    if not PLACEHOLDER.search(sql):
        return sql
    for text in (sql, BARE.sub(lambda match: f"'{match[0]}'", sql)):
        try:
            trees = [tree for tree in parse(text, dialect="postgres") if tree is not None]
        except SqlglotError:
            continue
        for tree in trees:
            for literal in list(tree.find_all(exp.Literal)):
                if literal.is_string:
                    literal.set("this", _filled(literal, secrets))
        return "; ".join(tree.sql(dialect="postgres") for tree in trees)
    return sql


def _filled(literal: exp.Literal, secrets: Mapping[str, str]) -> str:
    pattern = isinstance(literal.parent, LIKE)

    def value(match: re.Match[str]) -> str:
        real = secrets.get(match[0].upper())
        if real is None:
            return match[0]
        # A model that compares in lower case writes its values in lower case too.
        real = real if match[0].isupper() else real.lower()
        return re.sub(r"([\\%_])", r"\\\1", real) if pattern else real

    return PLACEHOLDER.sub(value, str(literal.this))
