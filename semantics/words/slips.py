"""Slips in the words a question is built from: `What si`, `hwo many`, `Cound the number`.

A closed list of words, each with what it is when two neighbouring letters change places; the words
a question opens with also with one letter wrong or missing. What is a word of its own, or a slip of
two words, is none of them; and each is only taken where the word it stands for is expected.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cache

from clearway.semantics.words.tokens import Token, singular
from clearway.semantics.words.wordset import wordset

_OPENERS = ("what", "which", "list", "show", "find", "give", "count", "how")
_LOOSELY = ("which", "count")
"""Openers no other word of English is one letter from that could open a question."""
_BEING = ("is", "are", "was", "were")
_MEASURING = ("many", "much")
_DONE = wordset(
    """
    made bought sold paid spent created ordered wrote written released received placed hired built
    sent given taken worked belongs belong lived managed owned earned borrowed rented published
    produced directed played attended visited shipped delivered cancelled assigned purchased
    """
)
_LINKING = ("the", "of", "with", "that")

_WORDS_OF_THEIR_OWN = wordset(
    """
    who from form thaw county counts courts court mount fount wich winch witch lits gives lit
    giver shows finds hist slit silt fins fid ate ware wear aver ear era awes saw aws
    """
)

_ASKED_OF = frozenset(["what", "which", "who", "where", "when", "that", "there"])
_BEHIND_HOW = frozenset(["many", "much", "often", "long"])
_BEHIND_OPENERS = wordset("the all me us every each names name how distinct different out top")
_BEHIND_COUNT = wordset("the all how every distinct different")
_BEFORE_DONE = wordset(
    """
    who that which was were is are been be have has had did not never they customers people
    """
)
_BEHIND_DONE = frozenset(["by"])
_LEADS = wordset("of in from to for by at on with per and or not no without")


@cache
def _slips() -> dict[str, str]:
    """Return every slip with the one word it is a slip of."""
    meant: dict[str, set[str]] = {}
    known = {*_OPENERS, *_BEING, *_MEASURING, *_DONE, *_LINKING}
    for word in known:
        made = {f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" for i in range(len(word) - 1)}
        if word in _LOOSELY:
            made |= {word[:i] + word[i + 1 :] for i in range(1, len(word))}
            letters = "abcdefghijklmnopqrstuvwxyz"
            made |= {word[:i] + c + word[i + 1 :] for i in range(1, len(word)) for c in letters}
        for slip in made - known - _WORDS_OF_THEIR_OWN:
            meant.setdefault(slip, set()).add(word)
    return {slip: words.pop() for slip, words in meant.items() if len(words) == 1}


def mend(tokens: list[Token], data: Container[str]) -> None:
    """Correct the slips of grammar in place; `data` holds the words that mean something here."""
    slips = _slips()
    for at, token in enumerate(tokens):
        word = slips.get(token.low)
        if word is None or token.kind != "word" or (token.capital and at > 0):
            continue
        if token.low in data or token.stem in data or not _expected(tokens, at, word):
            continue
        mended = Token(token.text, word, singular(word), token.start, token.end, "word")
        mended.corrected = True
        tokens[at] = mended


def _expected(tokens: Sequence[Token], at: int, word: str) -> bool:  # noqa: PLR0911 - one a kind
    """Whether a word of this kind may stand here."""
    before = tokens[at - 1].low if at else ""
    behind = tokens[at + 1].low if at + 1 < len(tokens) else ""
    if word in _BEING:
        return before in _ASKED_OF and bool(behind)
    if word in _MEASURING:
        return before == "how"
    if word in _DONE:
        return before in _BEFORE_DONE or behind in _BEHIND_DONE
    if word in _LINKING:
        # `flights to fo`, `to teh in May`: a place nobody knows rather than a slip.
        opened = before not in _LEADS or (word == "the" and at > 0)
        return opened and at > 0 and behind.isalpha() and behind not in _LEADS
    opens = at == 0 or tokens[at - 1].kind == "mark" or before in ("and", "please")
    if word == "how":
        return opens and (behind in _BEHIND_HOW or _slips().get(behind) in _BEHIND_HOW)
    if word == "what":
        return opens and (behind in _BEING or _slips().get(behind) in _BEING)
    if word == "which":
        return opens and bool(behind)
    return opens and behind in (_BEHIND_COUNT if word == "count" else _BEHIND_OPENERS)
