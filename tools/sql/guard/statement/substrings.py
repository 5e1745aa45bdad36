"""`substring(x FOR n)` in the form Postgres gives it: from 1, for n as a whole number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import Token, TokenType


@dataclass(slots=True)
class _Bracket:
    """A bracket that is open, and the words met directly inside it."""

    is_substring: bool
    words: list[int] = field(default_factory=list)
    """Places of FROM and FOR."""


_WORDS = (TokenType.FROM, TokenType.FOR)


def with_whole_lengths(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens with `FOR n` as `FOR CAST(n AS int4)` where no FROM is written.

    Postgres's grammar reads it so, and only then: with both words written, nothing is converted.
    """
    lengths = {start: end for start, end in _lengths(tokens)}
    if not lengths:
        return tokens
    closing, written = set(lengths.values()), []
    for index, token in enumerate(tokens):
        if index in closing:
            written += _words(token, (TokenType.ALIAS, "AS"), (TokenType.INT, "INT4"))
            written += _words(token, (TokenType.R_PAREN, ")"))
        written.append(token)
        if index in lengths:
            written += _words(token, (TokenType.VAR, "CAST"), (TokenType.L_PAREN, "("))
    return written


def _lengths(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where the FOR of such a call stands, and the bracket that closes the call."""
    brackets: list[_Bracket] = []
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            before = tokens[index - 1].text.upper() if index else ""
            brackets.append(_Bracket(before == "SUBSTRING"))
        elif kind in _WORDS and brackets:
            brackets[-1].words.append(index)
        elif kind is TokenType.R_PAREN and brackets:
            closed = brackets.pop()
            if closed.is_substring and _only_for(closed, tokens):
                yield closed.words[0], index


def _only_for(closed: _Bracket, tokens: Sequence[Token]) -> bool:
    return [tokens[place].token_type for place in closed.words] == [TokenType.FOR]


def _words(near: Token, *words: tuple[TokenType, str]) -> list[Token]:
    return [Token(kind, text, near.line, near.col, near.start, near.end) for kind, text in words]
