"""Definitions a document gives: acronyms spelt out, equations, "X means …", tables of terms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clearway.tools.docs.types import Defined
from clearway.tools.docs.words.injection import speaks_to_a_model
from clearway.tools.docs.words.terms import terms

MAX_TERM_WORDS = 6
MAX_MEANING_CHARS = 400
MAX_PER_CHUNK = 40


_SPELT = re.compile(r"((?:[A-Za-z][\w&'-]*[ -]){1,7}[A-Za-z][\w&'-]*)\s*\(([A-Z][A-Za-z]{1,7}s?)\)")
_SHORT = re.compile(r"\b([A-Z][A-Z0-9]{1,7})\s*\(([A-Za-z][A-Za-z -]{4,80})\)")
_EQUATION = re.compile(r"^[-*\s]*([A-Za-z][\w %/-]{0,60}?)\s*(?:=|:=|≡)\s*(?![=>])(\S.{2,})$")
_SAID = re.compile(
    r"^[-*\s]*(?:[Tt]he |[Aa]n? )?([\w][\w /&'-]{0,60}?)\s*,?\s+"
    r"(?:means|refers to|stands for|is defined as|are defined as|denotes|is short for)\s+(\S.{4,})$"
)
_LISTED = re.compile(
    r"^\s*(?:[-*+•]|\d+[.)])\s+([^:|=\n]{2,60}?)\s*(?::|\s[\u2013\u2014-])\s+(\S.{7,})$"
)
_TERM_HEADS = frozenset(
    {"term", "acronym", "abbreviation", "name", "metric", "kpi", "concept", "word", "measure"}
)
_MEANING_HEADS = frozenset(
    {"definition", "meaning", "description", "expansion", "explanation", "formula", "stands for"}
)
_SMALL = frozenset({"of", "and", "the", "to", "for", "in"})
_LABELS = frozenset(
    {"note", "warning", "example", "tip", "step", "important", "caution", "see", "todo", "hint"}
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def name_of(term: str) -> str:
    """Return a term as questions are matched."""
    return " ".join(terms(term))


def definitions_in(text: str) -> tuple[Defined, ...]:
    """Return what a passage defines, each term once, at most `MAX_PER_CHUNK`."""
    found: dict[str, Defined] = {}
    for each in _all(text):
        found.setdefault(each.name, each)
        if len(found) == MAX_PER_CHUNK:
            break
    return tuple(found.values())


def _all(text: str) -> Iterator[Defined]:
    heads: tuple[int, int] | None = None
    for line in text.split("\n"):
        if "|" in line:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if heads is None:
                heads = _heads(cells)
            elif max(heads) < len(cells) and set(line) - set("|:- "):
                yield from _made(cells[heads[0]], cells[heads[1]], line.strip())
            continue
        heads = None
        yield from _in_line(line)


def _in_line(line: str) -> Iterator[Defined]:
    if len(line) > 4000:
        return
    for sentence in _SENTENCE.split(line):
        for pattern in (_EQUATION, _SAID, _LISTED):
            if match := pattern.match(sentence):
                yield from _made(match[1], match[2], sentence.strip())
                break
        for match in _SPELT.finditer(sentence):
            if spelt := _initials(match[1], match[2]):
                yield from _both_ways(match[2], spelt, sentence)
        for match in _SHORT.finditer(sentence):
            if _initials(match[2], match[1]):
                yield from _both_ways(match[1], match[2], sentence)


def _both_ways(short: str, spelt: str, sentence: str) -> Iterator[Defined]:
    """A question may use either form."""
    yield from _made(short, spelt, sentence.strip())
    yield from _made(spelt, short, sentence.strip())


def _made(term: str, meaning: str, quote: str) -> Iterator[Defined]:
    term = term.strip("*_`\"' ")
    meaning = meaning.strip().strip("*_`").rstrip(". ")
    name = name_of(term)
    if not name or len(term.split()) > MAX_TERM_WORDS or term.casefold() in _LABELS:
        return
    if meaning and not speaks_to_a_model(quote):
        yield Defined(
            name=name, term=term, meaning=meaning[:MAX_MEANING_CHARS],
            quote=quote[: 2 * MAX_MEANING_CHARS],
        )  # fmt: skip


def _initials(words: str, short: str) -> str | None:
    """Return the end of `words` whose initials are `short`, or None."""
    letters = short.rstrip("s").casefold() if short[-1] == "s" else short.casefold()
    parts = re.findall(r"[A-Za-z][\w']*", words)
    for count in (len(letters), len(letters) + 1, len(letters) + 2):
        tail = parts[-count:]
        spelt = [tail, [part for part in tail if part.casefold() not in _SMALL]]
        made = ["".join(part[0] for part in parts_).casefold() for parts_ in spelt]
        if len(tail) == count and letters in made:
            return words[_at(words, tail) :].strip()
    return None


def _at(words: str, tail: list[str]) -> int:
    """Return where the last `len(tail)` words begin."""
    starts = [match.start() for match in re.finditer(r"[A-Za-z][\w']*", words)]
    return starts[-len(tail)]


def _heads(cells: list[str]) -> tuple[int, int] | None:
    """Return which columns hold the term and its meaning, by what heads them."""
    low = [cell.strip("*_` ").casefold() for cell in cells]
    term = next((at for at, cell in enumerate(low) if set(cell.split()) & _TERM_HEADS), None)
    meaning = next((at for at, cell in enumerate(low) if set(cell.split()) & _MEANING_HEADS), None)
    return None if term is None or meaning is None or term == meaning else (term, meaning)
