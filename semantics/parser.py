"""Read atoms from left to right into a Sketch; a word without a licensed place is left loose."""

from __future__ import annotations

from collections.abc import Callable

from clearway.semantics.atoms import Atom
from clearway.semantics.cursor import entry_of, grain_of, span_of
from clearway.semantics.english import link_verbs
from clearway.semantics.entries import Entry
from clearway.semantics.frame import Cycle
from clearway.semantics.naming import UNITS
from clearway.semantics.parse_numbers import NumberRules
from clearway.semantics.sketch import (
    COND,
    GROUP,
    HEAD,
    ORDER,
    Condition,
    Happening,
    Item,
    Mention,
    Sketch,
    Sorting,
)

_CYCLES: dict[str, Cycle] = {
    "hour of day": "hour of day", "weekday": "weekday", "month of year": "month of year",
}  # fmt: skip

_MODIFIERS = frozenset(["det", "all", "noise", "distinct", "val", "quote", "num", "each", "proper"])


_BEFORE_NAMES = frozenset(["det", "of", "no", "agg", "super", "share"])
_BEFORE_VERBS = frozenset(["to", "i", "we", "me", "us", "it", "they", "he", "she", "them"])
_QUALIFIERS = frozenset(
    ["det", "all", "distinct", "val", "adj", "top", "super", "common", "comma", "verb", "unk", "of"]
)
_GOING = frozenset(["change", "develop", "evolve"])


