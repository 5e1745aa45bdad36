"""Words nobody knows: names, slips of the pen, verbs."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.parsing.phrases import STOPS
from clearway.semantics.times.period import Calendar, read_period
from clearway.semantics.words.spelling import Spelling
from clearway.semantics.words.tokens import Token, singular
from clearway.semantics.words.verbs import link_verbs
from clearway.semantics.words.wordset import wordset

_JOINERS = wordset(
    """
    of the a an as in to and de la von van - ' &
    """
)

_TIME_LEADS = Spelling(["between", "before", "after", "since", "until", "during", "versus"])
"""None of them is a slip of another, so no slip turns a time around."""

_VERB_ENDINGS = ("ed", "ing")


def name_at(tokens: list[Token], at: int) -> int:
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
    first = at == 0 or tokens[at - 1].low in STOPS
    alone = after == at + 1
    if (first and alone) or (alone and at > 0 and tokens[at].low in link_verbs()):
        return 0
    return after


def said_from(tokens: list[Token], at: int, after: int) -> str:
    """Return the words between two places, as they were written."""
    return " ".join(token.text for token in tokens[at:after] if token.kind != "mark")


def meant_by(token: Token, at: int, lexicon: Lexicon) -> Token | None:
    """Return the token with its slip of the pen corrected, where there is one correction."""
    if token.kind != "word" or (token.capital and at > 0):
        return None
    found = lexicon.spelling.correct(token.low) or lexicon.spelling.correct(token.stem)
    if found is None or _inflected(token.low, found) or _inflected(found, token.low):
        return None
    meant = Token(token.text, found, singular(found), token.start, token.end, "word")
    meant.corrected = True
    return meant


def lead_meant(tokens: list[Token], at: int, calendar: Calendar) -> Token | None:
    """Return what a slip of `between` or `before` was meant to be, right before a time."""
    token = tokens[at]
    timed = at + 1 < len(tokens) and read_period(tokens, at + 1, calendar) is not None
    found = _TIME_LEADS.correct(token.low) if timed and token.kind == "word" else None
    if found is None or (token.capital and at > 0) or _inflected(token.low, found):
        return None
    meant = Token(token.text, found, found, token.start, token.end, "word")
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


def unknown(token: Token, lexicon: Lexicon) -> Atom:
    """Return the atom of a word that may be a verb, and is left over otherwise."""
    lemma = link_verbs().get(token.low)
    if lemma is not None:
        return Atom("verb", token, token, lemma)
    if token.low.endswith(_VERB_ENDINGS):
        for base in _bases(token.low):
            if base in lexicon.occurrences:
                return Atom("verb", token, token, base)
            entry = lexicon.find((base,))
            if entry is not None and entry.noun:
                atom = Atom("verb", token, token, base)
                atom.entry = entry
                return atom
        if token.low in lexicon.occurrences:
            return Atom("verb", token, token, token.low)
    return Atom("unk", token, token)


def _bases(word: str) -> tuple[str, ...]:
    stem = word[:-2] if word.endswith("ed") else word[:-3]
    return stem, stem + "e", stem[:-1], stem[:-1] + "y"
