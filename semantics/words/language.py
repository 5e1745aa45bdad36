"""Whether a text is in a language the Reader has a lexicon for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from clearway.semantics.words.english import senses
from clearway.semantics.words.tokens import Token
from clearway.semantics.words.verbs import link_verbs
from clearway.semantics.words.wordset import wordset

Language = Literal["en", "other", "none"]

_FOREIGN = wordset(
    """
    le la les des une du est sont par pour quel quelle quels quelles combien avec dans sur
    qui que nous vous moi mon mes ont au aux donne montre depuis cette ces où et ce il elle
    chaque der das den dem ein eine einen und ist sind wie viele welche welcher im vom zum
    mir mich zeig zeige nach mit für von letzten letzte hoch ich wir unsere alle gib bitte
    wurde wurden el los las una unas del por para con cuál cuáles cuántos cuántas cuantos
    cuantas qué quien año cada y en es son muéstrame dame ayer lo gli delle degli della nel
    nella quanti quante quale quali sono mese ogni os uma dos quantos quantas qual quais foi
    são mês ontem não het een hoeveel welke zijn van naar vorige vorig
    maand jaar deze elke totale hoeveelheid welk
    """
) - {"alle", "son", "im", "es", "en", "il", "du", "mes", "os"}


_IN_NAMES = wordset(
    """
    le la les des du de der das den dem el los las una del lo gli della de san van von vom zum da
    dos os uma e y o il un une ein eine sur est son van naar en i no ne ce
    """
)
"""Foreign words that stand in English names as well: one of them proves nothing."""
_SHARED = frozenset(["per", "in", "is", "was", "an", "am", "so", "no", "me", "die", "on"])
"""English words that are words of other languages too."""
_TELLING = (_FOREIGN | {"alle"}) - _IN_NAMES


_OPENERS = wordset(
    """
    comment pourquoi où quand wie wo wann warum wer wieso cómo como dónde donde cuándo quién perché
    waarom hoe wanneer porque quem quando est-ce kann können könnt peut puis-je puede
    """
)
"""Words questions of other languages open with; a second foreign word decides."""


@cache
def _english() -> frozenset[str]:
    single = {phrase[0] for phrase in senses() if len(phrase) == 1}
    return (frozenset(single) | frozenset(link_verbs())) - _FOREIGN


def language_of(tokens: Sequence[Token]) -> Language:
    """Return `en`, `other`, or `none` where there are no words; linear in the tokens."""
    words = [token.low for token in tokens if token.kind == "word"]
    known = _english()
    others = [word for word in words if word not in known]
    foreign = sum(word in _FOREIGN or word in _TELLING or not word.isascii() for word in others)
    if (
        words[:1]
        and words[0] in _OPENERS
        and any(
            word in _FOREIGN or word in _IN_NAMES - _SHARED or not word.isascii()
            for word in words[1:]
        )
    ):
        return "other"
    if not foreign:
        return "en" if len(others) < len(words) or any(map(_lettered, others)) else "none"
    words = [word for word in words if _lettered(word)]
    own = [word for word in words if word in known]
    foreign = sum(word in _FOREIGN or not word.isascii() for word in others if _lettered(word))
    clear = any(word not in _SHARED for word in own)
    telling = sum(word in _TELLING for word in others)
    if not words:
        return "none"
    script = sum(not word.isascii() and not _latin(word) for word in words)
    if 2 * script > len(words) or (telling and not clear and len(words) <= 6):
        return "other"
    if foreign >= 2 and foreign >= len(own):
        return "other"
    return "other" if foreign > len(own) and foreign >= min(2, len(words)) else "en"


def _lettered(word: str) -> bool:
    return word.isalpha() or any(c.isalpha() for c in word)


def _latin(word: str) -> bool:
    """Whether the letters are of the Latin script, accents included."""
    return all(ord(c) < 0x250 or not c.isalpha() for c in word)
