"""Read atoms from left to right into a Sketch; a word without a licensed place is left loose."""

from __future__ import annotations

from collections.abc import Callable

from clearway.semantics.atoms import Atom
from clearway.semantics.frame import Aggregate, Comparator, Grain, Span
from clearway.semantics.lexicon import UNITS, Entry
from clearway.semantics.sketch import (
    COND,
    GROUP,
    HEAD,
    ORDER,
    Condition,
    Item,
    Mention,
    Sketch,
    Sorting,
)

_GRAINS: dict[str, Grain] = {
    "hour": "hour", "day": "day", "date": "day", "week": "week", "month": "month", "quarter": "quarter",
    "year": "year", "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month",
    "quarterly": "quarter", "yearly": "year", "annual": "year", "annually": "year",
}  # fmt: skip
_GLUE = frozenset(["det", "be", "noise", "poss", "has"])
_FLIP: dict[Comparator, Comparator] = {
    "=": "<>",
    ">": "<=",
    "<": ">=",
    ">=": "<",
    "<=": ">",
    "in": "not in",
}


class Parser:
    """One pass over the atoms of one question."""

    def __init__(self, text: str, atoms: list[Atom]) -> None:
        self.text = text
        self.atoms = atoms
        self.at = 0
        self.sketch = Sketch()
        self.region = HEAD
        self.link = ""
        """The last preposition, while nothing followed it."""
        self.negated: Atom | None = None
        self.limit: tuple[int, Atom] | None = None
        self.distinct = False
        self.direction: bool | None = None
        self.share = False
        self.superlative = False
        self.anchor: Mention | None = None
        self.alternatives = 0
        self.both = False
        self.either = False
        """The next condition is an alternative to the last one."""
        self.verb: Atom | None = None

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

    # ------------------------------------------------------------ small things

    def _kind(self, offset: int = 0) -> str:
        index = self.at + offset
        return self.atoms[index].kind if 0 <= index < len(self.atoms) else "end"

    def _peek(self, index: int, skipped: frozenset[str]) -> int:
        """Return the index of the next atom whose kind is not skipped."""
        while index < len(self.atoms) and self.atoms[index].kind in skipped:
            index += 1
        return index

    def _kind_at(self, index: int) -> str:
        return self.atoms[index].kind if index < len(self.atoms) else "end"

    def _loose(self, atom: Atom) -> None:
        self.sketch.loose.append((atom.text or atom.value, (atom.start, atom.end)))

    def _condition(self, condition: Condition) -> None:
        """Add a condition; `or` before it makes it an alternative to the last one."""
        conditions = self.sketch.conditions
        if self.either and conditions and not condition.alternative:
            if not conditions[-1].alternative:
                self.alternatives += 1
                conditions[-1].alternative = self.alternatives
            condition.alternative = conditions[-1].alternative
        self.either = False
        conditions.append(condition)

    def _skip(self, atom: Atom) -> None:
        self.at += 1

    def _take_negation(self) -> bool:
        taken = self.negated is not None
        self.negated = None
        return taken

    def _finish(self) -> None:
        if self.negated is not None:
            self._loose(self.negated)
        if self.limit is not None:
            number, atom = self.limit
            if self.sketch.limit is None and self.sketch.mentions and self.superlative:
                self.sketch.limit = number
            else:
                self._loose(atom)
        if self.verb is not None:
            self.sketch.verbs.append((self.verb.value, _span(self.verb), self.verb.entry))
        if self.superlative and self.direction is not None:
            self.sketch.sortings.append(Sorting((0, 0), None, self.direction, superlative=True))
        self.sketch.distinct = self.sketch.distinct or self.distinct

    # ------------------------------------------------------------ function words

    def _open(self, atom: Atom) -> None:
        """A fresh start: `..., and what are those sizes?`"""
        if self.region != HEAD and self._kind(-1) in ("and", "stop", "comma", "noise"):
            self.region = HEAD
        self.at += 1

    def _stop(self, atom: Atom) -> None:
        self.region = HEAD
        self.link = ""
        self.at += 1

    def _which(self, atom: Atom) -> None:
        if self.sketch.heads or self.sketch.mentions:
            self.region = COND
        self.at += 1

    def _who(self, atom: Atom) -> None:
        if self.sketch.heads or self.sketch.mentions:
            self.region = COND
        else:
            self.sketch.person = True
        self.at += 1

    def _rel(self, atom: Atom) -> None:
        if self.sketch.heads or self.sketch.mentions or self.sketch.groups:
            self.region = COND
        self.link = ""
        self.at += 1

    def _preposition(self, atom: Atom) -> None:
        self.link = atom.kind
        self.at += 1

    def _with(self, atom: Atom) -> None:
        self.link = "with"
        if self.sketch.heads or self.sketch.mentions:
            self.region = COND
        self.at += 1

    def _has(self, atom: Atom) -> None:
        if self.sketch.heads or self.sketch.mentions:
            self.region = COND if self.region == HEAD else self.region
        self.at += 1

    def _by(self, atom: Atom) -> None:
        self.at += 1
        self.link = "by"
        if self.verb is not None:
            self.region = COND
            return
        following = self._peek(self.at, frozenset(["det", "each"]))
        if self._kind_at(following) in ("val", "quote"):
            self.region = COND
        elif self.superlative:
            self.region = ORDER
            self.superlative = False
        elif self.region != ORDER:
            self.region = GROUP

    def _each(self, atom: Atom) -> None:
        listed = self._kind(-1) == "open" and atom.end - atom.start == len("every")
        if self.region != ORDER and not listed:
            self.region = GROUP
        self.at += 1

    def _and(self, atom: Atom) -> None:
        self.either = atom.kind == "or" and bool(self.sketch.conditions)
        self.at += 1

    def _both(self, atom: Atom) -> None:
        self.both = True
        self.at += 1

    def _not(self, atom: Atom) -> None:
        self.negated = atom
        self.at += 1

    def _no(self, atom: Atom) -> None:
        self.negated = atom
        if self.sketch.heads or self.sketch.mentions:
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

    def _chart(self, atom: Atom) -> None:
        self.sketch.presentation = "chart" if atom.kind == "chart" else "table"
        self.at += 1

    def _versus(self, atom: Atom) -> None:
        self.sketch.compared = True
        self.sketch.growth = self.sketch.growth or atom.kind == "growth"
        self.at += 1

    def _verb(self, atom: Atom) -> None:
        if self.verb is not None:
            self.sketch.verbs.append((self.verb.value, _span(self.verb), self.verb.entry))
        self.verb = atom
        if (self.sketch.heads or self.sketch.mentions) and self.region in (HEAD, GROUP):
            self.region = COND
        self.at += 1

    def _period(self, atom: Atom) -> None:
        self.sketch.periods.append((atom.stretch, _span(atom)))
        self.link = ""
        self.at += 1

    def _everything(self, atom: Atom) -> None:
        self.sketch.heads.append(Item(_span(atom), everything=True))
        self.at += 1

    # ------------------------------------------------------------ numbers asked for

    def _count(self, atom: Atom) -> None:
        """`how many different cities`, `number of albums`, `count failed jobs`."""
        self.at += 1
        item = Item(_span(atom), aggregate="count", share=self._take_share())
        while True:
            kind = self._kind()
            if kind == "distinct":
                item.distinct = True
            elif kind == "val":
                self._val(self.atoms[self.at])
                continue
            elif kind not in ("of", "det", "be", "each", "poss", "noise", "agg", "count"):
                break
            self.at += 1
        self._count_what(item)
        self._place(item)

    def _count_what(self, item: Item) -> None:
        kind = self._kind()
        if kind == "rows":
            item.rows = True
            self.at += 1
            following = self._peek(self.at, _GLUE | {"in", "of"})
            if self._kind_at(following) == "noun" and self.atoms[following].entry:
                self.at = following
                item.counted = self._mention(self.atoms[following])
                self.at += 1
        elif kind == "noun":
            noun = self.atoms[self.at]
            entry = noun.entry
            assert entry is not None  # noqa: S101 - nouns come with an entry
            if entry.tables and not (item.distinct and entry.columns):
                item.counted = self._mention(noun)
                self.at += 1
                owned = self._compound(item.counted)
                if owned is not None:
                    item.entry, item.owner, item.counted = owned, item.counted, None
            else:
                item.entry = entry
                self.at += 1
        elif self._again(item):
            return
        else:
            self.sketch.loose.append(("number", item.span))

    def _again(self, item: Item) -> bool:
        """`..., and how many do they have?` asks for the number it is sorted by."""
        for sorting in self.sketch.sortings:
            if sorting.item is not None and sorting.item.aggregate == "count":
                known = sorting.item
                item.counted, item.entry, item.owner = known.counted, known.entry, known.owner
                return True
        return False

    def _agg(self, atom: Atom) -> None:
        """`average price`, `maximum and minimum length`, `total number of orders`."""
        aggregates = [(atom, atom.value)]
        index = self.at + 1
        while True:
            index = self._peek(index, frozenset(["det", "of", "noise", "poss"]))
            joint = index
            if self._kind_at(index) in ("and", "or", "comma"):
                joint = self._peek(index + 1, frozenset(["det", "of"]))
            if joint != index and self._kind_at(joint) == "agg":
                aggregates.append((self.atoms[joint], self.atoms[joint].value))
                index = joint + 1
                continue
            if (
                self._kind_at(index) == "agg"
                and atom.value == "sum"
                and self.atoms[index].value == "sum"
            ):
                index += 1
                continue
            break
        if self._kind_at(index) == "count":
            self.at = index
            if atom.value != "sum":
                self._loose(atom)
            return
        if self._kind_at(index) == "val":
            self.at = index
            self._val(self.atoms[index])
            index = self._peek(self.at, frozenset(["det", "of"]))
        if self._kind_at(index) != "noun":
            self.at += 1
            if (
                atom.text.lower() not in ("total", "overall", "aggregate")
                or self._kind_at(index) != "end"
            ):
                self._loose(atom)
            return
        self.at = index
        entry, owner, span = self._noun_phrase()
        for found, aggregate in aggregates:
            whole = (found.start, span[1])
            item = Item(
                whole,
                entry=entry,
                owner=owner,
                aggregate=_aggregate(aggregate),
                share=self._take_share(),
            )
            if entry.tables and not entry.columns and not entry.measures:
                item.counted = owner
            self._place(item)

    def _take_share(self) -> bool:
        share, self.share = self.share, False
        return share

    def _howmuch(self, atom: Atom) -> None:
        self.at += 1
        index = self._peek(self.at, frozenset(["det", "be", "of", "noise"]))
        if self._kind_at(index) == "noun":
            self.at = index
            entry, owner, span = self._noun_phrase()
            self._place(Item((atom.start, span[1]), entry=entry, owner=owner, aggregate="sum"))
        else:
            self._loose(atom)

    def _place(self, item: Item) -> None:
        """Put a number where the region says: asked for, sorted by, or compared."""
        if self._compared(item):
            return
        if self.region == ORDER:
            self._sort_by(item)
        elif self.region == GROUP and not item.aggregate:
            self.sketch.groups.append(item)
        else:
            self.sketch.heads.append(item)

    def _compared(self, item: Item) -> bool:
        """`whose number of albums is more than 3`."""
        if self.region != COND:
            return False
        condition = self._comparison(item.span, self._peek(self.at, _GLUE))
        if condition is None:
            return False
        condition.item = item
        self._condition(condition)
        return True

    # ------------------------------------------------------------ order and limits

    def _super(self, atom: Atom) -> None:
        """`the most albums`, `highest revenue`, `lowest number of tracks`."""
        index = self._peek(self.at + 1, frozenset(["det", "of", "be", "noise"]))
        descending = atom.value == "max"
        kind = self._kind_at(index)
        if kind in ("count", "agg", "howmuch"):
            self.at = index
            region, self.region = self.region, ORDER
            self.direction = descending
            self._limit_one()
            (self._count if kind == "count" else self._agg)(self.atoms[index])
            self.region = region if region != HEAD else COND
        elif kind == "noun":
            self.at = index
            entry, owner, span = self._noun_phrase()
            item = Item((atom.start, span[1]), entry=entry, owner=owner)
            if owner is not None and entry is owner.entry and not entry.measures:
                item.counted, item.aggregate = owner, "count"
            self._limit_one()
            self._add_sorting(Sorting(item.span, item, descending, superlative=True))
        else:
            self._loose(atom)
            self.at += 1

    def _limit_one(self) -> None:
        number = self.limit[0] if self.limit else 1
        self.limit = None
        if self.sketch.limit is None:
            self.sketch.limit = number

    def _adj(self, atom: Atom) -> None:
        """`youngest employee`, `last 10 runs`, `longest and shortest tracks`."""
        concept, _, direction = atom.value.partition(" ")
        other = self._peek(self.at + 1, frozenset(["and", "or", "det", "comma"]))
        if self._kind_at(other) == "adj" and self.atoms[other].value.partition(" ")[0] == concept:
            for found in (atom, self.atoms[other]):
                wanted: Aggregate = "max" if found.value.endswith("max") else "min"
                self.sketch.heads.append(Item(_span(found), concept=concept, aggregate=wanted))
            self.at = other + 1
            return
        self.at += 1
        if self._kind() == "num":
            self.limit = (int(self.atoms[self.at].count), self.atoms[self.at])
            self.at += 1
        self._limit_one()
        descending = (direction == "max") != (concept in ("age", "speed"))
        self._add_sorting(
            Sorting(_span(atom), Item(_span(atom), concept=concept), descending, superlative=True)
        )

    def _top(self, atom: Atom) -> None:
        """`top 5 products by revenue`; what they are ranked by comes behind `by` or `with`."""
        self.at += 1
        self.direction = atom.value == "max"
        if self._kind() == "num":
            self.limit = (int(self.atoms[self.at].count), self.atoms[self.at])
            self.at += 1
        self._limit_one()
        self.superlative = True

    def _common(self, atom: Atom) -> None:
        """`most common genre`: the value that most rows of what is asked about have."""
        self.at += 1
        self._limit_one()
        item = Item(_span(atom), aggregate="count", rows=True)
        self._add_sorting(Sorting(_span(atom), item, atom.value == "max", superlative=True))

    def _order(self, atom: Atom) -> None:
        self.region = ORDER
        self.at += 1
        if self._kind() in ("by",):
            self.at += 1

    def _dir(self, atom: Atom) -> None:
        descending = atom.value == "desc"
        if self.sketch.sortings and not self.sketch.sortings[-1].superlative:
            self.sketch.sortings[-1].descending = descending
        else:
            self.direction = descending
        self.region = ORDER
        self.at += 1

    def _alpha(self, atom: Atom) -> None:
        self.at += 1
        index = self._peek(self.at, frozenset(["of", "by", "det"]))
        descending = atom.value == "desc"
        if index > self.at and self._kind_at(index) == "noun":
            self.at = index
            entry, owner, span = self._noun_phrase()
            self._add_sorting(Sorting(span, Item(span, entry=entry, owner=owner), descending))
        elif not any(not sorting.superlative for sorting in self.sketch.sortings):
            self._add_sorting(Sorting(_span(atom), None, descending, by_label=True))

    def _sort_by(self, item: Item) -> None:
        descending = self.direction
        if descending is None:
            descending = False
        superlative = self.direction is not None and self.sketch.limit is not None
        self._add_sorting(Sorting(item.span, item, descending, superlative=superlative))

    def _add_sorting(self, sorting: Sorting) -> None:
        self.sketch.sortings.append(sorting)
        self.direction = None

    # ------------------------------------------------------------ nouns

    def _noun(self, atom: Atom) -> None:
        entry = atom.entry
        assert entry is not None  # noqa: S101 - nouns come with an entry
        if (
            self.link == "in"
            and entry.phrase in UNITS
            and not entry.tables
            and self._kind(-1) == "in"
        ):
            self.sketch.passed.append((atom.text, _span(atom)))
            self.at += 1
            return
        if self._named_value(atom, entry):
            return
        if self.region == GROUP:
            self._group(atom, entry)
        elif self.region == ORDER:
            entry, owner, span = self._noun_phrase()
            self._sort_by(Item(span, entry=entry, owner=owner))
        elif self.region == COND:
            self._related(atom, entry)
        else:
            self._asked(atom)

    def _noun_phrase(self) -> tuple[Entry, Mention | None, Span]:
        """Take `album title`, `employee's name`, `price`; the owner is the table named first."""
        atom = self.atoms[self.at]
        entry = atom.entry
        assert entry is not None  # noqa: S101 - called at a noun
        self.at += 1
        if not entry.tables:
            return entry, None, _span(atom)
        mention = self._mention(atom)
        owned = self._compound(mention)
        if owned is None:
            return entry, mention, _span(atom)
        return owned, mention, (atom.start, self.atoms[self.at - 1].end)

    def _compound(self, mention: Mention) -> Entry | None:
        """Take the column named right behind its table."""
        if self._kind() != "noun":
            return None
        entry = self.atoms[self.at].entry
        if (
            entry is None
            or not entry.columns
            or (entry.tables and not self.atoms[self.at - 1].possessive)
        ):
            return None
        self.at += 1
        return entry

    def _mention(self, atom: Atom) -> Mention:
        entry = atom.entry
        assert entry is not None  # noqa: S101 - called with nouns
        for known in self.sketch.mentions:
            if known.entry is entry and not known.negated and known.comparator is None:
                self.anchor = known
                return known
        mention = Mention(entry, _span(atom), self.region)
        self.sketch.mentions.append(mention)
        self.anchor = mention
        return mention

    def _asked(self, atom: Atom) -> None:
        """A noun in the head: an attribute, a number, or the thing asked about."""
        limit, self.limit = self.limit, None
        if limit is not None and self.sketch.limit is None:
            self.sketch.limit = limit[0]
        elif limit is not None:
            self._loose(limit[1])
        while True:
            atom = self.atoms[self.at]
            wanted = self._asks_for_it()
            entry, owner, span = self._noun_phrase()
            if owner is not None and entry is owner.entry:
                owner.wanted = owner.wanted or wanted
                if owner.wanted and entry.columns:
                    self.sketch.heads.append(
                        Item(span, entry=entry, owner=None, share=self._take_share())
                    )
            else:
                self.sketch.heads.append(
                    Item(span, entry=entry, owner=owner, share=self._take_share())
                )
            self.link = ""
            if owner is None or not self._more_attributes():
                return

    def _asks_for_it(self) -> bool:
        """Whether a table in the head is asked for, not only the place of what was asked."""
        index = self.at - 1
        while index >= 0 and self.atoms[index].kind in (
            "det",
            "noise",
            "distinct",
            "val",
            "quote",
            "num",
        ):
            index -= 1
        kind = self._kind_at(index) if index >= 0 else "open"
        if kind in ("and", "comma"):
            return not self.sketch.mentions or self.sketch.mentions[-1].wanted
        return kind in ("open", "which", "adj", "top", "stop", "common", "super") or not (
            self.sketch.heads or self.sketch.mentions
        )

    def _more_attributes(self) -> bool:
        """`employee's first and last name`: step over the conjunction when an attribute follows."""
        index = self._peek(self.at, frozenset(["and", "comma", "det", "poss"]))
        if index == self.at or self._kind_at(index) != "noun":
            return False
        self.at = index
        return True

    def _group(self, atom: Atom, entry: Entry) -> None:
        entry, owner, span = self._noun_phrase()
        grain = _GRAINS.get(entry.phrase)
        self.sketch.groups.append(Item(span, entry=entry, owner=owner, grain=grain))
        if self._kind() not in ("and", "comma"):
            self.region = COND

    def _unk(self, atom: Atom) -> None:
        grain = _GRAINS.get(atom.text.lower().removesuffix("s")) or _GRAINS.get(atom.text.lower())
        if grain is not None and (self.region == GROUP or atom.text.lower().endswith("ly")):
            self.sketch.groups.append(Item(_span(atom), grain=grain))
        else:
            self._loose(atom)
            self.negated = None
        self.at += 1

    def _related(self, atom: Atom, entry: Entry) -> None:
        """A noun in a condition: a related table, or a column about to be compared."""
        if entry.tables:
            self._related_table(atom)
            return
        self.at += 1
        index = self._peek(self.at, _GLUE)
        if self._kind_at(index) == "rel" and self._kind_at(index + 1) in ("like", "cmp", "be"):
            index = self._peek(index + 1, _GLUE)
        condition = self._comparison(_span(atom), index, entry)
        if condition is not None:
            condition.entry = entry
            condition.owner = self.anchor
            self._condition(condition)
        elif self.link == "with" or self._kind(-2) in ("and", "comma", "poss"):
            self.sketch.heads.append(Item(_span(atom), entry=entry, owner=self.anchor))
        else:
            self._loose(atom)

    def _related_table(self, atom: Atom) -> None:
        limit, self.limit = self.limit, None
        negated = self._take_negation()
        verb = self.verb.value if self.verb is not None else ""
        before = self.anchor
        mention = self._mention(atom)
        if negated or limit is not None:
            mention = self._fresh(mention, atom)
        mention.negated = negated
        mention.verb = mention.verb or verb
        if limit is not None:
            mention.comparator, mention.count = "=", limit[0]
        self.at += 1
        owned = self._compound(mention)
        if owned is None:
            return
        index = self._peek(self.at, _GLUE)
        condition = self._comparison((atom.start, self.atoms[self.at - 1].end), index, owned)
        if condition is not None:
            condition.entry, condition.owner = owned, mention
            if negated:
                condition.negated = (
                    not condition.negated if mention is before else condition.negated
                )
            self._condition(condition)
        else:
            self._loose(atom)

    def _fresh(self, mention: Mention, atom: Atom) -> Mention:
        """A negated or counted mention stands for other rows than an earlier one of its table."""
        if mention.span == _span(atom):
            return mention
        fresh = Mention(mention.entry, _span(atom), self.region)
        self.sketch.mentions.append(fresh)
        self.anchor = fresh
        return fresh

    # ------------------------------------------------------------ conditions

    def _named_value(self, atom: Atom, entry: Entry) -> bool:
        """`city of Prague`, `genre "Rock"`, `state CA`, `first name is Astrid`."""
        if (
            self.region == HEAD
            and self._kind(1) == "be"
            and not self.sketch.heads
            and not self.sketch.mentions
        ):
            return False
        index = self._peek(self.at + 1, frozenset(["be", "of", "det", "noise"]))
        if self._kind_at(index) == "cmp" and self.atoms[index].value == "=":
            index += 1
        if self._kind_at(index) not in ("val", "quote"):
            return False
        value = self.atoms[index]
        if (
            value.kind == "val"
            and index == self.at + 1
            and not entry.columns
            and not _fits(entry, value)
        ):
            return self._as_typed(atom, value)
        of = index > self.at + 1 and self._kind(1) == "of"
        if of and (
            (value.kind == "quote" and not entry.columns) or self._kind_at(index + 1) == "noun"
        ):
            return False
        if value.kind == "val" and not _fits(entry, value):
            return False
        self.at = index
        mention = self._mention(atom) if entry.tables and not entry.columns else None
        self._take_value(value, None if mention else entry, mention, atom.start)
        return True

    def _as_typed(self, atom: Atom, value: Atom) -> bool:
        """`track Balls to the Wall`, known only as an album: a name of a track all the same."""
        mention = self._mention(atom)
        self.at += 2
        said = self.text[value.start : value.end]
        self._condition(
            Condition(
                (atom.start, value.end),
                "=",
                (said,),
                owner=mention,
                negated=self._take_negation(),
                quoted=True,
            )
        )
        return True

    def _val(self, atom: Atom) -> None:
        """A stored value; `rock genre` and `Calgary city` take the noun behind it along."""
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        entry = None
        if following is not None and following.kind == "noun" and following.entry is not None:
            entry = following.entry if _qualifies(following.entry, atom) else None
        mention = None
        if entry is not None and not entry.columns:
            assert following is not None  # noqa: S101 - entry came from it
            mention = self._mention(following)
        self._take_value(atom, entry if entry and entry.columns else None, mention, atom.start)
        if entry is not None:
            self.at = max(self.at, self.atoms.index(following, self.at) + 1)  # type: ignore[arg-type]

    def _take_value(
        self, atom: Atom, entry: Entry | None, mention: Mention | None, start: int
    ) -> None:
        """Add the condition for this value and the values joined to it by or, and, commas."""
        negated = self._take_negation()
        values = [atom]
        self.at += 1
        while self._kind() in ("or", "and", "comma", "both") and self._same_kind_of_value(atom):
            self.at = self._peek(self.at, frozenset(["or", "and", "comma", "det"]))
            values.append(self.atoms[self.at])
            self.at += 1
        both, self.both = self.both, False
        self.alternatives += len(values) > 1 and not both
        for value in values:
            self._condition(
                Condition(
                    (start, value.end),
                    "=",
                    (value.value or self.text[value.start : value.end],),
                    entry=entry,
                    value_entry=value.entry if value.kind == "val" else None,
                    owner=mention or (None if entry else self.anchor),
                    negated=negated,
                    alternative=self.alternatives if len(values) > 1 and not both else 0,
                    apart=both,
                    quoted=value.kind == "quote",
                )
            )

    def _same_kind_of_value(self, first: Atom) -> bool:
        index = self._peek(self.at, frozenset(["or", "and", "comma", "det"]))
        if self._kind_at(index) != first.kind:
            return False
        if first.kind == "quote":
            return True
        mine, other = first.entry, self.atoms[index].entry
        return (
            mine is not None
            and other is not None
            and not mine.values.keys().isdisjoint(other.values)
        )

    def _comparison(self, span: Span, index: int, entry: Entry | None = None) -> Condition | None:
        """Take `is more than 5`, `between 1 and 3`, `starts with A`, `= x`, `is not y`; or nothing."""
        negated = self.negated is not None
        if self._kind_at(index) == "not":
            negated, index = not negated, self._peek(index + 1, _GLUE)
        found = self._operand(span, index)
        if found is None:
            return None
        self.negated = None
        found.negated = negated
        return found

    def _operand(self, span: Span, index: int) -> Condition | None:  # noqa: PLR0911
        kind = self._kind_at(index)
        atom = self.atoms[index] if index < len(self.atoms) else None
        if atom is None:
            return None
        if kind in ("cmp", "num", "post"):
            return self._compared_number(span, index)
        if kind == "between":
            return self._between(span, index)
        if kind == "like":
            return self._like(span, index)
        if kind == "null" or kind == "notnull":
            self.at = index + 1
            return Condition((span[0], atom.end), "is null", negated=kind == "notnull")
        if kind in ("true", "false"):
            self.at = index + 1
            return Condition((span[0], atom.end), "=", (kind == "true",))
        if kind in ("above", "below"):
            self.at = index + 1
            against = Item(span, aggregate="avg")
            return Condition((span[0], atom.end), ">" if kind == "above" else "<", against=against)
        if kind in ("val", "quote"):
            self.at = index + 1
            return self._literal(span, atom)
        if kind == "unk" and self.region == COND and atom.text[:1].isupper():
            self.at = index + 1
            return Condition((span[0], atom.end), "=", (atom.text,))
        return None

    def _literal(self, span: Span, atom: Atom) -> Condition:
        entry = atom.entry if atom.kind == "val" else None
        said = atom.value or atom.text or (entry.phrase if entry else "")
        return Condition(
            (span[0], atom.end), "=", (said,), value_entry=entry, quoted=atom.kind == "quote"
        )

    def _compared_number(self, span: Span, index: int) -> Condition | None:
        comparator: Comparator = "="
        if self._kind_at(index) == "cmp":
            comparator = _comparator(self.atoms[index].value)
            index += 1
            while self._kind_at(index) in ("det", "be"):
                index += 1
        atom = self.atoms[index] if index < len(self.atoms) else None
        if atom is None or atom.kind not in ("num", "val", "quote", "unk"):
            return None
        if atom.kind == "unk" and comparator not in ("=", "<>"):
            return None
        self.at = index + 1
        if atom.kind != "num":
            found = self._literal(span, atom)
            found.comparator = comparator
            return found
        if self._kind() == "post":
            comparator = _comparator(self.atoms[self.at].value)
            self.at += 1
        return Condition((span[0], self.atoms[self.at - 1].end), comparator, (atom.count,))

    def _between(self, span: Span, index: int) -> Condition | None:
        low, joint, high = index + 1, index + 2, index + 3
        kinds = (self._kind_at(low), self._kind_at(joint), self._kind_at(high))
        if kinds[0] != "num" or kinds[2] != "num" or kinds[1] not in ("and", "in"):
            return None
        self.at = high + 1
        values = (self.atoms[low].count, self.atoms[high].count)
        return Condition((span[0], self.atoms[high].end), "between", values)

    def _like(self, span: Span, index: int) -> Condition | None:
        atom = self.atoms[index]
        target = index + 1
        if self._kind_at(target) == "det" and self._kind_at(target + 1) in (
            "noise",
            "quote",
            "unk",
        ):
            target = self._peek(target, frozenset(["det", "noise", "like"]))
        target = self._peek(target, frozenset(["like"]))
        if target >= len(self.atoms):
            return None
        value = self.atoms[target]
        if atom.value == "maybe" and value.kind != "quote":
            return None
        said = value.value if value.kind == "quote" else value.text
        if not said:
            return None
        self.at = target + 1
        said = _escaped(said)
        pattern = {"start": f"{said}%", "end": f"%{said}"}.get(atom.value, f"%{said}%")
        return Condition((span[0], value.end), "like", (pattern,), quoted=True)

    # ------------------------------------------------------------ comparators and numbers alone

    def _cmp(self, atom: Atom) -> None:
        """`more than 3 albums`, `over 100` behind a number asked for."""
        index = self.at + 1
        if self._kind_at(index) != "num":
            self._loose(atom)
            self.at += 1
            return
        number = self.atoms[index]
        comparator = _comparator(atom.value)
        self.at = index + 1
        self._counted(comparator, number, atom.start)

    def _counted(self, comparator: Comparator, number: Atom, start: int) -> None:
        """A number compared, then what is counted."""
        if self._kind() == "post":
            comparator = _comparator(self.atoms[self.at].value)
            self.at += 1
        if self.negated is not None:
            comparator = _FLIP[comparator]
            self.negated = None
        index = self._peek(self.at, frozenset(["distinct", "det"]))
        following = self.atoms[index] if index < len(self.atoms) else None
        if following is None or following.kind != "noun" or following.entry is None:
            self.sketch.loose.append((number.text or number.value, (start, number.end)))
            return
        entry = following.entry
        if not entry.tables:
            self.sketch.loose.append((number.text or number.value, (start, number.end)))
            return
        self.at = index + 1
        mention = self._fresh(self._mention(following), following)
        mention.comparator, mention.count = comparator, int(number.count)
        mention.verb = self.verb.value if self.verb is not None else ""
        self.region = COND

    def _like_alone(self, atom: Atom) -> None:
        """`tracks that contain the word "you"`: the name of what was spoken of is meant."""
        found = None
        if self.anchor is not None:
            found = self._comparison((atom.start, atom.end), self.at)
        if found is not None:
            found.owner = self.anchor
            found.of_label = True
            self._condition(found)
            index = self._peek(self.at, frozenset(["in", "poss", "noise"]))
            if index > self.at and self._kind_at(index) == "noun":
                entry = self.atoms[index].entry
                found.entry = entry if entry and entry.columns else None
                index += 1
            self.at = index
        elif atom.value == "maybe":
            self._verb(atom)
        else:
            self._loose(atom)
            self.at += 1

    def _letters(self, atom: Atom) -> bool:
        """`have "a" in their names`: part of a column's text."""
        index = self._peek(self.at + 1, frozenset(["in", "poss", "det"]))
        if index < self.at + 2 or self._kind(1) != "in" or self._kind_at(index) != "noun":
            return False
        noun = self.atoms[index]
        if self._kind_at(index - 1) != "poss" or noun.entry is None:
            return False
        self.at = index + 1
        pattern = f"%{_escaped(atom.value)}%"
        self._condition(
            Condition(
                (atom.start, noun.end),
                "like",
                (pattern,),
                entry=noun.entry,
                owner=self.anchor,
                quoted=True,
            )
        )
        return True

    def _num(self, atom: Atom) -> None:
        self.at += 1
        if self._kind() == "post":
            self._counted("=", atom, atom.start)
        elif isinstance(atom.count, int) and 0 < atom.count <= 100_000 and self.limit is None:
            self.limit = (atom.count, atom)
        else:
            self._loose(atom)

    def _quote(self, atom: Atom) -> None:
        """Quoted text no noun claims: a value of the table last named."""
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        if self._letters(atom):
            return
        if self.anchor is not None and self.region == COND:
            self._take_value(atom, None, self.anchor, atom.start)
        elif following is not None and following.kind == "noun" and following.entry is not None:
            mention = None
            if following.entry.tables:
                mention = self._mention(following)
            self._take_value(atom, None, mention, atom.start)
        else:
            self._loose(atom)
            self.at += 1


