"""The Reader: a question to its Frame, without a model and without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clearway.semantics.atoms import cut
from clearway.semantics.frame import Frame
from clearway.semantics.joins import JoinGraph
from clearway.semantics.lexicon import Lexicon
from clearway.semantics.parser import Parser
from clearway.semantics.period import Calendar, Weekday
from clearway.semantics.resolver import Resolver
from clearway.semantics.tokens import normalised, tokenize
from clearway.semantics.types import Catalog


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
    week_start: Weekday = "monday",
    fiscal_year_start_month: int = 1,
) -> Frame:
    """Return what the text says; never raises, whatever the text."""
    text = normalised(text)
    calendar = Calendar(now, ZoneInfo(zone), week_start, fiscal_year_start_month)
    atoms = cut(tokenize(text), knowledge.lexicon, calendar)
    sketch = Parser(text, atoms).run()
    return Resolver(text, sketch, knowledge.lexicon, knowledge.joins).frame(zone)
