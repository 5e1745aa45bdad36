"""Cut a question into atoms: the longest phrases the lexicon, the calendar or English know."""

from __future__ import annotations

from clearway.semantics.parsing.amounts import AmountCutter
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.parsing.phrases import (
    COMPARATORS,
    STOPS,
    apart,
    joined,
    known,
    longest,
    shared_head,
)
from clearway.semantics.parsing.settled import settled
from clearway.semantics.parsing.strangers import lead_meant, meant_by, name_at, said_from, unknown
from clearway.semantics.parsing.times import may_be_time, quoted, stretch_at
from clearway.semantics.times.dates import PLURAL_DAYS
from clearway.semantics.times.period import (
    UNIT_WORDS,
    Calendar,
    Stretch,
    read_period,
)
from clearway.semantics.words.numerals import NUMBER_WORDS
from clearway.semantics.words.slips import mend
from clearway.semantics.words.spelling import Spelling
from clearway.semantics.words.tokens import Token, singular
from clearway.semantics.words.verbs import link_verbs

_ACRONYMS = frozenset(["us", "it", "who"])

_BEFORE_UNITS = frozenset(["this", "last", "past", "previous", "next", "current"])

_ENDINGS = frozenset(["d", "ed", "s", "es", "r", "er", "ly", "ing"])

_UNIT_SPELLING = Spelling(UNIT_WORDS)


def cut(tokens: list[Token], lexicon: Lexicon, calendar: Calendar) -> list[Atom]:
    """Return the atoms from left to right; every token but punctuation is in exactly one."""
    return settled(_Cutter(tokens, lexicon, calendar).run())