class Parser(NumberRules):
    """One pass over the atoms of one question."""

    def run(self) -> Sketch:
        """Return the sketch of all atoms."""
        while self.at < len(self.atoms):
            atom = self.atoms[self.at]
            handler = _HANDLERS.get(atom.kind)
            if handler is None:
                self._loose(atom)
                self.at += 1
            else:
                handler(self, atom)
        self._finish()
        return self.sketch

    def _finish(self) -> None:
        if self.negated is not None and self.verb is not None:
            span = (self.negated.start, self.verb.end)
            self.sketch.happened = Happening(self.verb.value, span)
        elif self.negated is not None:
            self._loose(self.negated)
        values = [c for c in self.sketch.conditions if c.alternative]
        if self.sketch.compared and not self.sketch.periods and len(values) > 1:
            self.sketch.compared_values = True
        if self.sketch.growth and not self.sketch.periods[1:]:
            self._grew()
        if self.share and self._share_of_rows():
            self.share = False
        self._unplaced()
        if self.verb is not None:
            self.sketch.verbs.append((self.verb.value, span_of(self.verb), self.verb.entry))
        if self.superlative and self.direction is not None:
            self.sketch.sortings.append(
                Sorting(self.ranked, None, self.direction, superlative=True)
            )
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
        if self.both or self.share:
            self._loose_span((0, len(self.text)))
        if self.howmuch is not None:
            self._loose(self.howmuch)
        if self.grouping is not None and self.grouping[1] == self._found():
            self._loose(self.grouping[0])
        if self.limit is not None:
            number, atom = self.limit
            if self.sketch.limit is None and self.sketch.mentions and self.superlative:
                self.sketch.limit = number
            else:
                self._loose(atom)

    def _share_of_rows(self) -> bool:
        """`percentage of runs that failed`: those rows among all of them."""
        sketch = self.sketch
        wanted = [m for m in sketch.mentions if m.wanted]
        if len(wanted) != 1 or len(sketch.conditions) != 1 or sketch.heads or sketch.groups:
            return False
        mention, where = wanted[0], sketch.conditions.pop()
        mention.wanted = False
        span = (mention.span[0], where.span[1])
        sketch.heads.append(Item(span, aggregate="count", rows=True, counted=mention, where=where))
        return True

    # ------------------------------------------------------------ function words

    def _skip(self, atom: Atom) -> None:
        self.at += 1

    def _open(self, atom: Atom) -> None:
        """A fresh start: `and what are those sizes`; behind `who`, some are verbs like others."""
        said = atom.text.lower()
        if said in link_verbs() and self._kind(-1) in ("rel", "who"):
            self._relates(atom, link_verbs()[said])
            return
        if self._kind(-1) in _BEFORE_NAMES and said and said != "list":
            # `the return of products`: what is asked for, which nobody knows.
            self._loose(atom)
        if self.region != HEAD and self._kind(-1) in ("and", "stop", "comma", "noise"):
            self.region = HEAD
        self.at += 1

    def _ask(self, atom: Atom) -> None:
        """`where`, `when`, `why`, `how`: a place, a time, a reason or a way is asked for."""
        if atom.value in ("where", "when") and self._asked_something() and self._kind(-1) != "stop":
            self._relative(atom)
            return
        if atom.value == "when":
            self.sketch.heads.append(Item(span_of(atom), concept="time"))
        else:
            self._loose(atom)
        self.at += 1

    def _stop(self, atom: Atom) -> None:
        self.region = HEAD
        self.link = ""
        self.at += 1

    def _which(self, atom: Atom) -> None:
        if self._asked_something() and self._kind(-1) not in ("stop", "comma", "and"):
            self.region = COND
        self.at += 1

    def _who(self, atom: Atom) -> None:
        if self._asked_something():
            self.region = COND
        else:
            self.sketch.person = True
        self.at += 1

    def _relative(self, atom: Atom) -> None:
        if self._asked_something():
            self.region = COND
        self.link = ""
        self.at += 1

    def _preposition(self, atom: Atom) -> None:
        self.link = atom.kind
        self.at += 1

    def _with(self, atom: Atom) -> None:
        self.link = "with"
        if self._asked_something():
            self.region = COND
        self.at += 1

    def _has(self, atom: Atom) -> None:
        if self._asked_something() and self.region == HEAD:
            self.region = COND
        self.at += 1

    def _by(self, atom: Atom) -> None:
        self.at += 1
        self.link = "by"
        following = self._kind_at(self._peek(self.at, frozenset(["det", "all", "each"])))
        index = self._peek(self.at, frozenset(["det", "all", "each"]))
        acting = following == "noun" and bool(entry_of(self.atoms[index]).tables)
        if following in ("val", "quote", "proper") or (self.verb is not None and acting):
            self.region = COND
        elif self.superlative:
            self.region = ORDER
            self.superlative = False
        elif self.region != ORDER:
            self.region = GROUP
            self.grouping = (atom, self._found())

    def _all(self, atom: Atom) -> None:
        """`sold in all regions`: every one of them is meant, which is no filter."""
        self.at += 1
        index = self._peek(self.at, frozenset(["det", "distinct"]))
        following = self._kind_at(index)
        yes_or_no = self._kind(-2) == "be" and not self._asked_something()
        acted = self.region == COND and self.verb is not None and self.link != "of"
        if following == "noun" and not entry_of(self.atoms[index]).tables:
            acted = acted or (self.link == "in" and self._asked_something())
        if yes_or_no or (acted and following == "noun" and not self._asks_numbers()):
            self._loose(atom)

    def _each(self, atom: Atom) -> None:
        listed = self._kind(-1) == "open" and atom.text.lower() == "every"
        every = "every" in self.text[atom.start : atom.end].lower()
        yes_or_no = self._kind(-1) == "be" and not self._asked_something()
        if every and (yes_or_no or (self.verb is not None and not self._asks_numbers())):
            # `sold in every region`, `did every run fail`: all of them, not one by one.
            self._loose(atom)
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        if following is not None and following.text.lower() == "one" and self._asked_something():
            # `how much each one made`: of what was named before.
            self.at += 1
            return
        sorted_already = self.region != ORDER or bool(self.sketch.sortings)
        if sorted_already and not listed:
            self.region = GROUP
            self.grouping = (atom, self._found())
        self.at += 1

    def _asks_numbers(self) -> bool:
        return any(item.aggregate is not None for item in self.sketch.heads)

    def _joint(self, atom: Atom) -> None:
        self.either = atom.kind == "or" and bool(self.sketch.conditions)
        self.at += 1

    def _both(self, atom: Atom) -> None:
        self.both = True
        self.at += 1

    def _not(self, atom: Atom) -> None:
        self.negated = atom
        if atom.kind == "no" and self._asked_something():
            self.region = COND
        self.at += 1

    def _mine(self, atom: Atom) -> None:
        if atom.text.lower() in ("my", "mine"):
            self.sketch.mine = True
        self.at += 1

    def _distinct(self, atom: Atom) -> None:
        self.distinct = True
        self.at += 1

    def _share(self, atom: Atom) -> None:
        self.share = True
        self.at += 1

    def _running(self, atom: Atom) -> None:
        """`running total of revenue by month`: added up from step to step."""
        self.sketch.running = span_of(atom)
        self.at += 1

    def _shown_as(self, atom: Atom) -> None:
        self.sketch.presentation = "chart" if atom.kind == "chart" else "table"
        self.at += 1

    def _breakdown(self, atom: Atom) -> None:
        """`breakdown of statuses`, `trend`: what must be shown step by step."""
        self.sketch.breakdown = self.sketch.breakdown or atom.kind == "breakdown"
        self.sketch.trend = self.sketch.trend or atom.kind == "trend"
        self.at += 1

    def _versus(self, atom: Atom) -> None:
        self.sketch.compared = True
        if atom.kind == "growth":
            self.sketch.growth = True
            self.sketch.back = self.sketch.back or grain_of(atom.value)
        self.at += 1
        following = self._peek(self.at, frozenset(["det", "all", "in", "of"]))
        if self.sketch.conditions and self._kind_at(following) == "val":
            # `Europe vs Asia Pacific`: both, side by side.
            self.either = True
            self.sketch.compared_values = True

    def _verb(self, atom: Atom) -> None:
        if atom.text.lower() == atom.value and self._names_something():
            # `the rate of products`, `out of stock`: a noun nobody knows.
            self._loose(atom)
            self.at += 1
            return
        self._relates(atom, atom.value)
        if atom.value in _GOING and self.text[: self.atoms[0].end].lower().startswith("how"):
            self.sketch.trend = True
        if self.region == GROUP:
            self.region = COND

    def _names_something(self) -> bool:
        """Whether a noun belongs here: `the rate`, `of stock`, `our rent`; not `we rent`."""
        if self.at == 0:
            return False
        before = self.atoms[self.at - 1]
        if before.kind in ("mine", "poss", "in", "with"):
            return before.text.lower() not in _BEFORE_VERBS
        return before.kind in _BEFORE_NAMES

    def _period(self, atom: Atom) -> None:
        self.sketch.periods.append((atom.stretch, span_of(atom)))
        self.link = ""
        self.at += 1

    def _everything(self, atom: Atom) -> None:
        self.sketch.heads.append(Item(span_of(atom), everything=True))
        self.at += 1

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
        else:
            self._loose(atom)
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

    # ------------------------------------------------------------ nouns

    def _noun(self, atom: Atom) -> None:
        entry = entry_of(atom)
        if self._counts_the_last(atom, entry):
            self._count_before(atom)
        elif (
            self.link == "in"
            and entry.phrase in UNITS
            and not entry.tables
            and self._kind(-1) == "in"
        ):
            self.sketch.passed.append((atom.text, span_of(atom)))
            self.at += 1
        elif entry.values and self._rather_value(atom):
            self._val(atom)
        elif self._named_value(atom, entry) or self._state_said(atom, entry):
            return
        elif self.region == HEAD and self._is_said_of_it(entry):
            self._related(atom, entry)
        elif self.region == GROUP:
            self._group(entry)
        elif self.region == ORDER:
            entry, owner, span = self._noun_phrase()
            self._sort_by(Item(span, entry=entry, owner=owner))
        elif self.region == COND:
            self._related(atom, entry)
        else:
            self._asked()

    def _counts_the_last(self, atom: Atom, entry: Entry) -> bool:
        """`sales count`, unless what was named has a column of that name."""
        if atom.text.lower() != "count" or self._kind(-1) != "noun" or self.anchor is None:
            return False
        before = entry_of(self.atoms[self.at - 1])
        return before is self.anchor.entry and entry.columns.keys().isdisjoint(before.tables)

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
        rate = following.text.lower() in ("rate", "ratio", "quota")
        part = self.share and following.kind == "noun" and bool(entry_of(following).tables)
        if not (rate or part):
            return False
        self.share = False
        self.at += 2
        counted = self._mention(following) if part else None
        if counted is not None:
            where.owner = counted
        span = (where.span[0], following.end)
        item = Item(span, aggregate="count", rows=True, counted=counted, where=where)
        self.sketch.heads.append(item)
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

    def _rather_value(self, atom: Atom) -> bool:
        """A word that is a column here and a stored value there: what its neighbour has counts."""
        entry = entry_of(atom)
        if entry.tables or entry.exact:
            return False
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        tables = set(self.anchor.entry.tables) if self.anchor is not None else set()
        if following is not None and following.kind == "noun" and entry_of(following).tables:
            tables = set(entry_of(following).tables)
        return any(t.table in tables for t in entry.values) and tables.isdisjoint(entry.columns)

    def _group(self, entry: Entry) -> None:
        entry, owner, span = self._noun_phrase()
        grain = grain_of(entry.phrase)
        each = self.grouping is not None and self.grouping[0].kind == "each"
        per = each and self.text[: span[0]].rstrip().lower().endswith(" per")
        self.sketch.groups.append(
            Item(span, entry=entry, owner=owner, grain=grain, each=each, per=per)
        )
        if self._kind() not in ("and", "comma"):
            self.region = COND

    def _asked(self) -> None:
        """A noun in the head: an attribute, a number, or the thing asked about."""
        limit, self.limit = self.limit, None
        if limit is not None and self.sketch.limit is None:
            self.sketch.limit = limit[0]
        elif limit is not None:
            self._loose(limit[1])
        while True:
            wanted = self._asks_for_it()
            linked, atom_at = self.link == "of", self.at
            entry, owner, span = self._noun_phrase()
            if owner is not None and entry is owner.entry:
                if linked:
                    self._belongs(owner)
                owner.wanted = owner.wanted or wanted
                if owner.wanted and entry.columns and not self.share:
                    self.sketch.heads.append(Item(span, entry=entry))
            else:
                item = Item(span, entry=entry, owner=owner, share=self._take_share())
                self._ask_for(item, atom_at)
            self.link = ""
            if owner is None or not self._more_attributes():
                return

    def _ask_for(self, item: Item, index: int) -> None:
        span = item.span
        if self.howmuch is not None and item.entry is not None and not item.entry.tables:
            item.aggregate, self.howmuch = "sum", None
        if self._does_it(index):
            self.sketch.passed.append((self.text[span[0] : span[1]], span))
        elif self._said_twice(item):
            self._loose_span(span)
        elif not self._compared(item):
            self.sketch.heads.append(item)

    def _said_twice(self, item: Item) -> bool:
        """The same word again with nothing between is no question."""
        last = self.sketch.heads[-1] if self.sketch.heads else None
        return last is not None and last.entry is item.entry and last.span[1] + 1 == item.span[0]

    def _does_it(self, index: int) -> bool:
        """`how many seats do companies have`: all of them together, not one by one."""
        before = self.atoms[self._back(index - 1)]
        asked = any(item.aggregate is not None for item in self.sketch.heads)
        return asked and before.kind == "be" and before.text.lower() in ("do", "does", "did")

    def _belongs(self, owner: Mention) -> None:
        """`the names and ids of artists`: the columns just asked for are theirs."""
        for item in reversed(self.sketch.heads):
            if item.owner is not None or item.aggregate is not None or item.entry is None:
                break
            if item.entry.tables:
                break
            item.owner = owner

    def _asks_for_it(self) -> bool:
        """Whether a table in the head is asked for, not only the place of what was asked."""
        index = self.at - 1
        while self._kind_at(index) in _MODIFIERS or (
            self._kind_at(index) in ("and", "or", "comma")
            and self._kind_at(index + 1) in ("val", "quote")
            and self._kind_at(index - 1) in ("val", "quote")
        ):
            index -= 1
        kind = self._kind_at(index) if index >= 0 else "open"
        if kind == "adj" and index == self.paired:
            return False
        if kind == "adj" and self.sketch.heads and self._kind_at(self._back(index - 1)) == "be":
            # `how many loans does the oldest book have`: the count is asked for, not the book.
            return False
        if kind in ("and", "comma"):
            return not self.sketch.mentions or self.sketch.mentions[-1].wanted
        return kind in ("open", "which", "adj", "top", "stop", "common", "super") or not (
            self.sketch.heads or self.sketch.mentions or self.sketch.sortings
        )

    def _more_attributes(self) -> bool:
        """`employee's first and last name`: step over the conjunction when an attribute follows."""
        index = self._peek(self.at, frozenset(["and", "comma", "det", "all", "poss"]))
        if index == self.at or self._kind_at(index) != "noun":
            return False
        self.at = index
        return True


Handler = Callable[[Parser, Atom], None]

_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("det", "be", "noise", "poss"), Parser._skip),
    "rows": Parser._rows,
    "grain": Parser._grain,
    "cycle": Parser._cycle,
    "times": Parser._times,
    **dict.fromkeys(("of", "in"), Parser._preposition),
    **dict.fromkeys(("and", "or", "comma"), Parser._joint),
    **dict.fromkeys(("not", "no", "except"), Parser._not),
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
