"""Where the parser stands in a question, and what it has gathered so far."""

from __future__ import annotations

from clearway.semantics.frame import Comparator, Grain, Span
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.naming import is_said_as_verb
from clearway.semantics.parsing.sketch import (
    COND,
    HEAD,
    Condition,
    Happening,
    Item,
    Mention,
    Sketch,
)

GLUE = frozenset(["det", "all", "be", "noise", "poss", "has"])
"""Kinds of words that may stand between a noun and what is said of it."""

_LEADING = frozenset(["with", "rel", "has", "who", "no", "not"])

_BETWEEN = GLUE | _LEADING | {"verb", "like", "cmp", "num", "val", "distinct", "noun", "post"}

_ENDING = frozenset(["end", "stop", "comma", "and", "of"])

Kinds = frozenset[str]

_GRAINS: dict[str, Grain] = {
    "hour": "hour", "day": "day", "date": "day", "week": "week", "month": "month",
    "quarter": "quarter", "year": "year",
}  # fmt: skip


class Cursor:
    """The atoms, the place in them, and what earlier words announced for later ones."""

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
        """Whether the next sort key is descending."""
        self.share: Atom | None = None
        """A `percentage of` that waits for what it is a part of."""
        self.superlative = False
        """A `top 5` waits for what it is ranked by."""
        self.listing = False
        """`top products`: all are ranked, however many there are."""
        self.skipped: Atom | None = None
        """The `second` of `second highest`."""
        self.ranked = (0, 0)
        """Where that `top 5` stands."""
        self.anchor: Mention | None = None
        """The table spoken of last: conditions are about it."""
        self.alternatives = 0
        self.both = False
        self.either = False
        """The next condition is an alternative to the last one."""
        self.verb: Atom | None = None
        self.grouping: tuple[Atom, int] | None = None
        """A `by` or `each` that waits for what it groups by, and how much was found before it."""
        self.paired = -1
        """Index of the last of two adjectives that ask for two extremes."""
        self.howmuch: Atom | None = None
        """A `how much` waits for what is added up."""

    def _kind(self, offset: int = 0) -> str:
        return self._kind_at(self.at + offset)

    def _kind_at(self, index: int) -> str:
        return self.atoms[index].kind if 0 <= index < len(self.atoms) else "end"

    def _peek(self, index: int, skipped: Kinds) -> int:
        """Return the index of the next atom whose kind is not skipped."""
        while index < len(self.atoms) and self.atoms[index].kind in skipped:
            index += 1
        return index

    def _loose(self, atom: Atom) -> None:
        self._loose_span(span_of(atom))

    def _loose_span(self, span: Span) -> None:
        self.sketch.loose.append((self.text[span[0] : span[1]], span))

    def _found(self) -> int:
        """Return how many things were asked for, grouped by or sorted by so far."""
        sketch = self.sketch
        return len(sketch.heads) + len(sketch.groups) + len(sketch.sortings)

    def _asked_something(self) -> bool:
        return bool(self.sketch.heads or self.sketch.mentions or self.sketch.groups)

    def _take_negation(self) -> bool:
        taken, self.negated = self.negated is not None, None
        return taken

    def _says_never(self) -> bool:
        return self.negated is not None and self.negated.text.lower() == "never"

    def _times_said(self, comparator: Comparator, number: Atom, start: int) -> bool:
        """`failed more than 3 times`, `loaned twice`: rows in that state, or of that verb."""
        conditions = self.sketch.conditions
        last = conditions[-1] if conditions else None
        span = (start, number.end)
        if last is not None and last.value_entry is not None and self._just_said(last.span[1]):
            last.times, last.span = (comparator, int(number.count)), (last.span[0], number.end)
        elif self.verb is not None and self._just_said(self.verb.end):
            span = (self.verb.start, number.end)
            self.sketch.happened = Happening(self.verb.value, span, comparator, int(number.count))
        else:
            return False
        return True

    def _just_said(self, end: int) -> bool:
        """Whether nothing but the number said just now stands behind."""
        return all(a.kind in ("cmp", "num") or a.end <= end for a in self.atoms[: self.at])

    def _shared(self, item: Item) -> Item:
        """Make the number a share of the whole, where one waits for it."""
        item.share = self.share is not None
        return self._in_percent(item)

    def _in_percent(self, item: Item) -> Item:
        """Tell a part in hundredths where a percentage was asked for."""
        item.percent = self.share is not None and self.share.value == "percent"
        self.share = None
        return item

    def _add_condition(self, condition: Condition) -> None:
        """Add a condition; `or` before it makes it an alternative to the last one."""
        conditions = self.sketch.conditions
        if self.either and conditions and not condition.alternative:
            if not conditions[-1].alternative:
                self.alternatives += 1
                conditions[-1].alternative = self.alternatives
            condition.alternative = conditions[-1].alternative
        self.either = False
        conditions.append(condition)

    def _mention(self, atom: Atom) -> Mention:
        """Return the mention of the atom's table; a table named again is the same one."""
        entry = entry_of(atom)
        for known in self.sketch.mentions:
            if known.entry is entry and not known.negated and known.comparator is None:
                self.anchor = known
                known.repeated = known.repeated or (self.verb is not None and self.region == COND)
                return known
        return self._new_mention(atom)

    def _new_mention(self, atom: Atom) -> Mention:
        mention = Mention(entry_of(atom), span_of(atom), self.region)
        mention.under = self._said_of(atom)
        self.sketch.mentions.append(mention)
        self.anchor = mention
        return mention

    def _said_of(self, atom: Atom) -> Mention | None:
        """Return the table named last, where `with`, `that have` or `whose` leads from it here."""
        last = self.sketch.mentions[-1] if self.sketch.mentions else None
        if last is None:
            return None
        leads, index = False, len(self.atoms) - 1
        while index >= 0 and self.atoms[index].start >= atom.start:
            index -= 1
        while index >= 0 and self.atoms[index].start >= last.span[1]:
            if self.atoms[index].kind not in _BETWEEN:
                return None
            leads = leads or self.atoms[index].kind in _LEADING
            index -= 1
        return last if leads else None

    def _rows_in_state(self, atom: Atom, entry: Entry) -> Mention:
        """`who are the admins`: the rows of the one table that knows of such a state."""
        table = next(iter(entry.columns))
        rows = Entry(table)
        rows.tables[table] = 0
        mention = Mention(rows, span_of(atom), HEAD, wanted=True)
        self.sketch.mentions.append(mention)
        self.anchor = mention
        return mention

    def _back(self, index: int) -> int:
        """Return the index of the last atom before this that is more than an article."""
        while index >= 0 and self.atoms[index].kind in ("det", "noise"):
            index -= 1
        return index

    def _own_mention(self, atom: Atom) -> Mention:
        """A negated or counted mention stands for other rows than an earlier one of its table."""
        mention = self._mention(atom)
        return mention if mention.span == span_of(atom) else self._new_mention(atom)

    def _noun_phrase(self) -> tuple[Entry, Mention | None, Span]:
        """Take `album title`, `employee's name`, `price`; the owner is the table named first."""
        atom = self.atoms[self.at]
        entry = entry_of(atom)
        self.at += 1
        if not entry.tables:
            return entry, None, span_of(atom)
        mention = self._mention(atom)
        owned = self._compound()
        if owned is None:
            return entry, mention, span_of(atom)
        return owned, mention, (atom.start, self.atoms[self.at - 1].end)

    def _compound(self) -> Entry | None:
        """Take the column named right behind its table."""
        if self._kind() != "noun":
            return None
        entry = entry_of(self.atoms[self.at])
        if not (entry.columns or entry.generic):
            return None
        if entry.tables and not self.atoms[self.at - 1].possessive:
            return None
        if is_said_as_verb(entry.phrase.split()) and self._kind(1) not in _ENDING:
            # `tasks created by the boss`: what was done, no column to show.
            return None
        if self._kind(1) in ("quote", "proper") and not self.atoms[self.at - 1].possessive:
            # `cartoons directed by "X"`: a condition, no column to show.
            return None
        self.at += 1
        return entry


def span_of(atom: Atom) -> Span:
    """Return where an atom stands."""
    return (atom.start, atom.end)


def grain_of(word: str) -> Grain | None:
    """Return the step of time a word names."""
    return _GRAINS.get(word) or _GRAINS.get(word.removesuffix("s"))


def entry_of(atom: Atom) -> Entry:
    """Return the entry of a noun or stored value; they always come with one."""
    if atom.entry is None:
        raise ValueError(f"{atom.kind} at {atom.start} has no entry")
    return atom.entry


def escaped(said: str) -> str:
    """Return text with the wildcards of LIKE made literal."""
    return said.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
