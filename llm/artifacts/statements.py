"""SQL that was written for somebody else to run: does it parse, what kinds, which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pgparse  # type: ignore[import-not-found,unused-ignore]  # the binding ships no types
import sqlglot
from sqlglot import TokenType, exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.parser import Parser

POSTGRES = "postgres"
SHOWN = 200
STUMBLES = (SqlglotError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a reader of thirty dialects raises on texts nobody thought of, too deep ones included."""
MAX_DEPTH = 40
MAX_TYPES = 4
"""Of these, brackets after what could be a type."""
OPENS = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
CLOSES = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})


@dataclass(frozen=True, kw_only=True)
class Names:
    """What statements read and write that they do not define themselves; in lower case."""

    tables: frozenset[str]
    columns: frozenset[str]


def check_sql(sql: str, dialect: str) -> None:
    """Raise ValueError for what its grammar does not accept; Postgres has to please two readers."""
    parsed(sql, dialect)
    if dialect != POSTGRES:
        return
    try:
        pgparse.parse(sql)
    except pgparse.PGQueryError as error:
        raise ValueError(f"sql: Postgres says {str(error)[:SHOWN]}") from None
    except (RecursionError, UnicodeError):
        raise ValueError("sql: it cannot be read") from None


def parsed(sql: str, dialect: str) -> list[exp.Expr]:
    """Return the statements; ValueError where there is none, or one that is none."""
    try:
        too_deep = _too_deep(sql, dialect)
        found = [] if too_deep else sqlglot.parse(sql, read=dialect, error_level=ErrorLevel.RAISE)
    except STUMBLES as error:
        raise ValueError(f"sql ({dialect}): {_said(error)}") from None
    if too_deep:
        raise ValueError("sql: its brackets are nested too deep to be read")
    statements = [
        each for each in found if each is not None and not isinstance(each, exp.Semicolon)
    ]
    if not statements:
        raise ValueError("sql: there is no statement in it")
    if dialect != POSTGRES and any(isinstance(each, exp.Command) for each in statements):
        # What it does not know it takes for a command; Postgres is asked a second time.
        raise ValueError(f"sql: one statement is not known in {dialect}")
    if any(_is_bare(each) for each in statements):
        raise ValueError("sql: there is a word in it that begins no statement")
    return statements


def kinds(statements: list[exp.Expr]) -> tuple[str, ...]:
    """Return what kinds of statement there are, in order, each once."""
    named = (
        each.name.upper() if isinstance(each, exp.Command) else each.key.upper()
        for each in statements
    )
    return tuple(dict.fromkeys(named))


def names(statements: list[exp.Expr]) -> Names:
    """Return the tables and columns that are used and not made by the statements."""
    tables: set[str] = set()
    columns: set[str] = set()
    own = {name for each in statements for name in _defined(each)}
    for each in statements:
        tables |= {table.name.lower() for table in each.find_all(exp.Table) if table.name}
        columns |= {column.name.lower() for column in each.find_all(exp.Column) if column.name}
    return Names(tables=frozenset(tables - own), columns=frozenset(columns - own - {"*"}))


def _too_deep(sql: str, dialect: str) -> bool:
    """Return whether brackets are nested so deep that reading them could take for ever.

    What could be a type or a call, such as struct(...), is read both ways, and what stands inside
    it each time anew.
    """
    held: list[tuple[bool, bool]] = []
    """Of each bracket that is open: stands it after a type, and is it an angle."""
    before = None
    for token in sqlglot.tokenize(sql, read=dialect):
        kind, after_type = token.token_type, before in Parser.TYPE_TOKENS
        if kind in OPENS:
            held.append((after_type, False))
        elif kind is TokenType.LT and after_type:
            held.append((True, True))
        elif kind is TokenType.GT and held and held[-1][1]:
            held.pop()
        elif kind in CLOSES:
            while held and held.pop()[1]:
                pass  # an angle inside was a comparison
        before = kind
        if len(held) > MAX_DEPTH or sum(typed for typed, _ in held) > MAX_TYPES:
            return True
    return False


def _defined(statement: exp.Expr) -> Iterator[str]:
    """Yield what a statement names itself: WITH queries, aliases, new tables and their columns."""
    for each in statement.find_all(exp.CTE, exp.Alias, exp.TableAlias, exp.ColumnDef):
        if each.alias_or_name:
            yield each.alias_or_name.lower()
    for create in statement.find_all(exp.Create):
        if made := create.find(exp.Table):
            yield made.name.lower()


def _is_bare(statement: exp.Expr) -> bool:
    """Return whether it is an expression only, as plain prose can be."""
    return isinstance(statement, exp.Column | exp.Alias | exp.Literal | exp.Identifier | exp.Paren)


def _said(error: Exception) -> str:
    return str(error).splitlines()[0][:SHOWN] if str(error) else "it cannot be read"
