"""Nouns of the catalog: asked for, grouped by, sorted by or compared."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, grain_of, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.naming import UNITS, is_said_as_verb
from clearway.semantics.parsing.sketch import (
    COND,
    GROUP,
    HEAD,
    ORDER,
    Item,
    Mention,
)
from clearway.semantics.parsing.states import StateRules
from clearway.semantics.words.verbs import link_verbs

_MODIFIERS = frozenset(
    ["not", "det", "all", "noise", "distinct", "val", "quote", "num", "each", "proper"]
)


class NounRules(StateRules):
    """What a name of the catalog stands for where it stands."""

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
        elif self._says_more(atom, entry):
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
        elif self._kind(-1) == "in" and self._counts_already() and not entry.tables:
            # `how many were cancelled at night`: nothing that is asked for.
            self._loose(atom)
            self.at += 1
        else:
            self._asked()

    def _says_more(self, atom: Atom, entry: Entry) -> bool:
        """Whether it was a verb, a column with its value, or a state; it is taken then."""
        return (
            self._done_by(atom, entry)
            or self._named_value(atom, entry)
            or self._state_said(atom, entry)
        )

    def _done_by(self, atom: Atom, entry: Entry) -> bool:
        """`tasks created by staff 5`: a verb, where who did it stands behind the column's name."""
        phrase = entry.phrase.split()
        index = self._peek(self.at + 1, frozenset(["det", "all", "each"]))
        who = self.atoms[index] if self._kind_at(index) == "noun" else None
        if who is None or self.anchor is None or not is_said_as_verb(phrase):
            return False
        if not entry_of(who).tables or self.anchor.entry.tables.keys().isdisjoint(entry.columns):
            return False
        self._relates(atom, link_verbs()[phrase[0]])
        self.link = phrase[1]
        if phrase[1] == "by" and self._kind() != "each" and not self._acts(index):
            self.region = GROUP
            self.grouping = (atom, self._found())
        return True

    def _counts_the_last(self, atom: Atom, entry: Entry) -> bool:
        """`sales count`, unless what was named has a column of that name."""
        if atom.text.lower() != "count" or self._kind(-1) != "noun" or self.anchor is None:
            return False
        before = entry_of(self.atoms[self.at - 1])
        return before is self.anchor.entry and entry.columns.keys().isdisjoint(before.tables)

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
        each = self.grouping is not None and self._of_each(self.grouping[0])
        per = each and self.text[: span[0]].rstrip().lower().endswith(" per")
        self.sketch.groups.append(
            Item(span, entry=entry, owner=owner, grain=grain, each=each, per=per)
        )
        if self._kind() not in ("and", "comma"):
            self.region = COND

    def _counts_already(self) -> bool:
        return any(item.aggregate == "count" for item in self.sketch.heads)

    def _of_each(self, atom: Atom) -> bool:
        return atom.kind == "each" or self.text[atom.start : atom.end].lower().endswith(" each")

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
                if owner.wanted and entry.columns and self.share is None:
                    self.sketch.heads.append(Item(span, entry=entry))
            else:
                item = self._shared(Item(span, entry=entry, owner=owner))
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
        if kind == "verb" and self.sketch.person and not self.sketch.mentions:
            # `who bought paintings`: somebody is asked for, not what they bought.
            return False
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
