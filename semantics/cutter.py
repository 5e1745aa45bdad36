"""Cut a question into atoms: the longest phrases the lexicon, the calendar or English know."""

from __future__ import annotations

from clearway.semantics.atoms import Atom
from clearway.semantics.english import Sense, link_verbs
from clearway.semantics.entries import Entry
from clearway.semantics.lexicon import Lexicon
from clearway.semantics.numerals import NUMBER_WORDS, UNITS, read_number
from clearway.semantics.period import (
    STARTERS,
    UNIT_WORDS,
    Calendar,
    Stretch,
    quoted_moment,
    read_period,
)
from clearway.semantics.spelling import Spelling
from clearway.semantics.tokens import Token, singular
from clearway.semantics.wordset import wordset

_STOPS = frozenset(".?!;")
_COMPARATORS = frozenset(["<", ">", "=", "<=", ">=", "<>", "!="])
_ACRONYMS = frozenset(["us", "it", "who"])
_JOINERS = wordset(
    """
    of the a an as in to and de la von van - ' &
    """
)
_YEAR_LEADS = wordset(
    """
    in during of for from since year by throughout fy until on
    """
)
_BETWEEN = frozenset(["of", "det", "all", "count", "agg", "distinct", "poss", "noise"])
_BEFORE_NOUN = frozenset(["agg", "share", "count", "super"])
_VERB_ENDINGS = ("ed", "ing")


_BEFORE_UNITS = frozenset(["this", "last", "past", "previous", "next", "current"])
_ENDINGS = frozenset(["d", "ed", "s", "es", "r", "er", "ly", "ing"])
_BEFORE_OPENERS = frozenset(["please", "you", "and", ".", "?", "!", ",", ";", "to", "then"])
_UNIT_SPELLING = Spelling(UNIT_WORDS)


def cut(tokens: list[Token], lexicon: Lexicon, calendar: Calendar) -> list[Atom]:
    """Return the atoms from left to right; every token but punctuation is in exactly one."""
    return _Cutter(tokens, lexicon, calendar).run()


_OFTEN = {"once": 1, "twice": 2, "thrice": 3}


