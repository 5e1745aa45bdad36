"""Comparisons that come before their column, or name it by an adjective or a verb."""

from __future__ import annotations

from clearway.semantics.frame import Comparator
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import GLUE, entry_of, span_of
from clearway.semantics.parsing.operands import OPPOSITE, comparator_of
from clearway.semantics.parsing.relations import RelationRules
from clearway.semantics.parsing.sketch import Condition, Item

_DATED = frozenset(["date", "day", "time"])

PRICED = {
    "price": "cost",
    "cost": "cost",
    "charge": "cost",
    "last": "long",
    "take": "long",
    "pay": "pay",
    "earn": "pay",
}
"""Verbs that name the number something is compared by."""


class ComparisonRules(RelationRules):
    """`longer than 100 minutes`, `priced above average`, `containing "x"`."""

    def _cmp(self, atom: Atom) -> None:
        """`more than 3 albums`, `longer than 100 minutes`, `over 1000 in revenue`."""
        index = self.at + 1
        concept = atom.value.partition(" ")[2]
        if self._of_two(atom, index, concept):
            return
        if self._kind_at(self._peek(index, frozenset(["det", "all"]))) == "period":
            # `over the last week` is no comparison.
            self.at += 1
        elif self._kind_at(index) == "num":
            number = self.atoms[index]
            self.at = index + 1
            comparator = comparator_of(atom)
            if number.value == "times":
                if not self._times_said(comparator, number, atom.start):
                    self._loose_span((atom.start, number.end))
            elif concept or number.value:
                self._measured(atom, number, comparator, concept or "long")
            else:
                self._counted(comparator, number, atom.start)
        elif (
            self._kind_at(index) == "noun"
            and self._kind_at(index + 1) == "num"
            and not entry_of(self.atoms[index]).tables
        ):
            self._column_and_number(atom, index)
        elif self._kind_at(self._peek(index, frozenset(["det", "all"]))) == "agg" and concept:
            found = self._than_overall(span_of(atom), self._peek(index, GLUE), comparator_of(atom))
            found.owner, found.concept = self.anchor, concept
            self._add_condition(found)
        else:
            self._cmp_value(atom, index)

    def _of_two(self, atom: Atom, index: int, concept: str) -> bool:
        """Two columns are held against each other; two times, or the same of two rows."""
        if concept != "time":
            return self._than_role(atom, index, concept)
        if not self._held_against(atom, comparator_of(atom), index):
            self._loose(atom)
            self.at += 1
        return True

    def _than_role(self, atom: Atom, index: int, concept: str) -> bool:
        """`who earn more than their manager`, `older than their boss`: the same of another row."""
        verb, anchor = self.verb, self.anchor
        if not concept and verb is not None:
            concept = PRICED.get(verb.value, "")
        if not concept or anchor is None or self._kind_at(index) != "poss":
            return False
        found = self._than_column(span_of(atom), index, comparator_of(atom))
        if found is None:
            return False
        found.concept, found.owner = concept, anchor
        found.negated = self._take_negation()
        self._add_condition(found)
        return True

    def _cmp_value(self, atom: Atom, index: int) -> None:
        """`named "X"`: what was spoken of is so called."""
        if atom.value == "=" and self._kind_at(index) in ("val", "quote", "proper") and self.anchor:
            self.at = index
            self._take_value(self.atoms[index], None, self.anchor, atom.start)
        else:
            self._loose(atom)
            self.at += 1

    def _held_against(self, atom: Atom, comparator: Comparator, index: int) -> bool:
        """`shipped later than required`, `delivered after the due date`: two times of a row."""
        before = self.atoms[self._back(self.at - 1)] if self.at else None
        index = self._peek(index, frozenset(["det", "poss", "be", "noise"]))
        other = self.atoms[index] if index < len(self.atoms) else None
        if before is None or other is None or self.anchor is None or other.possessive:
            return False
        done = before is self.verb or (before.kind == "val" and bool(self.sketch.conditions))
        if not done or other.kind not in ("noun", "unk", "verb", "val"):
            return False
        if other.kind == "noun" and entry_of(other).tables:
            return False
        found = Condition((before.start, other.end), comparator, owner=self.anchor)
        found.verb = self.text[before.start : before.end].lower()
        if other.kind == "noun":
            found.than = other.entry
        else:
            found.than_verb = self.text[other.start : other.end].lower()
        self.at = index + 1
        if self.at < len(self.atoms) and self.atoms[self.at].text.lower() in _DATED:
            self.at += 1
        if before is self.verb:
            self.verb = None
        else:
            self.sketch.conditions.pop()
        found.negated = self._take_negation()
        self._add_condition(found)
        return True

    def _column_and_number(self, atom: Atom, index: int) -> None:
        """`above age 20`: the column stands between the comparator and the number."""
        noun, number = self.atoms[index], self.atoms[index + 1]
        self.at = index + 2
        comparator = comparator_of(atom)
        if self._take_negation():
            comparator = OPPOSITE[comparator]
        self._add_condition(
            Condition(
                (atom.start, number.end),
                comparator,
                (number.count,),
                entry=entry_of(noun),
                owner=self.anchor,
                unit=number.value,
            )
        )

    def _measured(self, atom: Atom, number: Atom, comparator: Comparator, concept: str) -> None:
        """An adjective says which column is compared: `longer`, `cheaper`."""
        if self._take_negation():
            comparator = OPPOSITE[comparator]
        self._add_condition(
            Condition(
                (atom.start, number.end),
                comparator,
                (number.count,),
                owner=self.anchor,
                concept=concept,
                unit=number.value,
            )
        )

    def _than_average(self, atom: Atom) -> None:
        """`singers above the average age`."""
        index = self._peek(self.at + 1, frozenset(["of", "det", "all"]))
        if self._kind_at(index) != "noun" or entry_of(self.atoms[index]).tables or not self.anchor:
            if not self._verb_than_average(atom):
                self._loose(atom)
            self.at += 1
            self._refuse_its_own(self.at)
            return
        noun = self.atoms[index]
        self.at = index + 1
        self._refuse_its_own(self.at)
        comparator: Comparator = ">" if atom.kind == "above" else "<"
        self._add_condition(
            Condition(
                (atom.start, noun.end),
                comparator,
                entry=entry_of(noun),
                owner=self.anchor,
                against=Item(span_of(atom), aggregate="avg"),
            )
        )

    def _verb_than_average(self, atom: Atom) -> bool:
        """`products priced above average`: the verb says which number."""
        verb = self.verb
        concept = PRICED.get(verb.value) if verb is not None else None
        if verb is None or concept is None or self.anchor is None or verb.end != atom.start - 1:
            return False
        comparator: Comparator = ">" if atom.kind == "above" else "<"
        self._add_condition(
            Condition(
                (verb.start, atom.end),
                comparator,
                owner=self.anchor,
                concept=concept,
                against=Item(span_of(atom), aggregate="avg"),
            )
        )
        return True

    def _between_some(self, atom: Atom) -> None:
        """`courses worth between 3 and 4 credits`: the column stands behind the numbers."""
        found = self._between(span_of(atom), self.at) if self.anchor is not None else None
        noun = self.atoms[self.at] if self.at < len(self.atoms) else None
        if found is None:
            self._loose(atom)
            self.at += 1
        elif self.verb is not None and self.verb.value in PRICED and self.verb.end < atom.start:
            # `dishes costing between 5 and 8`
            found.concept, found.owner = PRICED[self.verb.value], self.anchor
            self._add_condition(found)
        elif noun is None or noun.kind != "noun" or entry_of(noun).tables:
            self._loose_span(found.span)
        else:
            found.entry, found.owner = entry_of(noun), self.anchor
            found.span = (found.span[0], noun.end)
            self._add_condition(found)
            self.at += 1

    def _like_alone(self, atom: Atom) -> None:
        """`tracks that contain the word "you"`: the name of what was spoken of is meant."""
        found = self._comparison(span_of(atom), self.at) if self.anchor is not None else None
        if found is None:
            if atom.value == "maybe":
                self._relates(atom, "contain")
            else:
                self._loose(atom)
                self.at += 1
            return
        found.owner, found.of_label = self.anchor, True
        self._add_condition(found)
        index = self._peek(self.at, frozenset(["in", "poss", "noise"]))
        if index > self.at and self._kind_at(index) == "noun":
            entry = entry_of(self.atoms[index])
            found.entry = entry if entry.columns or entry.generic else None
            index += 1
        self.at = index
