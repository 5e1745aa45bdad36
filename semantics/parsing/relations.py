"""Related rows that must or must not be, and columns of what was spoken of."""

from __future__ import annotations

from clearway.semantics.frame import Comparator, Span
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import GLUE, entry_of, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.operands import OPPOSITE, comparator_of
from clearway.semantics.parsing.sketch import COND, HEAD, Condition, Item, Sorting
from clearway.semantics.parsing.values import ValueRules
from clearway.semantics.types import Role


class RelationRules(ValueRules):
    """What a verb or a preposition leads to."""

    def _relates(self, atom: Atom, verb: str) -> None:
        """A verb leads from what was spoken of to something related."""
        if self.verb is not None:
            self.sketch.verbs.append((self.verb.value, span_of(self.verb), self.verb.entry))
        self.verb = atom
        atom.value = verb
        if self._asked_something() and self.region == HEAD:
            self.region = COND
        self.at += 1

    def _related(self, atom: Atom, entry: Entry) -> None:
        """A noun in a condition: a related table, or a column about to be compared."""
        if self._one_or_other(atom):
            return
        if entry.tables:
            self._related_table(atom)
            return
        self.at += 1
        index = self._peek(self.at, GLUE)
        if self._kind_at(index) == "rel" and self._kind_at(index + 1) in ("like", "cmp", "be"):
            index = self._peek(index + 1, GLUE)
        if self._extreme(Item(span_of(atom), entry=entry, owner=self.anchor), index):
            return
        condition = self._comparison(span_of(atom), index)
        if condition is not None:
            condition.entry, condition.owner = entry, self.anchor
            self._add_condition(condition)
        elif self._kind_at(index) == "period" and _counted_by(entry, "dimension"):
            # `founded between 1900 and 1935`, where that is a year.
            self.sketch.verbs.append((entry.phrase, span_of(atom), None))
        elif self.negated is not None and self.negated.kind == "no" and self.anchor is not None:
            # `without an address`, `have no end date`: the column is empty.
            self._without_column(atom, entry)
        elif self._is_state(entry):
            self._add_condition(
                Condition(
                    span_of(atom), "=", (True,), entry=entry, owner=self.anchor,
                    negated=self._take_negation(),
                )
            )  # fmt: skip
        else:
            self._has_column(atom, entry)

    def _has_column(self, atom: Atom, entry: Entry) -> None:
        """`sales with their region` shows it; `people with a passport` are those who have one."""
        discounted = self.link == "with" and self._kind(-2) == "det" and _counted_by(entry)
        if discounted or self._after_or(self.at - 1):
            # `sales with a discount`: above zero, or known at all; `with no phone or fax`: neither.
            self._loose(atom)
        elif self.link == "with" and self._said_one():
            known = Condition(span_of(atom), "is null", entry=entry, owner=self.anchor)
            known.negated = True
            self._add_condition(known)
        elif self.link == "with" or self._kind(-2) in ("and", "comma", "poss"):
            self.sketch.heads.append(Item(span_of(atom), entry=entry, owner=self.anchor))
        else:
            self._loose(atom)

    def _said_one(self) -> bool:
        """Whether `a` or `an` stands before the word just taken, and nothing more is said of it."""
        article = self.atoms[self.at - 2] if self.at > 1 else None
        return article is not None and article.text.lower() in ("a", "an")

    def _without_column(self, atom: Atom, entry: Entry) -> None:
        """`without an address`: the column is empty; a number may be zero as well."""
        assert self.negated is not None  # noqa: S101 - checked by the caller
        span = (self.negated.start, atom.end)
        self.negated = None
        if self._is_state(entry):
            self._without_state(entry, span)
        elif _counted_by(entry):
            self._loose_span(span)
        else:
            self._add_condition(Condition(span, "is null", entry=entry, owner=self.anchor))

    def _without_state(self, entry: Entry, span: Span) -> None:
        """`hotels without a pool`: it is not so; of rows of another table that are so, none."""
        assert self.anchor is not None  # noqa: S101 - checked by the caller
        if entry.columns.keys().isdisjoint(self.anchor.entry.tables):
            self._loose_span(span)
            return
        found = Condition(span, "=", (True,), entry=entry, owner=self.anchor)
        found.negated = True
        self._add_condition(found)

    def _extreme(self, item: Item, index: int) -> bool:
        """`whose price is the highest`: rows are sorted by it, and the first is taken."""
        index = self._peek(index, GLUE)
        if self._kind_at(index) != "super" or self._kind_at(index - 1) not in ("be", "det"):
            return False
        if self._kind_at(index + 1) not in ("end", "stop", "comma", "and"):
            return False
        atom = self.atoms[index]
        self.at = index + 1
        if self.sketch.limit is None:
            self.sketch.limit = 1
        self.sketch.sortings.append(
            Sorting((item.span[0], atom.end), item, atom.value.startswith("max"), superlative=True)
        )
        return True

    def _is_state(self, entry: Entry) -> bool:
        """Whether a column is a yes or no: `customers who are active`."""
        return any(term.state for owned in entry.columns.values() for term in owned)

    def _known_head(self, atom: Atom) -> bool:
        return any(m.entry is atom.entry and m.region == HEAD for m in self.sketch.mentions)

    def _related_table(self, atom: Atom) -> None:
        limit, self.limit = self.limit, None
        before = self.anchor
        if before is not None and before.span == span_of(atom):
            negated = before.negated
        else:
            negated = self._take_negation()
        if self._kind_at(self._back(self.at - 1)) == "and" and self._known_head(atom):
            # `the payments above 10 and the payments made by ...`: a union of two sets.
            self._loose(atom)
            self.at += 1
            return
        ahead = before is not None and before.span == span_of(atom)
        if ahead and before is not None:
            mention = before
        elif negated or limit is not None:
            mention = self._own_mention(atom)
        else:
            mention = self._mention(atom)
        mention.negated = negated
        if not mention.verb and self.verb is not None:
            mention.verb = self.verb.value
        if limit is not None:
            mention.comparator, mention.count = "=", limit[0]
        self.at += 1
        owned = self._compound()
        if owned is None:
            return
        index = self._peek(self.at, GLUE)
        condition = self._comparison((atom.start, self.atoms[self.at - 1].end), index)
        if condition is None:
            self._loose(atom)
            return
        condition.entry, condition.owner = owned, mention
        if negated and mention is before:
            condition.negated = not condition.negated
        self._add_condition(condition)

    def _one_or_other(self, atom: Atom) -> bool:
        """`no users or no orders` is not neither; `unpaid bills` are there, but were not paid."""
        known = self.anchor.entry.tables if self.anchor is not None else {}
        others = not entry_of(atom).tables.keys() <= known.keys()
        either = self._after_or(self.at) and (self.negated is not None or others)
        if not either and not _one_word(self.negated, self.verb):
            return False
        self._loose(self.negated or atom)
        self.negated = None
        self.at += 1
        return True

    def _after_or(self, index: int) -> bool:
        """Whether `or` stands right before this atom."""
        index -= 1
        while self._kind_at(index) in ("det", "no", "not", "all"):
            index -= 1
        return self._kind_at(index) == "or"

    def _counted(self, comparator: Comparator, number: Atom, start: int) -> None:
        """A number compared, then what is counted or measured."""
        if self._kind() == "post":
            comparator = comparator_of(self.atoms[self.at])
            self.at += 1
        index = self._peek(self.at, frozenset(["distinct", "det", "all", "val", "in", "of", "unk"]))
        if self._kind() == "val" and self._kind_at(index) != "noun" and self._asked_something():
            # `jobs with more than 3 failures`: rows in that state are counted.
            rows = Item((start, number.end), aggregate="count", rows=True)
            self._add_condition(Condition(rows.span, comparator, (number.count,), item=rows))
            self._val(self.atoms[self.at])
            return
        between = [self._kind_at(i) for i in range(self.at, index)]
        if self._kind_at(index) != "noun" or "unk" in between:
            self._loose_span((start, number.end))
            return
        if self._take_negation():
            comparator = OPPOSITE[comparator]
        noun = self.atoms[index]
        if not entry_of(noun).tables:
            self.at = index + 1
            self._add_condition(
                Condition(
                    (start, noun.end),
                    comparator,
                    (number.count,),
                    entry=entry_of(noun),
                    owner=self.anchor,
                )
            )
            return
        if self._said_of_column(start):
            self._loose_span((start, noun.end))
            self.at = index + 1
            return
        values = [self.atoms[i] for i in range(self.at, index) if self._kind_at(i) == "val"]
        mention = self._own_mention(noun)
        mention.comparator, mention.count = comparator, int(number.count)
        mention.verb = self.verb.value if self.verb is not None else ""
        for value in values:
            self._take_value(value, None, mention, value.start)
        self.at = index + 1
        self.region = COND

    def _said_of_column(self, start: int) -> bool:
        """`people in cities with more than 3 shops`: so many in a city, whoever lives there."""
        before = [a for a in self.atoms if a.end <= start]
        while before and before[-1].kind in ("with", "rel", "has"):
            before.pop()
        if not before or before[-1].kind != "noun" or entry_of(before[-1]).tables:
            return False
        before.pop()
        while before and before[-1].kind in ("det", "all"):
            before.pop()
        return bool(before) and before[-1].kind == "in"


def _one_word(negation: Atom | None, verb: Atom | None) -> bool:
    """Whether one word says what was not done (`unpaid`)."""
    return negation is not None and verb is not None and negation.start == verb.start


def _counted_by(entry: Entry, *roles: Role) -> bool:
    """Whether columns of this name hold numbers only, measures above all."""
    terms = [term for owned in entry.columns.values() for term in owned]
    known = ("measure", *roles)
    return bool(terms) and all(term.number and term.column.role in known for term in terms)
