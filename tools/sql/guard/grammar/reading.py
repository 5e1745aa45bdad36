"""What one reading by Postgres's own grammar keeps of a statement."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """One SELECT as Postgres reads it."""

    statement: Node
    relations: set[tuple[str, str]] = field(default_factory=set)
    """`(schema, name)` of everything read that is no WITH query; '' where no schema was written."""
    calls: set[str] = field(default_factory=set)
    """Names of the functions called, without syntax of the grammar's own."""

    aliases: dict[str, set[str]] = field(default_factory=dict)
    """By alias, the `schema.name` of tables read under it; '' for anything that is no table."""
    bare: set[str] = field(default_factory=set)
    """Names without an alias, but for whole items of ORDER BY and DISTINCT ON (output names)."""
    columns: set[tuple[str, str]] = field(default_factory=set)
    """Every `alias.column` written; `*` for all of an alias."""

    def strangers(self, allowed: Mapping[str, Container[str]]) -> set[str]:
        """Return the columns of tables that `allowed` (columns by `schema.name`) does not have."""
        found = set()
        for alias, column in self.columns:
            tables = self.aliases.get(alias, {""})
            if "" not in tables and all(column not in allowed.get(name, ()) for name in tables):
                found.add(f"{alias}.{column}")
        return found

    @property
    def limit(self) -> int | None:
        """The row limit at the top, None where there is no plain number."""
        count = self.statement["SelectStmt"].get("limitCount", {}).get("A_Const", {})
        number = count.get("ival", {}).get("ival", 0) if "ival" in count else None
        return number if number is None or isinstance(number, int) else None
