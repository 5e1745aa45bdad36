"""Which words of a question may be a time, and what quoted times are."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.times.period import (
    STARTERS,
    Calendar,
    Stretch,
    quoted_moment,
    read_period,
)
from clearway.semantics.words.numerals import NUMBER_WORDS
from clearway.semantics.words.tokens import Token
from clearway.semantics.words.wordset import wordset

_YEAR_LEADS = wordset(
    """
    in during of for from since year by throughout fy until on
    """
)


def may_be_time(token: Token) -> bool:
    """Whether a time may start with this token."""
    low = token.low
    return low in STARTERS or low[:1].isdigit() or low in NUMBER_WORDS or low[:1] in "qhf"


def quoted(token: Token, calendar: Calendar) -> Atom:
    """Quoted text is a value; a quoted date or moment is a time."""
    stretch = quoted_moment(token.text, calendar)
    if stretch is None:
        return Atom("quote", token, token, token.text)
    atom = Atom("period", token, token, stretch.label)
    atom.number = stretch
    return atom


def stretch_at(
    tokens: list[Token], at: int, calendar: Calendar, *, has_years: bool, beside_number: bool
) -> Stretch | None:
    """Return the time that starts here; a bare year only where something says it is one."""
    stretch = read_period(tokens, at, calendar)
    if stretch is None or stretch.year is None:
        return stretch
    # A bare year is a number unless something says it is a time.
    before = tokens[at - 1].low if at else ""
    if before == "year" and has_years:
        return None
    return stretch if before in _YEAR_LEADS or beside_number else None
