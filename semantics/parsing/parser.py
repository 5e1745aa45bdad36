"""Read atoms from left to right into a Sketch; a word without a licensed place is left loose."""

from __future__ import annotations

from collections.abc import Callable

from clearway.semantics.parsing.atoms import Atom, place_at
from clearway.semantics.parsing.cursor import span_of
from clearway.semantics.parsing.doubts import doubts
from clearway.semantics.parsing.nouns import NounRules
from clearway.semantics.parsing.shares import tell_parts
from clearway.semantics.parsing.sketch import (
    Happening,
    Item,
    Sketch,
    Sorting,
)

_MAY_COUNT = frozenset(["unk", "noun"])


class Parser(NounRules):
    """One pass over the atoms of one question."""

    def run(self) -> Sketch:
        """Return the sketch of all atoms."""
        while self.at < len(self.atoms):
            atom = self.atoms[self.at]
            if atom.kind in _MAY_COUNT and self._passes_over(atom):
                continue
            handler = _HANDLERS.get(atom.kind)
            if handler is None:
                self._loose(atom)
                self.at += 1
            else:
                handler(self, atom)
        self._finish()
        return self.sketch

    def _passes_over(self, atom: Atom) -> bool:
        """`second highest`, `3rd most common`: those before it are passed over."""
        place = place_at(self.atoms, self.at)
        if not place:
            return False
        self.sketch.skip = place - 1
        self.skipped = atom
        self.at += 1
        return True

    def _finish(self) -> None:
        if self.negated is not None and self.verb is not None:
            span = (self.negated.start, self.verb.end)
            self.sketch.happened = Happening(self.verb.value, span)
        elif self.negated is not None:
            self._loose(self.negated)
        values = [c for c in self.sketch.conditions if c.alternative]
        side_by_side = self.sketch.compared and not (self.sketch.growth or self.sketch.back)
        if side_by_side and not self.sketch.periods[1:] and len(values) > 1:
            self.sketch.compared_values = True
        if self.sketch.growth and not self.sketch.periods[1:]:
            self._grew()
        if self.sketch.shared is not None:
            tell_parts(self.text, self.sketch, self.atoms)
        if self.share is not None:
            self._share_of_rows()
        self._unplaced()
        self._settle_last()
        for span in doubts(self.text, self.atoms, self.sketch):
            self._loose_span(span)

    def _settle_last(self) -> None:
        """Add what waited for more to come to the sketch as it is."""
        if self.verb is not None:
            self.sketch.verbs.append((self.verb.value, span_of(self.verb), self.verb.entry))
        if self.superlative and self.direction is not None:
            self.sketch.sortings.append(
                Sorting(self.ranked, None, self.direction, superlative=True)
            )
        if self.skipped is not None and self.sketch.sortings:
            last = self.sketch.sortings[-1]
            last.span = (min(self.skipped.start, last.span[0]), last.span[1])
        self.sketch.distinct = self.sketch.distinct or self.distinct

    def _grew(self) -> None:
        """`grew from 2024 to 2025` compares two; `how does it change` goes step by step."""
        sketch = self.sketch
        said = sketch.periods[0] if sketch.periods else None
        ends = said[0].ends if said is not None else None
        how = self.text[: self.atoms[0].end].lower().startswith("how")
        if said is not None and ends is not None and ends[0].unit == ends[1].unit is not None:
            sketch.periods = [(ends[1], said[1]), (ends[0], said[1])]
        elif how and all(atom.kind != "versus" for atom in self.atoms):
            sketch.trend, sketch.growth, sketch.compared = True, False, False

    def _unplaced(self) -> None:
        """Give back the words that waited for another one that never came."""
        if self.both or self.share is not None:
            self._loose_span((0, len(self.text)))
        if self.howmuch is not None:
            self._loose(self.howmuch)
        if self.grouping is not None and self.grouping[1] == self._found():
            self._loose(self.grouping[0])
        if self.skipped is not None and (self.sketch.limit != 1 or len(self.sketch.sortings) != 1):
            self._loose(self.skipped)
        if self.limit is not None:
            number, atom = self.limit
            if self.sketch.limit is None and self.sketch.mentions and self.superlative:
                self.sketch.limit = number
            else:
                self._loose(atom)

    def _share_of_rows(self) -> None:
        """`percentage of runs that failed`, of them in each region: those rows among all of them.

        `percentage of runs by region` divides all of them among the regions.
        """
        sketch = self.sketch
        wanted = [m for m in sketch.mentions if m.wanted]
        if len(wanted) != 1 or sketch.heads:
            return
        mention = wanted[0]
        item = Item(mention.span, aggregate="count", rows=True, counted=mention)
        if sketch.conditions:
            told = [c for c in sketch.conditions if c.part]
            where = told[0] if told else sketch.conditions[0]
            said_of_them = not sketch.groups or where.span > mention.span
            if len(told) != 1 or where.times is not None or not said_of_them:
                return
            item.span, item.where = (mention.span[0], where.span[1]), where
            sketch.conditions.remove(where)
            self._in_percent(item)
        elif sketch.groups and not (self.verb or sketch.verbs):
            self._shared(item)
        else:
            return
        mention.wanted = False
        sketch.heads.append(item)


Handler = Callable[[Parser, Atom], None]

_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("det", "be", "noise", "poss"), Parser._skip),
    "rows": Parser._rows,
    "grain": Parser._grain,
    "cycle": Parser._cycle,
    "days": Parser._days,
    "times": Parser._times,
    **dict.fromkeys(("of", "in"), Parser._preposition),
    **dict.fromkeys(("and", "or", "comma"), Parser._joint),
    **dict.fromkeys(("not", "no", "except"), Parser._not),
    "nobody": Parser._nobody,
    **dict.fromkeys(("chart", "tabular"), Parser._shown_as),
    **dict.fromkeys(("versus", "growth"), Parser._versus),
    **dict.fromkeys(("breakdown", "trend"), Parser._breakdown),
    "howlong": Parser._howlong,
    "open": Parser._open,
    "ask": Parser._ask,
    "stop": Parser._stop,
    "which": Parser._which,
    "who": Parser._who,
    "rel": Parser._relative,
    "with": Parser._with,
    "has": Parser._has,
    "by": Parser._by,
    "all": Parser._all,
    "each": Parser._each,
    "both": Parser._both,
    "mine": Parser._mine,
    "distinct": Parser._distinct,
    "share": Parser._share,
    "same": Parser._same,
    "only": Parser._only,
    "running": Parser._running,
    "verb": Parser._verb,
    "period": Parser._period,
    "everything": Parser._everything,
    "count": Parser._count,
    "agg": Parser._agg,
    "howmuch": Parser._howmuch,
    "super": Parser._super,
    "adj": Parser._adj,
    "top": Parser._top,
    "common": Parser._common,
    "order": Parser._order,
    "dir": Parser._dir,
    "alpha": Parser._alpha,
    "noun": Parser._noun,
    "val": Parser._val,
    "proper": Parser._proper,
    "quote": Parser._quote,
    "like": Parser._like_alone,
    "cmp": Parser._cmp,
    "between": Parser._between_some,
    "above": Parser._than_average,
    "below": Parser._than_average,
    "num": Parser._num,
    "unk": Parser._unk,
}