class _Cutter:
    """One pass; every method appends what starts at the cursor and returns the index behind it."""

    def __init__(self, tokens: list[Token], lexicon: Lexicon, calendar: Calendar) -> None:
        self.tokens = tokens
        self.lexicon = lexicon
        self.calendar = calendar
        self.atoms: list[Atom] = []
        year = lexicon.find(("year",))
        self.has_years = year is not None and bool(year.columns)
        """A column is called year: a number behind the word is its value."""

    def run(self) -> list[Atom]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "mark" and token.low not in _COMPARATORS:
                self._mark(at, token)
                at += 1
            elif token.kind == "quoted":
                self.atoms.append(_quoted(token, self.calendar))
                at += 1
            else:
                at = self._words(at, token)
        return self.atoms

    def _mark(self, at: int, token: Token) -> None:
        """Commas and full stops matter; other marks only hold words apart."""
        if token.low == ",":
            self.atoms.append(Atom("comma", token, token))
        elif token.low in _STOPS and at + 1 < len(self.tokens) and _apart(self.tokens, at):
            self.atoms.append(Atom("stop", token, token))

    def _words(self, at: int, token: Token) -> int:  # noqa: PLR0911 - a chain of attempts
        entry, after = _longest(self.tokens, at, self.lexicon)
        if after == at + 1 and token.low in _ACRONYMS and token.text.isupper():
            return self._acronym(at, token, entry)
        shared = _shared_head(self.tokens, at, after, self.lexicon)
        if shared is not None:
            return self._add("noun", at, at + 1, entry=shared)
        if _may_be_time(token):
            self._mend_unit(at, token)
            stretch = _period(
                self.tokens,
                at,
                self.calendar,
                has_years=self.has_years,
                beside_number=token.kind == "number" and self._beside_number(at),
            )
            if stretch is None and token.kind == "number":
                stretch = self._another_year(at) or self._lone_year(at)
            if stretch is not None and stretch.after >= after:
                self._add("period", at, stretch.after, value=stretch.label)
                self.atoms[-1].number = stretch
                slip = next((t for t in self.tokens[at : stretch.after] if t.corrected), None)
                self.atoms[-1].corrected = slip.low if slip is not None else ""
                return stretch.after
        if entry is None or (after == at + 1 and self._counts(token, entry)):
            number = self._number(at, entry)
            if number:
                return number
        if entry is None or not (entry.sense or entry.noun or entry.values):
            joined = _joined(self.tokens, at, self.lexicon)
            if joined is not None:
                return self._add("noun", at, joined[1], entry=joined[0])
            return self._stranger(at, token)
        self.atoms.append(_known(entry, self.tokens, at, after, self.lexicon))
        return after

    def _beside_number(self, at: int) -> bool:
        """`revenue 2025`, `2025 revenue`: a year next to a number that is added up."""
        last = self.atoms[-1].entry if self.atoms and self.atoms[-1].kind == "noun" else None
        if at + 1 < len(self.tokens):
            following, _ = _longest(self.tokens, at + 1, self.lexicon)
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
            following, _ = _longest(self.tokens, at + 1, self.lexicon)
        leads = at == 0 or before in ("open", "det")
        if following is not None and (following.tables or following.sense is not None):
            leads = False
        if following is None or not (following.values or following.columns):
            leads = False
        return read_period(self.tokens, at, self.calendar) if before == "val" or leads else None

    def _counts(self, token: Token, entry: Entry) -> bool:
        """Whether a word both a number and something else is a number here (`more than one`)."""
        if token.kind == "number":
            return True
        compared = bool(self.atoms) and self.atoms[-1].kind in ("cmp", "between")
        counting = token.low in NUMBER_WORDS or token.low in ("a", "an")
        return compared and counting and not entry.noun

    def _add(
        self, kind: str, at: int, after: int, *, value: str = "", entry: Entry | None = None
    ) -> int:
        atom = Atom(kind, self.tokens[at], self.tokens[after - 1], value)
        atom.entry = entry
        self.atoms.append(atom)
        return after

    def _acronym(self, at: int, token: Token, entry: Entry | None) -> int:
        """`US`, `IT`: not us, not it."""
        if entry is not None and entry.values and not entry.noun:
            return self._add("val", at, at + 1, entry=entry)
        return self._add("proper", at, at + 1, value=token.text)

    def _number(self, at: int, entry: Entry | None) -> int:
        """A number and the unit it is in; 0 where none starts here."""
        tokens = self.tokens
        number = read_number(tokens, at) or self._part_of_unit(at)
        if number is None:
            return self._so_often(at, entry)
        after = number[1]
        unit = ""
        if after < len(tokens) and tokens[after].stem in UNITS:
            named, _ = _longest(tokens, after, self.lexicon)
            if named is None or not named.exact:
                unit, after = UNITS[tokens[after].stem], after + 1
        if not unit and at and tokens[at - 1].low in "$€£":
            unit = UNITS[tokens[at - 1].low]
        self._add("num", at, after, value=unit, entry=entry)
        self.atoms[-1].number = number[0]
        return after

    def _part_of_unit(self, at: int) -> tuple[float, int] | None:
        """`half an hour`, `a quarter of an hour`; `an hour` behind a comparator."""
        said = [token.low for token in self.tokens[at : at + 4]]
        for phrase, number in _PARTS:
            after = at + len(phrase)
            if tuple(said[: len(phrase)]) == phrase and after < len(self.tokens):
                compared = bool(self.atoms) and self.atoms[-1].kind == "cmp"
                if self.tokens[after].stem in UNITS and (number < 1 or compared):
                    return number, after
        return None

    def _so_often(self, at: int, entry: Entry | None) -> int:
        """`twice`; `once` only behind a comparator."""
        count = _OFTEN.get(self.tokens[at].low)
        compared = bool(self.atoms) and self.atoms[-1].kind == "cmp"
        if count is None or entry is not None or (count == 1 and not compared):
            return 0
        self._add("num", at, at + 1, value="times")
        self.atoms[-1].number = count
        return at + 1

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
                made = Atom("val" if entry.values else "noun", token, token)
                made.entry = entry
            else:
                made = Atom("verb", token, token, link_verbs()[rest])
            self.atoms.append(made)
            return True
        return False

    def _stranger(self, at: int, token: Token) -> int:
        """A word nobody knows: part of a name, a slip of the pen, a verb, or left over."""
        name = _name(self.tokens, at)
        if name:
            return self._add("proper", at, name, value=_said(self.tokens, at, name))
        if self._opposite(at, token):
            return at + 1
        meant = None if token.low in link_verbs() else _meant(token, at, self.lexicon)
        if meant is not None:
            self.tokens[at] = meant
            return self._words(at, meant)
        self.atoms.append(_unknown(token, self.lexicon))
        return at + 1


_PARTS = (
    (("a", "quarter", "of", "an"), 0.25),
    (("half", "an"), 0.5),
    (("half", "a"), 0.5),
    (("an",), 1),
    (("a",), 1),
)
_OPPOSITES = ("un", "in", "non")