class _Cutter(AmountCutter):
    """One pass; every method appends what starts at the cursor and returns the index behind it."""

    def __init__(self, tokens: list[Token], lexicon: Lexicon, calendar: Calendar) -> None:
        super().__init__(tokens, lexicon)
        self.calendar = calendar
        year = lexicon.find(("year",))
        self.has_years = year is not None and bool(year.columns)
        """A column is called year: a number behind the word is its value."""

    def run(self) -> list[Atom]:
        mend(self.tokens, self.lexicon.root.next)
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "mark" and token.low not in COMPARATORS:
                self._mark(at, token)
                at += 1
            elif token.kind == "quoted":
                self.atoms.append(quoted(token, self.calendar))
                at += 1
            else:
                at = self._words(at, token)
        return self.atoms

    def _mark(self, at: int, token: Token) -> None:
        """Commas and full stops matter; other marks only hold words apart."""
        if token.low == ",":
            self.atoms.append(Atom("comma", token, token))
        elif token.low in STOPS and at + 1 < len(self.tokens) and apart(self.tokens, at):
            self.atoms.append(Atom("stop", token, token))

    def _words(self, at: int, token: Token) -> int:  # noqa: PLR0911 - a chain of attempts
        entry, after = longest(self.tokens, at, self.lexicon)
        if after == at + 1 and token.low in _ACRONYMS and token.text.isupper():
            return self._acronym(at, token, entry)
        shared = shared_head(self.tokens, at, after, self.lexicon)
        if shared is not None:
            return self._add("noun", at, at + 1, entry=shared)
        if may_be_time(token) and (timed := self._period(at, token, after)):
            return timed
        if entry is None or (after == at + 1 and self._counts(token, entry)):
            number = self._number(at, entry)
            if number:
                return number
        if entry is None or not (entry.sense or entry.noun or entry.values):
            whole = joined(self.tokens, at, self.lexicon)
            if whole is not None:
                return self._add("noun", at, whole[1], entry=whole[0])
            return self._stranger(at, token)
        self.atoms.append(known(entry, self.tokens, at, after, self.lexicon))
        return after

    def _period(self, at: int, token: Token, after: int) -> int:
        """Add a time that reaches at least as far as what else is known; 0 where none does."""
        self._mend_unit(at, token)
        beside = token.kind == "number" and self._beside_number(at)
        stretch = stretch_at(
            self.tokens, at, self.calendar, has_years=self.has_years, beside_number=beside
        )
        if stretch is not None and stretch.year is not None and self._amount(token):
            stretch = None
        if stretch is None and token.kind == "number":
            stretch = self._another_year(at) or self._lone_year(at)
        if stretch is None or stretch.after < after:
            return 0
        self._add("period", at, stretch.after, value=stretch.label)
        self.atoms[-1].number = stretch
        slip = next((t for t in self.tokens[at : stretch.after] if t.corrected), None)
        self.atoms[-1].corrected = slip.low if slip is not None else ""
        return stretch.after

    def _amount(self, token: Token) -> bool:
        """`2,000`, `in excess of 2000`: no year."""
        return "," in token.text or (bool(self.atoms) and self.atoms[-1].kind == "cmp")

    def _beside_number(self, at: int) -> bool:
        """`revenue 2025`, `2025 revenue`: a year next to a number that is added up."""
        last = self.atoms[-1].entry if self.atoms and self.atoms[-1].kind == "noun" else None
        if at + 1 < len(self.tokens):
            following, _ = longest(self.tokens, at + 1, self.lexicon)
            return _adds_up(last) or (at == 0 and _adds_up(following))
        return _adds_up(last)

    def _mend_unit(self, at: int, token: Token) -> None:
        """`this yaer`: a slip right behind a word that only times follow."""
        if token.low not in _BEFORE_UNITS or at + 1 >= len(self.tokens):
            return
        following = self.tokens[at + 1]
        meant = _UNIT_SPELLING.correct(following.low) if following.kind == "word" else None
        if meant is not None and following.low not in self.lexicon.root.next:
            start, end = following.start, following.end
            mended = Token(following.text, meant, meant, start, end, "word")
            mended.corrected = True
            self.tokens[at + 1] = mended

    def _another_year(self, at: int) -> Stretch | None:
        """`2023, 2024 and 2025`: behind a year, joined to it, stands another."""
        index = len(self.atoms) - 1
        while index >= 0 and self.atoms[index].kind in ("comma", "and", "versus", "or"):
            index -= 1
        joined = 0 <= index < len(self.atoms) - 1 and self.atoms[index].kind == "period"
        if not joined or self.atoms[index].stretch.year is None:
            return None
        return read_period(self.tokens, at, self.calendar)

    def _lone_year(self, at: int) -> Stretch | None:
        """`2024 online revenue`, `Fall 2023`: no number of things, and nothing's number."""
        token = self.tokens[at]
        if len(token.text) != 4 or not token.text.isdigit() or not 1900 <= int(token.text) < 2100:
            return None
        before = self.atoms[-1].kind if self.atoms else ""
        following = None
        if at + 1 < len(self.tokens):
            following, _ = longest(self.tokens, at + 1, self.lexicon)
        leads = at == 0 or before in ("open", "det")
        if following is not None and (following.tables or following.sense is not None):
            leads = False
        if following is None or not (following.values or following.columns):
            leads = False
        last = before == "comma" and at + 1 == len(self.tokens)
        said = before == "val" or leads or last
        return read_period(self.tokens, at, self.calendar) if said else None

    def _counts(self, token: Token, entry: Entry) -> bool:
        """Whether a word both a number and something else is a number here (`more than one`)."""
        if token.kind == "number":
            return True
        compared = bool(self.atoms) and self.atoms[-1].kind in ("cmp", "between")
        counting = token.low in NUMBER_WORDS or token.low in ("a", "an")
        return compared and counting and not entry.noun

    def _acronym(self, at: int, token: Token, entry: Entry | None) -> int:
        """`US`, `IT`: not us, not it."""
        if entry is not None and entry.values and not entry.noun:
            return self._add("val", at, at + 1, entry=entry)
        return self._add("proper", at, at + 1, value=token.text)

    def _opposite(self, at: int, token: Token) -> bool:
        """`unpaid`, `inactive`: not what the rest of the word says."""
        for prefix in _OPPOSITES:
            rest = token.low.removeprefix(prefix)
            if rest == token.low or len(rest) < 4:
                continue
            bare = Token(token.text, rest, singular(rest), token.start, token.end, "word")
            entry = self.lexicon.find((bare.stem,))
            state = entry is not None and (
                entry.values or any(t.state for owned in entry.columns.values() for t in owned)
            )
            if not state and link_verbs().get(rest, rest) == rest:
                continue
            self.atoms.append(Atom("not", token, token))
            if entry is not None and state:
                made = Atom("noun" if entry.columns else "val", token, token)
                made.entry = entry
            else:
                made = Atom("verb", token, token, link_verbs()[rest])
            self.atoms.append(made)
            return True
        return False

    def _stranger(self, at: int, token: Token) -> int:
        """A word nobody knows: part of a name, a slip of the pen, a verb, or left over."""
        if token.low in PLURAL_DAYS:
            return self._add("days", at, at + 1)
        name = name_at(self.tokens, at)
        if name:
            return self._add("proper", at, name, value=said_from(self.tokens, at, name))
        if self._opposite(at, token):
            return at + 1
        settled = token.corrected or token.low in link_verbs()
        meant = None if settled else lead_meant(self.tokens, at, self.calendar)
        meant = meant or (None if settled else meant_by(token, at, self.lexicon))
        if meant is not None:
            self.tokens[at] = meant
            return self._words(at, meant)
        self.atoms.append(unknown(token, self.lexicon))
        return at + 1


_OPPOSITES = ("un", "in", "non")


def _adds_up(entry: Entry | None) -> bool:
    if entry is None or entry.tables:
        return False
    terms = [term for owned in entry.columns.values() for term in owned]
    return bool(entry.measures) or any(term.column.aggregate == "sum" for term in terms)
