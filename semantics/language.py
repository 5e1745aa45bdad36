"""Whether a text is in a language the Reader has a lexicon for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from clearway.semantics.english import link_verbs, senses
from clearway.semantics.tokens import Token
from clearway.semantics.wordset import wordset

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


@cache
def _english() -> frozenset[str]:
    single = {phrase[0] for phrase in senses() if len(phrase) == 1}
    return (frozenset(single) | frozenset(link_verbs())) - _FOREIGN


def language_of(tokens: Sequence[Token]) -> Language:
    """Return `en`, `other`, or `none` where there are no words; linear in the tokens."""
    known = _english()
    words = english = foreign = script = 0
    for token in tokens:
        if token.kind != "word":
            continue
        word = token.low
        if word in known:
            english += 1
        elif word in _FOREIGN:
            foreign += 1
        elif not word.isascii():
            foreign += 1
            script += not _latin(word)
        elif not any(c.isalpha() for c in word):
            continue
        words += 1
    if not words:
        return "none"
    if 2 * script > words:
        return "other"
    if foreign >= 2 and foreign >= english:
        return "other"
    return "other" if foreign > english and foreign >= min(2, words) else "en"


def _latin(word: str) -> bool:
    """Whether the letters are of the Latin script, accents included."""
    return all(ord(c) < 0x250 or not c.isalpha() for c in word)