def _adds_up(entry: Entry | None) -> bool:
    if entry is None or entry.tables:
        return False
    terms = [term for owned in entry.columns.values() for term in owned]
    return bool(entry.measures) or any(term.column.aggregate == "sum" for term in terms)


def _apart(tokens: list[Token], at: int) -> bool:
    return tokens[at].end < tokens[at + 1].start


def _may_be_time(token: Token) -> bool:
    low = token.low
    return low in STARTERS or token.kind == "number" or low in NUMBER_WORDS or low[:1] in "qhf"


def _quoted(token: Token, calendar: Calendar) -> Atom:
    """Quoted text is a value; a quoted date or moment is a time."""
    stretch = quoted_moment(token.text, calendar)
    if stretch is None:
        return Atom("quote", token, token, token.text)
    atom = Atom("period", token, token, stretch.label)
    atom.number = stretch
    return atom


def _name(tokens: list[Token], at: int) -> int:
    """Return the index behind a name nobody knows: capitals, joined by small words; 0 for none."""
    if not tokens[at].capital or tokens[at].kind != "word":
        return 0
    if not tokens[at].text.isalpha():
        # `VIP25`, `HAM1`: a code.
        return at + 1 if tokens[at].text.isupper() and tokens[at].text.isalnum() else 0
    after = at + 1
    while after < len(tokens):
        here = after
        while here < len(tokens) and tokens[here].low in _JOINERS and here - after < 3:
            here += 1
        if here >= len(tokens) or not tokens[here].capital or tokens[here].kind != "word":
            break
        if tokens[after - 1].possessive:
            break
        after = here + 1
    first = at == 0 or tokens[at - 1].low in _STOPS
    alone = after == at + 1
    if (first and alone) or (alone and at > 0 and tokens[at].low in link_verbs()):
        return 0
    return after


def _said(tokens: list[Token], at: int, after: int) -> str:
    return " ".join(token.text for token in tokens[at:after] if token.kind != "mark")


def _period(
    tokens: list[Token], at: int, calendar: Calendar, *, has_years: bool, beside_number: bool
) -> Stretch | None:
    stretch = read_period(tokens, at, calendar)
    if stretch is None or stretch.year is None:
        return stretch
    # A bare year is a number unless something says it is a time.
    before = tokens[at - 1].low if at else ""
    if before == "year" and has_years:
        return None
    return stretch if before in _YEAR_LEADS or beside_number else None


def _longest(tokens: list[Token], at: int, lexicon: Lexicon) -> tuple[Entry | None, int]:
    node = lexicon.root
    found, after = None, at
    index, size = at, len(tokens)
    while index < size:
        token = tokens[index]
        if token.kind == "mark" and token.low not in _COMPARATORS:
            # A phrase may run over `-` or `/`, never over a comma or a full stop and a blank.
            if (
                index == at
                or token.low == ","
                or (token.low in _STOPS and index + 1 < size and _apart(tokens, index))
            ):
                break
            index += 1
            continue
        step = node.next.get(token.stem) or node.next.get(token.low)
        if step is None or token.kind == "quoted":
            break
        node = step
        index += 1
        if node.entry is not None:
            found, after = node.entry, index
        if token.possessive:
            break
    return found, after


def _joined(tokens: list[Token], at: int, lexicon: Lexicon) -> tuple[Entry, int] | None:
    """`life expectancy` for a column called lifeexpectancy."""
    said = tokens[at].low
    for after in range(at + 1, min(at + 3, len(tokens))):
        if tokens[after].kind != "word" or tokens[after - 1].possessive:
            return None
        for form in (said + tokens[after].stem, said + tokens[after].low):
            entry = lexicon.find((form,))
            if entry is not None and entry.columns and not entry.sense:
                return entry, after + 1
        said += tokens[after].low
    return None


def _shared_head(tokens: list[Token], at: int, after: int, lexicon: Lexicon) -> Entry | None:
    """`first and last name`: the entry of `first name`, where the catalog has one."""
    if after > at + 1 or at + 3 >= len(tokens):
        return None
    joint = tokens[at + 1].low
    if joint not in ("and", "or", ",", "/", "&"):
        return None
    for index in range(at + 2, min(at + 7, len(tokens))):
        if tokens[index].low in ("and", "or", ",", "/", "&", "the"):
            continue
        entry, end = _longest(tokens, index, lexicon)
        if entry is not None and end - index >= 2 and entry.columns:
            return _with_columns(lexicon.find((tokens[at].stem, tokens[end - 1].stem)))
        if entry is not None and entry.noun:
            return None
    return None


