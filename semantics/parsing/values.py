"""Values: named by a column before them, standing alone, quoted, or written like a name."""

from __future__ import annotations

from clearway.semantics.frame import Comparator
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.cursor import entry_of, escaped, span_of
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.operands import OperandRules
from clearway.semantics.parsing.sketch import COND, HEAD, Condition, Item, Mention

_HELD = frozenset(["with", "in"])
"""What stands between two values that are held against each other: `with`, `to`."""

_COUNTED = frozenset(["post", "noun", "adj", "super", "common", "top", "val", "verb"])
"""What a number before it counts: `the names of the 3 longest boats`."""

_JOINTS = frozenset(["or", "and", "comma", "det", "all"])


RATES = frozenset(["rate", "ratio", "quota"])
"""Words for some of the rows among all of them."""


class ValueRules(OperandRules):
    """Conditions that say no more than a value."""

    def _named_value(self, atom: Atom, entry: Entry) -> bool:  # noqa: PLR0911 - a chain of vetoes
        """`city of Prague`, `genre "Rock"`, `store 1`, `first name is Astrid`."""
        if self.region == HEAD and self._kind(1) == "be" and not self._asked_something():
            return False
        index = self._peek(self.at + 1, frozenset(["be", "of", "det", "all", "noise"]))
        if self._kind_at(index) == "cmp" and self.atoms[index].value == "=":
            index += 1
        kind = self._kind_at(index)
        if kind == "num":
            return self._numbered(atom, entry, index)
        if kind not in ("val", "quote", "proper"):
            return False
        value = self.atoms[index]
        direct = index == self.at + 1
        of = not direct and self._kind(1) == "of"
        if of and (self._kind_at(index + 1) == "noun" or (kind != "val" and not entry.columns)):
            return False
        if of and kind in ("quote", "proper") and not _holds_text(entry):
            return False
        apposed = direct or self._kind_at(index - 1) == "cmp" or (entry.columns and not of)
        if kind == "proper" and not apposed:
            return False
        told = (direct or of) and bool(entry.tables) and kind == "val"
        if told and fits(entry, value) and not _qualifies(entry, value):
            # `jobs failed`, `runs of load_sales`: said of the rows, no name of one.
            return False
        if kind == "val" and not fits(entry, value):
            named = direct and not entry.columns and self.text[value.start].isupper()
            return named and self._as_typed(atom, value)
        self.at = index
        mention = (
            self._mention(atom)
            if entry.tables and (not entry.columns or kind == "proper")
            else None
        )
        self._take_value(value, None if mention else entry, mention, atom.start)
        return True

    def _numbered(self, atom: Atom, entry: Entry, index: int) -> bool:
        """`store 1` by its key; `rental rate of 0.99` by its value."""
        number = self.atoms[index]
        if self._kind_at(index + 1) == "post" and entry.columns and not entry.tables:
            found = self._comparison(span_of(atom), index)
            if found is not None:
                found.entry, found.owner = entry, self.anchor
                self._add_condition(found)
            return found is not None
        if self._kind_at(index + 1) in _COUNTED or number.value:
            return False
        if index == self.at + 1 and entry.tables and not entry.columns:
            mention = self._mention(atom)
            self.at = index + 1
            self._add_condition(
                Condition(
                    (atom.start, number.end), "=", (number.count,), owner=mention, of_key=True
                )
            )
            return True
        if not entry.columns or entry.tables or (self.region == HEAD and self._kind(1) == "be"):
            return False
        self.at = index + 1
        values = [number.count]
        while self._kind() == "or" and self._kind(1) == "num" and not self.atoms[self.at + 1].value:
            values.append(self.atoms[self.at + 1].count)
            self.at += 2
        span = (atom.start, self.atoms[self.at - 1].end)
        comparator: Comparator = "in" if len(values) > 1 else "="
        self._add_condition(
            Condition(span, comparator, tuple(values), entry=entry, owner=self.anchor)
        )
        return True

    def _as_typed(self, atom: Atom, value: Atom) -> bool:
        """`track Balls to the Wall`, stored only as an album: the name of a track all the same."""
        mention = self._mention(atom)
        self.at += 2
        self._add_condition(
            Condition(
                (atom.start, value.end),
                "=",
                (self.text[value.start : value.end],),
                owner=mention,
                negated=self._take_negation(),
                quoted=True,
            )
        )
        return True

    def _val(self, atom: Atom) -> None:
        """A stored value; `rock genre` and `Calgary city` take the noun behind it along."""
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        if following is not None and self._rate_of(atom, following):
            return
        entry = mention = None
        if following is not None and following.kind == "noun":
            if _qualifies(entry_of(following), atom):
                entry = entry_of(following)
                if not entry.columns:
                    mention = self._mention(following)
            elif entry_of(following).tables and self.region == COND:
                # `a fantasy book`: said of the book, whatever was spoken of before.
                mention = self._mention_ahead(following)
        self._take_value(atom, entry if entry and entry.columns else None, mention, atom.start)
        if entry is not None and self._kind() == "noun" and self.atoms[self.at] is following:
            self.at += 1

    def _rate_of(self, atom: Atom, following: Atom) -> bool:
        """`failure rate`, `percentage of failed jobs`: those rows among all of them."""
        rate, part = says_rate(following), self._are_parts(following)
        if not (rate or part) or self.region != HEAD:
            return False
        self.at += 2
        owner = self._mention(following) if part else None
        self.sketch.heads.append(self._in_percent(self._rate_item(atom, following, owner)))
        return True

    def _are_parts(self, following: Atom) -> bool:
        """`percentage of failed jobs`: what comes next are rows, some of which are counted."""
        waits = self.share is not None and self.sketch.predicate is None
        waits = waits and following.kind == "noun"
        return waits and bool(entry_of(following).tables)

    def _rate_item(self, atom: Atom, following: Atom, owner: Mention | None) -> Item:
        """Rows of one value among all rows."""
        said = self.text[atom.start : atom.end]
        where = Condition(
            span_of(atom), "=", (said,), value_entry=atom.entry, owner=owner or self.anchor
        )
        span = (atom.start, following.end)
        return Item(span, aggregate="count", rows=True, counted=owner, where=where)

    def _mention_ahead(self, atom: Atom) -> Mention:
        """Mention a table that comes next, without losing what the noun itself will say."""
        before = self.anchor
        mention = self._own_mention(atom) if self.negated is not None else self._mention(atom)
        if self._take_negation():
            mention.negated = True
        self.anchor = before if mention is before else mention
        return mention

    def _proper(self, atom: Atom) -> None:
        """A name nobody knows: of what stands next to it, else left to be grounded."""
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        owner = None
        if following is not None and following.kind == "noun" and entry_of(following).tables:
            owner = self._mention(following)
        self.at += 1
        self._add_condition(
            Condition(
                span_of(atom),
                "=",
                (atom.value,),
                owner=owner,
                negated=self._take_negation(),
                quoted=True,
                proper=True,
            )
        )

    def _letters(self, atom: Atom) -> bool:
        """`have "a" in their names`: part of a column's text."""
        index = self._peek(self.at + 1, frozenset(["in", "poss", "det", "all"]))
        if (
            self._kind(1) != "in"
            or self._kind_at(index) != "noun"
            or self._kind_at(index - 1) != "poss"
        ):
            return False
        noun = self.atoms[index]
        self.at = index + 1
        self._add_condition(
            Condition(
                (atom.start, noun.end),
                "like",
                (f"%{escaped(atom.value)}%",),
                entry=entry_of(noun),
                owner=self.anchor,
                quoted=True,
            )
        )
        return True

    def _quote(self, atom: Atom) -> None:
        """Quoted text no noun claims: the name of what was spoken of last, or comes next."""
        if self._letters(atom):
            return
        following = self.atoms[self.at + 1] if self.at + 1 < len(self.atoms) else None
        if following is not None and following.kind == "noun" and entry_of(following).tables:
            self._take_value(atom, None, self._mention(following), atom.start)
        elif self.anchor is not None and self.region == COND:
            self._take_value(atom, None, self.anchor, atom.start)
        else:
            self._take_value(atom, None, None, atom.start)

    def _take_value(
        self, atom: Atom, entry: Entry | None, owner: Mention | None, start: int
    ) -> None:
        """Add the condition for this value and the values joined to it by or, and, commas."""
        never = self._says_never()
        had = self._kind_at(self._back(self.at - 1)) in ("has", "with")
        denied = self.negated is not None and self.negated.kind != "except"
        # `unsuccessful jobs`: one word for a state of rows, not for none of them in the other.
        denied = denied and self.negated is not None and self.negated.start != atom.start
        negated = self._take_negation()
        values = [atom]
        self.at += 1
        while self._joins_values() and self._same_kind_of_value(atom):
            self.at = self._peek(self.at, _JOINTS | _HELD)
            values.append(self.atoms[self.at])
            self.at += 1
        both, self.both = self.both, False
        alternative = 0
        if len(values) > 1 and not both:
            self.alternatives += 1
            alternative = self.alternatives
        for value in values:
            self._add_condition(
                Condition(
                    (start, value.end),
                    "=",
                    (value.value or self.text[value.start : value.end],),
                    entry=entry,
                    value_entry=value.entry if value.kind == "val" else None,
                    owner=owner or self.anchor,
                    negated=negated,
                    denied=denied,
                    alternative=alternative,
                    apart=both,
                    quoted=value.kind != "val",
                    proper=value.kind == "proper",
                    verbal=self.verb is not None or had,
                    times=("=", 0) if never else None,
                )
            )

    def _joins_values(self) -> bool:
        """Whether another value may follow: `Europe or Asia`, `compare Europe with Asia`."""
        held = self.sketch.compared and self._kind() in _HELD
        return self._kind() in ("or", "and", "comma", "both") or held

    def _same_kind_of_value(self, first: Atom) -> bool:
        index = self._peek(self.at, _JOINTS | _HELD)
        if self._kind_at(index) != first.kind:
            return False
        if first.kind != "val":
            return True
        return not entry_of(first).values.keys().isdisjoint(entry_of(self.atoms[index]).values)


def says_rate(atom: Atom) -> bool:
    """Whether a word says that part of the rows is held against all of them."""
    return atom.kind in ("unk", "verb") and atom.text.lower() in RATES


def _holds_text(entry: Entry) -> bool:
    """Whether a column of this name can hold what is quoted."""
    return any(term.text for owned in entry.columns.values() for term in owned)


def fits(entry: Entry, value: Atom) -> bool:
    """Whether a stored value can belong to this noun: its column, or a column of its table."""
    return any(
        term in entry.columns.get(term.table, {}) or term.table in entry.tables
        for term in entry_of(value).values
    )


def _qualifies(entry: Entry, value: Atom) -> bool:
    """Whether a noun behind a value only says what kind of value it is."""
    return any(
        term in entry.columns.get(term.table, {}) or (term.label and term.table in entry.tables)
        for term in entry_of(value).values
    )
