"""Money asked for without a name: the one amount there is of what is spoken of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import Term
from clearway.semantics.parsing.naming import UNITS
from clearway.semantics.parsing.sketch import Item
from clearway.semantics.resolving.heads import HeadRules
from clearway.semantics.resolving.scope import spoken, spoken_column
from clearway.semantics.words.wordset import wordset

_MONEY = wordset(
    """
    revenue cost fee price payment spend spent paid expense salary wage income profit turnover
    earnings balance charge sales
    """
)
_AMOUNTS = frozenset(["amount", "total", "subtotal", "value"])
"""Last words of columns of money, where they hold parts of a unit."""
_WHOLE = ("integer", "bigint", "smallint")


class MoneyRules(HeadRules):
    """Resolves `how much money` and `the total amount of money`."""

    def _item_concept(self, item: Item) -> Term:
        return self._money(item) if item.concept == "money" else super()._item_concept(item)

    def _money(self, item: Item) -> Term:
        """Return the only amount of rows that are, or belong to, all that is spoken of."""
        named = [m.table for m in self.sketch.mentions if m.table]
        about = named or ([self.subject] if self.subject else [])
        events = {self._table_of_verb(verb) for verb, _, _ in self.sketch.verbs} - {None}
        tables = [t for t in self.lexicon.terms if all(self._is_of(t, other) for other in about)]
        found = [
            term
            for table in tables
            if not self._table(table).derived and (table in events or not events)
            for term in self.lexicon.terms[table].values()
            if _is_money(term)
        ]
        if len(found) != 1 or not about:
            bare = re.search(r"(?:amount of )?money$", self._said(item.span), re.IGNORECASE)
            start = item.span[0] + (bare.start() if bare is not None else 0)
            choices = self._choices(found, (start, item.span[1]))
            told = [replace(each, label=f"amount of money in {each.label}") for each in choices]
            raise self._unclear(item.span, told)
        if self.sketch.periods and self._happened_at_another_time(found[0].table, named):
            raise self._unclear(item.span)
        self._assume(item.span, f"the sum of {spoken_column(found[0])} of {spoken(found[0].table)}")
        return found[0]

    def _happened_at_another_time(self, table: str, named: Sequence[str]) -> bool:
        """`spent on pieces in 2024`: spent then, or on pieces of that year."""
        return any(
            other != table and any(term.time for term in self.lexicon.terms[other].values())
            for other in named
        )

    def _is_of(self, table: str, other: str) -> bool:
        """Whether each row of a table is one of the other, or belongs to one right away."""
        path = self.joins.path(table, other, to_one=True)
        return path is not None and len(path) <= 1


def _is_money(term: Term) -> bool:
    words = [word for word in words_of(term.column.name) if word not in UNITS or word == "amount"]
    if term.column.aggregate != "sum" or not words:
        return False
    parts = not term.column.type.startswith(_WHOLE)
    return not _MONEY.isdisjoint(words) or (words[-1] in _AMOUNTS and parts)
