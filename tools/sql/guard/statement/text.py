"""The text layer: characters, size and nesting, before anything recursive reads the statement.

Postgres takes a no-break space for a letter where other lexers take it for white space; an
invisible character can hide a table from one reader and show it to another. Such characters are
refused everywhere, strings included, so that every later reader sees the same tokens.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from clearway.tools.sql.guard.refusal import Refused

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BRACKET = re.compile(r"[()\[\]]")
_PREFIX_RUN = re.compile(r"(?:(?:[-+~@!]|\bnot\b)\s*){24}", re.IGNORECASE)
_STRUCTURE = re.compile(
    r"""
      (?P<literal> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | \d[\w.]* )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<token> \w+ | [-+*/<>=~!@#%^&|?:$]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_CONFUSABLE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How much text is read at all; the defaults are far above any analytic question."""

    chars: int = 20_000
    tokens: int = 2_500
    """Words and operators; literals and commas are not counted, so long IN lists pass."""
    nesting: int = 48


def check_text(sql: str, limits: TextLimits, *, strict_semicolons: bool) -> None:
    """Raise `Refused` unless the text is safe to hand to a parser. Linear in its length."""
    if not sql.strip():
        raise _refused("text.empty", "The statement is empty.", "Write one SELECT statement.")
    if len(sql) > limits.chars:
        raise _refused(
            "text.too_long",
            f"The statement has {len(sql)} characters; {limits.chars} are read.",
            "Shorten it, or split the question.",
        )
    _check_characters(sql)
    _check_nesting(sql, limits.nesting)
    if len(sql) > limits.tokens:
        _check_tokens(sql, limits.tokens)
    if strict_semicolons and ";" in sql:
        raise _refused(
            "text.semicolon",
            "Semicolons are not allowed here.",
            "Write one statement without a semicolon.",
            sql.index(";"),
        )


def _check_characters(sql: str) -> None:
    found = _CONTROL.search(sql)
    if found:
        raise _hidden(found.start())
    if sql.isascii():
        return
    for position, char in enumerate(sql):
        if char < "\x7f":
            continue
        category = unicodedata.category(char)
        if category in _HIDDEN_CATEGORIES or category == "Zs":
            raise _hidden(position)


def _hidden(position: int) -> Refused:
    return _refused(
        "text.hidden_character",
        "The statement contains a control, invisible or unusual space character.",
        "Type it again with plain spaces and visible characters.",
        position,
    )


def _check_nesting(sql: str, limit: int) -> None:
    depth = 0
    for found in _BRACKET.finditer(sql):
        depth += 1 if found[0] in "([" else -1
        if depth > limit:
            raise too_deep(found.start())
    run = _PREFIX_RUN.search(sql)
    if run:
        raise too_deep(run.start())


def _check_tokens(sql: str, limit: int) -> None:
    count = 0
    for found in _STRUCTURE.finditer(sql):
        count += found.lastgroup == "token"
        if count > limit:
            raise too_large(found.start())


def too_deep(position: int | None = None) -> Refused:
    """Return the refusal of a statement nested beyond what is read."""
    return _refused(
        "text.too_deep",
        "The statement is nested too deeply.",
        "Flatten it; use WITH queries instead of nested parentheses.",
        position,
    )


def too_large(position: int | None = None) -> Refused:
    """Return the refusal of a statement with too many parts."""
    return _refused(
        "text.too_many_parts",
        "The statement has too many parts.",
        "Shorten it, or split the question.",
        position,
    )


def check_identifier(name: str, position: int | None = None) -> None:
    """Raise `Refused` for a name Postgres would cut, or that looks like another one."""
    if name.isascii():
        if name and len(name) <= 63:
            return
    elif (
        len(name.encode("utf-8", "replace")) <= 63
        and unicodedata.normalize("NFKC", name) == name
        and len(_scripts(name) & _CONFUSABLE_SCRIPTS) <= 1
    ):
        return
    raise _refused(
        "text.identifier",
        "A name in the statement is empty, longer than 63 bytes, or mixes look-alike letters.",
        "Use short names of letters from one alphabet.",
        position,
    )


def _scripts(name: str) -> set[str]:
    return {unicodedata.name(char, "?").split(" ", 1)[0] for char in name if char.isalpha()}


def _refused(rule: str, reason: str, remedy: str, position: int | None = None) -> Refused:
    return Refused("text", rule, reason, remedy, position)