def _escaped(said: str) -> str:
    return said.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _span(atom: Atom) -> Span:
    return (atom.start, atom.end)


def _aggregate(value: str) -> Aggregate:
    return {"sum": "sum", "avg": "avg", "max": "max", "min": "min"}[value]  # type: ignore[return-value] # closed table


def _comparator(value: str) -> Comparator:
    return value  # type: ignore[return-value] # the tables of `english` hold comparators only


def _fits(entry: Entry, value: Atom) -> bool:
    """Whether a stored value can belong to this noun: its column, or a column of its table."""
    terms = value.entry.values if value.entry is not None else {}
    return any(
        term in entry.columns.get(term.table, {}) or term.table in entry.tables for term in terms
    )


def _qualifies(entry: Entry, value: Atom) -> bool:
    """Whether a noun behind a value only says what kind of value it is."""
    terms = value.entry.values if value.entry is not None else {}
    return any(
        term in entry.columns.get(term.table, {}) or (term.label and term.table in entry.tables)
        for term in terms
    )


_HANDLERS: dict[str, Callable[[Parser, Atom], None]] = {
    "open": Parser._open, "which": Parser._which, "who": Parser._who, "rel": Parser._rel,
    "det": Parser._skip, "be": Parser._skip, "noise": Parser._skip, "poss": Parser._skip,
    "rows": Parser._skip, "of": Parser._preposition, "in": Parser._preposition, "with": Parser._with,
    "has": Parser._has, "by": Parser._by, "each": Parser._each, "and": Parser._and, "or": Parser._and,
    "comma": Parser._and, "both": Parser._both, "not": Parser._not, "no": Parser._no, "except": Parser._not,
    "mine": Parser._mine, "distinct": Parser._distinct, "share": Parser._share, "chart": Parser._chart,
    "tabular": Parser._chart, "versus": Parser._versus, "growth": Parser._versus, "verb": Parser._verb,
    "period": Parser._period, "everything": Parser._everything, "count": Parser._count, "agg": Parser._agg,
    "howmuch": Parser._howmuch, "super": Parser._super, "adj": Parser._adj, "top": Parser._top,
    "common": Parser._common, "order": Parser._order, "dir": Parser._dir, "alpha": Parser._alpha,
    "noun": Parser._noun, "unk": Parser._unk, "val": Parser._val, "quote": Parser._quote, "cmp": Parser._cmp,
    "num": Parser._num,
    "like": Parser._like_alone, "stop": Parser._stop,
}  # fmt: skip
