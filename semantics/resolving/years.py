"""Years that are numbers: of tables that know nothing finer, or name what began in one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Comparator, Filter, Span
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.resolving.events import named_by
from clearway.semantics.resolving.restrictions import RestrictionRules
from clearway.semantics.resolving.values import holds_years
from clearway.semantics.times.period import Stretch
from clearway.semantics.words.wordset import wordset

_BEGUN = frozenset(["built", "founded", "established", "constructed", "opened", "released"])
"""Names of columns that hold a year without saying so."""
TIMELESS = wordset(
    """
    make place do take give get have happen occur go see use exist live belong contain include come
    own appear feature look trend develop evolve perform change show work keep hold
    """
)
"""Verbs that say nothing about which time is meant."""


class YearRules(RestrictionRules):
    """Resolves periods to conditions on a year."""

    def _in_years(self, table: str, stretch: Stretch, span: Span) -> tuple[Filter, ...]:
        """Filters on a year, where a table knows nothing finer; bounds must fall between years."""
        year = self._year_term(table)
        whole = all(_new_year(moment, self.zone) for moment in (stretch.start, stretch.end))
        if year is None or not whole or len(self.sketch.periods) > 1:
            raise self._unclear(span)
        bounds: list[tuple[Comparator, int]] = []
        if stretch.year is not None:
            bounds.append(("=", stretch.year))
        else:
            if stretch.start is not None:
                bounds.append((">=", _local_year(stretch.start, self.zone)))
            if stretch.end is not None:
                bounds.append(("<", _local_year(stretch.end, self.zone)))
        return tuple(
            Filter(
                column=year.ref,
                comparator=comparator,
                values=(number if year.number else str(number),),
                span=span,
            )
            for comparator, number in bounds
        )

    def _year_term(self, table: str) -> Term | None:
        terms = [t for t in self.lexicon.terms[table].values() if not t.time and holds_years(t)]
        verbs = [verb for verb, _, _ in self.sketch.verbs if verb not in TIMELESS]
        named = [t for t in terms if any(named_by(t, verb) for verb in verbs)]
        named = [t for t in named if {"year", *_BEGUN} & set(words_of(t.column.name))]
        years = named or [t for t in terms if words_of(t.column.name)[-1] == "year"]
        return years[0] if len(years) == 1 else None


def _local_year(moment: datetime, zone: str) -> int:
    return moment.astimezone(ZoneInfo(zone)).year


def _new_year(moment: datetime | None, zone: str) -> bool:
    """Whether a bound is open or the first moment of a year."""
    if moment is None:
        return True
    local = moment.astimezone(ZoneInfo(zone))
    return (local.month, local.day, local.hour, local.minute, local.second) == (1, 1, 0, 0, 0)