def _with_columns(entry: Entry | None) -> Entry | None:
    return entry if entry is not None and entry.columns else None


def _known(entry: Entry, tokens: list[Token], at: int, after: int, lexicon: Lexicon) -> Atom:
    first, last = tokens[at], tokens[after - 1]
    sense = entry.sense
    if sense is not None and (
        not entry.noun or _function_here(entry, sense, tokens, at, after, lexicon)
    ):
        atom = Atom(sense.kind, first, last, sense.value)
    elif entry.noun:
        atom = Atom("noun", first, last)
    elif entry.values:
        atom = Atom("val", first, last)
    else:
        atom = Atom("unk", first, last)
    atom.entry = entry
    return atom


_ALWAYS_FUNCTION = wordset(
    """
    open det be of in with has rel by each and or not no who which poss mine cmp post
    between dir alpha noise true false
    """
)


def _function_here(  # noqa: PLR0917 - one call
    entry: Entry, sense: Sense, tokens: list[Token], at: int, after: int, lexicon: Lexicon
) -> bool:
    """Whether a word that is both English and a name is meant as English here."""
    if sense.kind == "open" and (at == 0 or tokens[at - 1].low in _BEFORE_OPENERS):
        return True
    if sense.kind == "order" and entry.exact:
        # `rank the books by price` sorts; `of each rank` names a column.
        return at == 0 or (after < len(tokens) and tokens[after].low in ("by", "them", "the"))
    if sense.kind in _ALWAYS_FUNCTION:
        return not (entry.exact and sense.kind in ("noise", "open"))
    if sense.kind in _BEFORE_NOUN or sense.kind in ("adj", "top"):
        return _leads_to_a_noun(tokens, after, lexicon)
    return not any(strength < 2 for strength in entry.tables.values())


def _leads_to_a_noun(  # noqa: PLR0911 - one verdict a kind of word
    tokens: list[Token], at: int, lexicon: Lexicon
) -> bool:
    """Whether `total`, `most` and the like stand before something they can apply to."""
    while at < len(tokens):
        if tokens[at].kind == "number" or tokens[at].low in NUMBER_WORDS:
            at += 1
            continue
        if tokens[at].low == ",":
            following, _ = _longest(tokens, at + 1, lexicon) if at + 1 < len(tokens) else (None, 0)
            joined = following.sense if following is not None else None
            return joined is not None and joined.kind in ("agg", "and")
        entry, after = _longest(tokens, at, lexicon)
        if entry is None:
            return False
        if entry.sense is not None and entry.sense.kind == "and" and after < len(tokens):
            entry, after = _longest(tokens, after, lexicon)
            return entry is not None and entry.sense is not None and entry.sense.kind == "agg"
        if entry.noun or entry.values:
            return True
        if entry.sense is None or entry.sense.kind not in _BETWEEN:
            return False
        if entry.sense.kind in ("agg", "count"):
            return True
        at = after
    return False


def _meant(token: Token, at: int, lexicon: Lexicon) -> Token | None:
    """Return the token with its slip of the pen corrected, where there is one correction."""
    if token.kind != "word" or (token.capital and at > 0):
        return None
    found = lexicon.spelling.correct(token.low) or lexicon.spelling.correct(token.stem)
    if found is None or _inflected(token.low, found) or _inflected(found, token.low):
        return None
    meant = Token(token.text, found, singular(found), token.start, token.end, "word")
    meant.corrected = True
    return meant


def _inflected(word: str, base: str) -> bool:
    """Whether a word is another form of a known one: `shared` is no slip of `share`."""
    return word.startswith(base) and word[len(base) :] in (
        "d",
        "ed",
        "s",
        "es",
        "r",
        "er",
        "ly",
        "ing",
    )


def _unknown(token: Token, lexicon: Lexicon) -> Atom:
    lemma = link_verbs().get(token.low)
    if lemma is not None:
        return Atom("verb", token, token, lemma)
    if token.low.endswith(_VERB_ENDINGS):
        for base in _bases(token.low):
            entry = lexicon.find((base,))
            if entry is not None and entry.noun:
                atom = Atom("verb", token, token, base)
                atom.entry = entry
                return atom
    return Atom("unk", token, token)


def _bases(word: str) -> tuple[str, ...]:
    stem = word[:-2] if word.endswith("ed") else word[:-3]
    return stem, stem + "e", stem[:-1], stem[:-1] + "y"
