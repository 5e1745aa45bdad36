"""Cut a question into atoms: the longest phrases the lexicon, the calendar or English know."""

from __future__ import annotations

from clearway.semantics.english import Sense, link_verbs
from clearway.semantics.lexicon import Entry, Lexicon
from clearway.semantics.numerals import NUMBER_WORDS, UNITS, Number, read_number
from clearway.semantics.period import STARTERS, Calendar, Stretch, quoted_moment, read_period
from clearway.semantics.tokens import Token, singular

_SKIPPED = frozenset("-/.&:()[]{}'’‘\"*#%$€£+~`^|\\@!?;,<>=_")
_STOPS = frozenset(".?!;")
_COMPARATORS = frozenset(["<", ">", "=", "<=", ">=", "<>", "!="])
_ACRONYMS = frozenset(["us", "it", "who"])
_JOINERS = frozenset(
    ["of", "the", "a", "an", "as", "in", "to", "and", "de", "la", "von", "van", "-", "'", "&"]
)
_YEAR_LEADS = frozenset(
    ["in", "during", "of", "for", "from", "since", "year", "by", "throughout", "fy", "until", "on"]
)
_BETWEEN = frozenset(["of", "det", "count", "agg", "distinct", "poss", "noise"])
_BEFORE_NOUN = frozenset(["agg", "share", "count", "super"])
_VERB_ENDINGS = ("ed", "ing")


class Atom:
    """One phrase of the question and what it may be; `kind` is what it is taken for so far."""

    __slots__ = (
        "corrected",
        "end",
        "entry",
        "kind",
        "number",
        "possessive",
        "start",
        "text",
        "value",
    )

    def __init__(self, kind: str, first: Token, last: Token, value: str = "") -> None:
        self.kind = kind
        self.start = first.start
        self.end = last.end
        self.text = first.text if first is last else ""
        self.value = value
        self.entry: Entry | None = None
        self.number: Number | Stretch | None = None
        self.possessive = last.possessive
        self.corrected = first.low if first.corrected else ""
        """What a word was meant to be, where it was misspelt."""

    @property
    def stretch(self) -> Stretch:
        """The period of an atom of kind `period`."""
        assert isinstance(self.number, Stretch)  # noqa: S101 - set with the kind
        return self.number

    @property
    def count(self) -> Number:
        """The number of an atom of kind `num`."""
        assert isinstance(self.number, int | float)  # noqa: S101 - set with the kind
        return self.number


def cut(tokens: list[Token], lexicon: Lexicon, calendar: Calendar) -> list[Atom]:
    """Return the atoms from left to right; every token but punctuation is in exactly one."""
    atoms: list[Atom] = []
    at, size = 0, len(tokens)
    while at < size:
        token = tokens[at]
        if token.kind == "mark" and token.low not in _COMPARATORS:
            if token.low == ",":
                atoms.append(Atom("comma", token, token))
            elif token.low in _STOPS and at + 1 < size and _apart(tokens, at):
                atoms.append(Atom("stop", token, token))
            at += 1
            continue
        at = _one(atoms, tokens, at, lexicon, calendar)
    return atoms


def _apart(tokens: list[Token], at: int) -> bool:
    return tokens[at].end < tokens[at + 1].start


