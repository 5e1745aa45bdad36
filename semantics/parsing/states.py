"""Columns that are yes or no: `active products`, `who are the admins`, `success rate`."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.figures import FigureRules
from clearway.semantics.parsing.sketch import (
    HEAD,
    Condition,
    Item,
)
from clearway.semantics.parsing.values import RATES


class StateRules(FigureRules):
    """What is said of rows by a yes or no."""

    def _state_said(self, atom: Atom, entry: Entry) -> bool:
        """`active products`, `which are not active`, `success rate`: a yes or no of rows."""
        if not entry.state:
            return False
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        where = Condition(span_of(atom), "=", (True,), entry=entry, owner=self.anchor)
        if following is not None and self.region == HEAD and self._rate_of_state(where, following):
            return True
        if not self._in_state(where, following, entry):
            return False
        where.negated = self._take_negation()
        self._add_condition(where)
        self.at += 1
        return True

    def _in_state(self, where: Condition, following: Atom | None, entry: Entry) -> bool:
        """Settle whose state it is: of the noun behind it, of what was spoken of, of its rows."""
        if following is not None and following.kind == "noun":
            if entry.columns.keys().isdisjoint(entry_of(following).tables):
                return False
            negated, self.negated = self.negated, None
            where.owner = self._mention_ahead(following)
            self.negated = negated
            # From here on it stands before its noun as an article does.
            self.atoms[self.at].kind = "noise"
            return True
        if self._kind_at(self._before_state()) in ("be", "rel") and self._asked_something():
            return True
        alone = self.region == HEAD and not self._asked_something() and len(entry.columns) == 1
        if not alone or self._kind(1) in ("of", "and", "comma"):
            return False
        where.owner = self._rows_in_state(self.atoms[self.at], entry)
        return True

    def _rate_of_state(self, where: Condition, following: Atom) -> bool:
        """`success rate of runs`, `percentage of active users`."""
        rate, part = following.text.lower() in RATES, self._are_parts(following)
        if not (rate or part):
            return False
        self.at += 2
        counted = self._mention(following) if part else None
        if counted is not None:
            where.owner = counted
        span = (where.span[0], following.end)
        item = Item(span, aggregate="count", rows=True, counted=counted, where=where)
        self.sketch.heads.append(self._in_percent(item))
        return True

    def _before_state(self) -> int:
        index = self.at - 1
        while index >= 0 and self.atoms[index].kind in ("det", "noise", "not", "all"):
            index -= 1
        return index

    def _is_said_of_it(self, entry: Entry) -> bool:
        """`how many books are in print`: a yes or no about what was asked, not asked itself."""
        if entry.tables or not self.sketch.heads or self._kind_at(self._back(self.at - 1)) != "be":
            return False
        return self._is_state(entry)
