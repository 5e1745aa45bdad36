"""The longest phrases the lexicon knows, and whether they are names or English where they stand."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.words.english import Sense
from clearway.semantics.words.numerals import NUMBER_WORDS
from clearway.semantics.words.tokens import Token
from clearway.semantics.words.wordset import wordset

_BETWEEN = frozenset(["of", "det", "all", "count", "agg", "distinct", "poss", "noise"])

_BEFORE_NOUN = frozenset(["agg", "share", "count", "super"])

_BEFORE_OPENERS = frozenset(["please", "you", "and", ".", "?", "!", ",", ";", "to", "then"])

STOPS = frozenset(".?!;")

COMPARATORS = frozenset(["<", ">", "=", "<=", ">=", "<>", "!="])

_ALWAYS_FUNCTION = wordset(
    """
    open det be of in with has rel by each and or not no who which poss mine cmp post
    between dir alpha noise true false
    """
)

SHARING = frozenset(["and", "or", ",", "/", "&"])
"""What stands between two first words of names that share their last."""


def longest(tokens: list[Token], at: int, lexicon: Lexicon) -> tuple[Entry | None, int]:
    """Return what the longest known phrase from here means, and the index behind it."""
    node = lexicon.root
    found, after = None, at
    index, size = at, len(tokens)
    while index < size:
        token = tokens[index]
        if token.kind == "mark" and token.low not in COMPARATORS:
            # A phrase may run over `-` or `/`, never over a comma or a full stop and a blank.
            if (
                index == at
                or token.low == ","
                or (token.low in STOPS and index + 1 < size and apart(tokens, index))
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
    if after == at + 2 and tokens[at].low == "orders" and lexicon.orders is not None:
        # `number of orders by city`: they are counted, not sorted.
        return lexicon.orders, at + 1
    return found, after


def joined(tokens: list[Token], at: int, lexicon: Lexicon) -> tuple[Entry, int] | None:
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


def shared_head(tokens: list[Token], at: int, after: int, lexicon: Lexicon) -> Entry | None:
    """`first and last name`: the entry of `first name`, where the catalog has one."""
    if after > at + 1 or at + 3 >= len(tokens):
        return None
    joint = tokens[at + 1].low
    if joint not in SHARING:
        return None
    for index in range(at + 2, min(at + 7, len(tokens))):
        if tokens[index].low in SHARING or tokens[index].low == "the":
            continue
        entry, end = longest(tokens, index, lexicon)
        if entry is not None and end - index >= 2 and entry.columns:
            return _with_columns(lexicon.find((tokens[at].stem, tokens[end - 1].stem)))
        if entry is not None and entry.noun:
            return None
    return None


def _with_columns(entry: Entry | None) -> Entry | None:
    return entry if entry is not None and entry.columns else None


def known(entry: Entry, tokens: list[Token], at: int, after: int, lexicon: Lexicon) -> Atom:
    """Return the atom of a known phrase: English, a name of the catalog, or a stored value."""
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
            following, _ = longest(tokens, at + 1, lexicon) if at + 1 < len(tokens) else (None, 0)
            joined = following.sense if following is not None else None
            return joined is not None and joined.kind in ("agg", "and")
        entry, after = longest(tokens, at, lexicon)
        if entry is None:
            return False
        if entry.sense is not None and entry.sense.kind == "and" and after < len(tokens):
            entry, after = longest(tokens, after, lexicon)
            return entry is not None and entry.sense is not None and entry.sense.kind == "agg"
        if entry.noun or entry.values:
            return True
        if entry.sense is None or entry.sense.kind not in _BETWEEN:
            return False
        if entry.sense.kind in ("agg", "count"):
            return True
        at = after
    return False


def apart(tokens: list[Token], at: int) -> bool:
    """Whether a blank stands behind this token."""
    return tokens[at].end < tokens[at + 1].start