def _one(
    atoms: list[Atom], tokens: list[Token], at: int, lexicon: Lexicon, calendar: Calendar
) -> int:
    """Append the atom that starts here and return the index behind it."""
    token = tokens[at]
    if token.kind == "quoted":
        atoms.append(_quoted(token, calendar))
        return at + 1
    entry, after = _longest(tokens, at, lexicon)
    if after == at + 1 and token.low in _ACRONYMS and token.text.isupper():
        # `US`, `IT`: not us, not it.
        if entry is not None and entry.values and not entry.noun:
            atoms.append(Atom("val", token, token))
            atoms[-1].entry = entry
        else:
            atoms.append(Atom("proper", token, token, token.text))
        return at + 1
    shared = _shared_head(tokens, at, after, lexicon)
    if shared is not None:
        atom = Atom("noun", token, token)
        atom.entry = shared
        atoms.append(atom)
        return at + 1
    if (
        token.low in STARTERS
        or token.kind == "number"
        or token.low in NUMBER_WORDS
        or token.low[:1] in "qhf"
    ):
        stretch = _period(tokens, at, calendar)
        if stretch is not None and stretch.after >= after:
            atom = Atom("period", token, tokens[stretch.after - 1], stretch.label)
            atom.number = stretch
            atoms.append(atom)
            return stretch.after
    if entry is None or (after == at + 1 and token.kind == "number"):
        number = read_number(tokens, at)
        if number is not None:
            after = number[1]
            unit = ""
            if after < len(tokens) and tokens[after].stem in UNITS:
                named, end = _longest(tokens, after, lexicon)
                if named is None or not named.exact:
                    unit, after = UNITS[tokens[after].stem], after + 1
            if not unit and at and tokens[at - 1].low in "$€£":
                unit = UNITS[tokens[at - 1].low]
            atom = Atom("num", token, tokens[after - 1], unit)
            atom.number = number[0]
            atom.entry = entry
            atoms.append(atom)
            return after
    if entry is None or (entry.sense is None and not entry.noun and not entry.values):
        name = _name(tokens, at, lexicon)
        if name:
            atoms.append(Atom("proper", token, tokens[name - 1]))
            atoms[-1].value = _said(tokens, at, name)
            return name
        meant = None if token.low in link_verbs() else _meant(token, at, lexicon)
        if meant is not None:
            tokens[at] = meant
            return _one(atoms, tokens, at, lexicon, calendar)
        atoms.append(_unknown(token, lexicon))
        return at + 1
    atoms.append(_known(entry, tokens, at, after, lexicon))
    return after


def _quoted(token: Token, calendar: Calendar) -> Atom:
    """Quoted text is a value; a quoted date or moment is a time."""
    stretch = quoted_moment(token.text, calendar)
    if stretch is None:
        return Atom("quote", token, token, token.text)
    atom = Atom("period", token, token, stretch.label)
    atom.number = stretch
    return atom


def _name(tokens: list[Token], at: int, lexicon: Lexicon) -> int:
    """Return the index behind a name nobody knows: capitals, joined by small words; 0 for none."""
    if not tokens[at].capital or tokens[at].kind != "word" or not tokens[at].text.isalpha():
        return 0
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


def _period(tokens: list[Token], at: int, calendar: Calendar) -> Stretch | None:
    stretch = read_period(tokens, at, calendar)
    if stretch is None or stretch.year is None:
        return stretch
    # A bare year is a number unless something says it is a time.
    before = tokens[at - 1].low if at else ""
    return stretch if before in _YEAR_LEADS else None


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
        not entry.noun or _function_here(entry, sense, tokens, after, lexicon)
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


_ALWAYS_FUNCTION = frozenset(
    [
        "open",
        "det",
        "be",
        "of",
        "in",
        "with",
        "has",
        "rel",
        "by",
        "each",
        "and",
        "or",
        "not",
        "no",
        "who",
        "which",
        "poss",
        "mine",
        "cmp",
        "post",
        "between",
        "dir",
        "alpha",
        "noise",
        "true",
        "false",
    ]
)


def _function_here(
    entry: Entry, sense: Sense, tokens: list[Token], after: int, lexicon: Lexicon
) -> bool:
    """Whether a word that is both English and a name is meant as English here."""
    if sense.kind in _ALWAYS_FUNCTION:
        return not (entry.exact and sense.kind in ("noise", "open"))
    if sense.kind in _BEFORE_NOUN or sense.kind in ("adj", "top"):
        return _leads_to_a_noun(tokens, after, lexicon)
    return not any(strength < 2 for strength in entry.tables.values())


def _leads_to_a_noun(tokens: list[Token], at: int, lexicon: Lexicon) -> bool:
    """Whether `total`, `most` and the like stand before something they can apply to."""
    while at < len(tokens):
        entry, after = _longest(tokens, at, lexicon)
        if entry is None:
            return False
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
    if found is None:
        return None
    meant = Token(token.text, found, singular(found), token.start, token.end, "word")
    meant.corrected = True
    return meant


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
