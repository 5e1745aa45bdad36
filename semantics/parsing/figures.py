"""Bare numbers, rows and steps of time, and words nobody knows."""

from __future__ import annotations

from clearway.semantics.frame import Cycle
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, grain_of, span_of
from clearway.semantics.parsing.function_words import WordRules
from clearway.semantics.parsing.operands import AFTER_BEFORE
from clearway.semantics.parsing.sketch import (
    COND,
    GROUP,
    HEAD,
    ORDER,
    Condition,
    Days,
    Item,
)
from clearway.semantics.times.dates import PLURAL_DAYS

_CYCLES: dict[str, Cycle] = {
    "hour of day": "hour of day", "weekday": "weekday", "month of year": "month of year",
}  # fmt: skip

_WORKING = ("monday", "tuesday", "wednesday", "thursday", "friday")

_SEVERAL_DAYS = {
    "weekends": ("saturday", "sunday"),
    **dict.fromkeys(("weekdays", "working days", "business days", "workdays"), _WORKING),
}

_QUALIFIERS = frozenset(
    ["det", "all", "distinct", "val", "adj", "top", "super", "common", "comma", "verb", "unk", "of"]
)


class FigureRules(WordRules):
    """What a figure stands for where it stands."""

    def _num(self, atom: Atom) -> None:
        self.at += 1
        if atom.value == "times" and self._times_said("=", atom, atom.start):
            return
        if self._kind() == "post":
            self._counted("=", atom, atom.start)
        elif self.region == COND and self._measured_by(atom):
            return
        elif (
            isinstance(atom.count, int)
            and 0 < atom.count <= 100_000
            and self.limit is None
            and (self._step(atom) if atom.value else self._leads_to_noun())
        ):
            self.limit = (atom.count, atom)
        else:
            self._loose(atom)

    def _leads_to_noun(self) -> bool:
        """Whether so many of something are asked for (`2 best-selling books`)."""
        index = self._peek(self.at, _QUALIFIERS)
        return self._kind_at(index) in ("noun", "rows")

    def _rows(self, atom: Atom) -> None:
        """`rows in sales` alone asks how many; after `show` it asks for them."""
        self.at += 1
        following = self._peek(self.at, frozenset(["in", "of", "det", "all"]))
        if (
            self._asked_something()
            or self.atoms[0].kind != "rows"
            or self._kind_at(following) != "noun"
        ):
            return
        item = Item(span_of(atom), aggregate="count", counted=self._mention(self.atoms[following]))
        self.sketch.heads.append(item)
        self.at = following + 1

    def _cycle(self, atom: Atom) -> None:
        """`by weekday`, `which hour of the day`; `on weekdays` is another thing."""
        if self.region == GROUP or self._asks_for_step():
            self.sketch.groups.append(Item(span_of(atom), grain=_CYCLES[atom.value]))
            self.at += 1
        else:
            self._days(atom)

    def _days(self, atom: Atom) -> None:
        """`on weekends`, `on Mondays`: of every week, which the plural says."""
        said = self.text[atom.start : atom.end].lower()
        single = PLURAL_DAYS.get(said)
        names = (single,) if single is not None else _SEVERAL_DAYS.get(said)
        if names is None or self.region in (GROUP, ORDER):
            self._loose(atom)
        else:
            self.sketch.days.append(Days(names, span_of(atom), self._take_negation()))
        self.link = ""
        self.at += 1

    def _grain(self, atom: Atom) -> None:
        """`monthly`, `year by year`."""
        self.sketch.groups.append(Item(span_of(atom), grain=grain_of(atom.value)))
        self.at += 1

    def _measured_by(self, atom: Atom) -> bool:
        """`cars with 4 cylinders`: the number of a column, not of rows."""
        if self._kind() != "noun" or atom.value:
            return False
        noun = self.atoms[self.at]
        entry = entry_of(noun)
        numbers = [t for owned in entry.columns.values() for t in owned if t.number]
        if entry.tables or not numbers:
            return False
        self.at += 1
        self._add_condition(
            Condition((atom.start, noun.end), "=", (atom.count,), entry=entry, owner=self.anchor)
        )
        return True

    def _unk(self, atom: Atom) -> None:
        said = atom.text.lower()
        grain = grain_of(said)
        if grain is not None and (self.region == GROUP or self._asks_for_step()):
            self.sketch.groups.append(Item(span_of(atom), grain=grain))
        elif said in AFTER_BEFORE and self._held_against(atom, AFTER_BEFORE[said], self.at + 1):
            return
        else:
            self._loose(atom)
            self.negated = None
        self.at += 1

    def _asks_for_step(self) -> bool:
        """`which month had the most sales`, `the best day`: one step of time is asked for."""
        if self.region != HEAD or self._asked_something():
            return False
        before = self._back(self.at - 1)
        return self._kind_at(before) in ("which", "open", "top", "common", "end")
