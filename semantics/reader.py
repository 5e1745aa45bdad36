"""The Reader: a question to its Frame, without a model and without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Frame, Leftover
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cutter import cut
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.parsing.parser import Parser
from clearway.semantics.resolving.grounding import Fact, entries_of
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.resolving.resolver import Resolver
from clearway.semantics.routing.followup import Continuation, continues
from clearway.semantics.times.period import Calendar, Weekday
from clearway.semantics.types import Catalog
from clearway.semantics.words.language import Language, language_of
from clearway.semantics.words.tokens import MAX_TOKENS, Token, normalised, tokenize


@dataclass(frozen=True)
class Knowledge:
    """What is built once per visible catalog."""

    catalog: Catalog
    lexicon: Lexicon
    joins: JoinGraph

    @classmethod
    def of(cls, catalog: Catalog) -> Knowledge:
        """Index a catalog."""
        return cls(catalog, Lexicon(catalog), JoinGraph(catalog))


def read(
    text: str,
    knowledge: Knowledge,
    *,
    now: datetime,
    zone: str = "UTC",
    previous: Frame | None = None,
    facts: Iterable[Fact] = (),
    week_start: Weekday = "monday",
    fiscal_year_start_month: int = 1,
) -> Frame:
    """Return what the text says; never raises, whatever the text."""
    text = normalised(text)
    calendar = Calendar(now, ZoneInfo(zone), week_start, fiscal_year_start_month)
    tokens = tokenize(text)
    language = language_of(tokens)
    if language != "en":
        return _unread(text, tokens, language)
    atoms = cut(tokens, knowledge.lexicon, calendar)
    if facts:
        _ground(atoms, entries_of(facts, knowledge.lexicon))
    sketch = Parser(text, atoms).run()
    if len(tokens) == MAX_TOKENS and tokens[-1].end < len(text):
        sketch.loose.append((text[tokens[-1].end :].strip(), (tokens[-1].end, len(text))))
    sketch.corrected = [(a.corrected, (a.start, a.end)) for a in atoms if a.corrected]
    known = previous is not None and previous.subject in knowledge.lexicon.tables
    if previous is not None and known and continues(tokens, sketch):
        fragment = Continuation(text, sketch, knowledge.lexicon, knowledge.joins, calendar)
        return fragment.merged(tokens, previous)
    return Resolver(text, sketch, knowledge.lexicon, knowledge.joins, calendar).frame()


def _ground(atoms: list[Atom], known: Mapping[str, Entry]) -> None:
    """Names the data turned out to know become stored values."""
    for atom in atoms:
        entry = known.get(atom.value.casefold()) if atom.kind in ("proper", "quote") else None
        if entry is not None and (entry.values or entry.parts):
            atom.kind, atom.entry = "val", entry


def _unread(text: str, tokens: Sequence[Token], language: Language) -> Frame:
    """An honest Frame of what cannot be read: everything is left over."""
    words = tuple(
        Leftover(word=token.text, span=(token.start, token.end))
        for token in tokens
        if token.kind != "mark"
    )
    return Frame(text=text, language=language, leftover=words)
