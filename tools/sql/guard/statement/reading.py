"""Reads a statement with sqlglot so that nothing in it is translated.

sqlglot is a translator: `now()` becomes CURRENT_TIMESTAMP, `date_part` becomes EXTRACT, an interval
or a JSON path is taken apart. A guard must see what was written. Function names are therefore
marked before parsing, so that every call stays a plain call with its own name, and the few
conversions of the dialect are switched off. Works with compiled and pure-Python sqlglot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.substrings import with_whole_lengths
from clearway.tools.sql.guard.statement.text import too_deep
from clearway.tools.sql.guard.vocabulary import TYPES

MARK = "\x01"
"""Before a function name while parsing; the text layer refuses it in a statement."""

_SYNTAX = frozenset(
    [
        "CAST",
        "EXTRACT",
        "OVERLAY",
        "POSITION",
        "SUBSTRING",
        "TRIM",
        "ARRAY",
        "EXISTS",
        "UNNEST",
        "CASE",
        "IF",
        "AND",
        "OR",
        "XOR",
        "NOT",
        "VALUES",
        "ROW",
        "INTERVAL",
        "ANY",
        "ALL",
        "SOME",
        "IN",
        "COLUMNS",
        "MAP",
        "STRUCT",
    ]
)
_WRAPPER = "_values"
MAX_RETRIES = 6
"""How deeply `array[...]` and calls named like types may be nested."""
_BEFORE_LAMBDA = (TokenType.L_PAREN, TokenType.COMMA)
_UNITS = frozenset(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"])


class _Exact(Postgres):
    """Postgres, with subscripts and JSON keys left as written."""

    INDEX_OFFSET = 0

    def to_json_path(self, path: Any) -> Any:
        return path


_DIALECT = _Exact()
_PARSER = _DIALECT.parser_class
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET)
_TYPE_WORDS = frozenset(_PARSER.TYPE_TOKENS) | {TokenType.ARRAY, TokenType.MAP, TokenType.STRUCT}
_TRANSLATED = frozenset({*_PARSER.FUNCTIONS, *_PARSER.FUNCTION_PARSERS} - _SYNTAX)


def read(sql: str) -> list[exp.Expr]:
    """Return the statements of the text; raises `Refused` where it cannot be read."""
    try:
        plain = without_comments(sql)
        tokens = _DIALECT.tokenize(plain)
        _check_retries(tokens)
        statements = _DIALECT.parser().parse(_marked(with_whole_lengths(tokens)), plain)
    except RecursionError:
        raise too_deep() from None
    except (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise _unreadable(error) from None
    return [_plain_values(statement) for statement in statements if statement is not None]


def _check_retries(tokens: list[Token]) -> None:
    """Raise `Refused` where the parser would read one place again and again.

    After a type's name it first tries to read a type, then all that is inside once more: `array[`
    and `text(` double the time with every nesting.
    """
    twice: list[bool] = []
    last: TokenType | None = None
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            twice.append(last in _TYPE_WORDS)
            if sum(twice) > MAX_RETRIES:
                raise too_deep(token.start)
        elif kind in _CLOSING and twice:
            twice.pop()
        last = kind


_QUOTED = re.compile(
    r"""(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|--[^\n\r]*|/\*""",
    re.DOTALL,
)
_COMMENT_PART = re.compile(r"/\*|\*/")


def without_comments(sql: str) -> str:
    """Return the text with comments blanked out; every other character keeps its place.

    sqlglot reads `GROUP BY` as one word and stumbles over a comment inside it.
    """
    if "--" not in sql and "/*" not in sql:
        return sql
    parts: list[str] = []
    place = 0
    while (found := _QUOTED.search(sql, place)) is not None:
        start, end = found.span()
        if found[0] == "/*":
            end = _comment_end(sql, end)
        comment = found[0].startswith(("--", "/*"))
        parts += [sql[place:start], " " * (end - start) if comment else found[0]]
        place = end
    return "".join([*parts, sql[place:]])


def _comment_end(sql: str, place: int) -> int:
    """Return where a block comment ends; they nest."""
    depth = 1
    while depth:
        found = _COMMENT_PART.search(sql, place)
        if found is None:
            return len(sql)
        depth += 1 if found[0] == "/*" else -1
        place = found.end()
    return place


def _plain_values(statement: exp.Expr) -> exp.Expr:
    """Undo the SELECT that the parser puts around a bare VALUES."""
    for values in list(statement.find_all(exp.Values)):
        if values.alias != _WRAPPER or not isinstance(values.parent, exp.From):
            continue
        select = values.parent.parent
        if not isinstance(select, exp.Select) or not select.is_star:
            continue
        values.set("alias", None)
        for name in ("with_", "order", "limit", "offset"):
            if (clause := select.args.get(name)) is not None:
                values.set(name, clause)
        if select is statement:
            statement = values.pop()
        else:
            select.replace(values)
    return statement


def _marked(tokens: Sequence[Token]) -> list[Token]:
    marked: list[Token] = []
    for index, written in enumerate(tokens):
        token = _decoded(written, tokens[index + 1 : index + 2])
        token.comments = []
        kind = token.token_type
        if kind is TokenType.L_PAREN and marked and marked[-1].text.upper() in _TRANSLATED:
            marked[-1].text = MARK + marked[-1].text
        if kind is TokenType.STRING and marked and marked[-1].token_type is TokenType.STRING:
            marked[-1].text += token.text  # a constant that goes on in the next line
            continue
        if kind is TokenType.STRING and _is_plain_interval(tokens, index):
            marked[-1:] = [token, _token(TokenType.DCOLON, "::", token), marked[-1]]
            continue
        if kind is TokenType.STRING and marked and _is_bare_type(marked[-1]):
            marked[-1:] = [token, _token(TokenType.DCOLON, "::", token), marked[-1]]
            continue
        if kind is TokenType.PARAMETER and token.text == "@":
            marked += [_token(TokenType.NULL, "NULL", token), *_spelled("@", token)]
            continue
        if kind in _SECOND_HALVES and marked and _touches(marked[-1], token, _SECOND_HALVES[kind]):
            marked[-1:] = _spelled(marked[-1].text + token.text, token)
            continue
        if kind is TokenType.ARROW and len(marked) > 1 and marked[-2].token_type in _BEFORE_LAMBDA:
            marked[-1:] = _shielded(marked[-1])
        marked.append(token)
    return marked


_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|(\\))")


def _decoded(token: Token, after: Sequence[Token]) -> Token:
    """Return `U&'...'` as the plain constant it is; one with an escape of its own stays."""
    if token.token_type is not TokenType.UNICODE_STRING:
        return token
    if after and after[0].text.upper() == "UESCAPE":
        return token
    return _token(TokenType.STRING, _ESCAPE.sub(_character, token.text), token)


def _character(found: re.Match[str]) -> str:
    return found[3] or chr(min(int(found[1] or found[2], 16), 0x10FFFF))


_SECOND_HALVES = {TokenType.LTE: TokenType.LT, TokenType.GTE: TokenType.GT}
"""`<<=` and `>>=` come as two tokens."""


def _touches(first: Token, second: Token, kind: TokenType) -> bool:
    return first.token_type is kind and first.end + 1 == second.start


def _spelled(operator: str, token: Token) -> list[Token]:
    """Write an operator that the parser does not know as `OPERATOR(...)`.

    A prefix gets NULL before it. Someone who writes that himself is refused by the second reader:
    it sees the NULL in one text and not in the other.
    """
    return [
        _token(TokenType.OPERATOR, "OPERATOR", token),
        _token(TokenType.L_PAREN, "(", token),
        _token(TokenType.VAR, operator, token),
        _token(TokenType.R_PAREN, ")", token),
    ]


def _is_bare_type(token: Token) -> bool:
    """Return whether a word before a string is a type the parser knows in casts only."""
    return token.token_type is TokenType.VAR and token.text.lower() in TYPES


def _shielded(token: Token) -> list[Token]:
    """Put a column before `->` into two parentheses, lest `f(a -> 'b')` is read as a lambda."""
    opening, closing = (TokenType.L_PAREN, "("), (TokenType.R_PAREN, ")")
    around = [_token(*bracket, token) for bracket in (opening, opening, closing, closing)]
    return [*around[:2], token, *around[2:]]


def _is_plain_interval(tokens: Sequence[Token], index: int) -> bool:
    if index == 0 or tokens[index - 1].token_type is not TokenType.INTERVAL:
        return False
    after = tokens[index + 1].text.upper() if index + 1 < len(tokens) else ""
    return after not in _UNITS


def _token(kind: TokenType, text: str, near: Token) -> Token:
    return Token(kind, text, near.line, near.col, near.start, near.end)


def _unreadable(error: Exception) -> Refused:
    details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    highlight = str(details[0].get("highlight") or "")
    near = f" near `{highlight[:40]}`" if highlight else ""
    return Refused(
        "text",
        "text.unreadable",
        f"The statement could not be read as Postgres SQL{near}.",
        "Check the spelling, the parentheses and the quotes.",
    )
