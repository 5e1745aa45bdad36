"""`each`: a number for every one of what comes next, or of what was named before."""

from __future__ import annotations

from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.sketch import GROUP, HEAD, ORDER, Item, Mention
from clearway.semantics.parsing.verb_words import VerbRules

_THEM = frozenset(["of", "poss", "noise"])
"""`of them`, behind `each`."""

_NOTHING_NEW = frozenset(["end", "stop", "comma", "and", "has", "verb", "in", "period"])
"""What may stand behind `each` where it names nothing itself."""


class EachRules(VerbRules):
    """What `each` groups by."""

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
        if self._of_those_named():
            self.at = self._peek(self.at + 1, _THEM)
            return
        sorted_already = self.region != ORDER or bool(self.sketch.sortings)
        if sorted_already and not listed:
            self.region = GROUP
            self.grouping = (atom, self._found())
        self.at += 1

    def _of_those_named(self) -> bool:
        """`the names of the shelves, and how many books are on each`: one number a shelf.

        Only where one kind of thing was named before the number, and nothing else was asked.
        """
        if self._kind_at(self._peek(self.at + 1, _THEM)) not in _NOTHING_NEW:
            return False
        if not self.sketch.heads:
            return False
        *shown, number = self.sketch.heads
        if number.aggregate is None or self.sketch.groups or self.sketch.sortings:
            return False
        named = {item.owner for item in shown if item.owner is not None}
        named |= {mention for mention in self.sketch.mentions if mention.wanted}
        measured = number.counted or number.owner
        if len(named) != 1 or measured is None or any(item.aggregate for item in shown):
            return False
        owner = named.pop()
        if owner is measured or owner.span > number.span:
            return False
        others = (m for m in self.sketch.mentions if m not in (owner, measured))
        return all(_is_of(item, owner) for item in shown) and all(m.region != HEAD for m in others)

    def _asks_numbers(self) -> bool:
        return any(item.aggregate is not None for item in self.sketch.heads)


def _is_of(item: Item, owner: Mention) -> bool:
    """Whether a column asked for is one of what its neighbours are of (`their names and ids`)."""
    entry = item.entry
    if item.owner is not None or entry is None:
        return item.owner is owner
    owned = (entry.columns.get(table, {}) for table in owner.entry.tables)
    return entry.generic or any(min(terms.values(), default=3) < 3 for terms in owned)
