"""Conditions: a column compared, a stored value alone, related rows that must or must not be."""

from __future__ import annotations

from clearway.semantics.atoms import Atom
from clearway.semantics.cursor import GLUE, Cursor, entry_of, escaped, span_of
from clearway.semantics.entries import Entry
from clearway.semantics.frame import Comparator, Scalar, Span
from clearway.semantics.sketch import COND, HEAD, Condition, Item, Mention, Sorting

_JOINTS = frozenset(["or", "and", "comma", "det", "all"])
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
_FLIP: dict[str, Comparator] = {
    "=": "<>", ">": "<=", "<": ">=", ">=": "<", "<=": ">", "<>": "=",
}  # fmt: skip


class ConditionRules(Cursor):
    """What restricts the rows."""

    # ------------------------------------------------------------ a noun, then its value

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
        if kind == "val" and not fits(entry, value):
            return direct and not entry.columns and self._as_typed(atom, value)
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
        if self._kind_at(index + 1) in ("post", "noun") or number.value:
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

    # ------------------------------------------------------------ a value alone

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
        named = following.kind in ("unk", "verb")
        rate = named and following.text.lower() in ("rate", "ratio", "quota")
        part = self.share and following.kind == "noun" and bool(entry_of(following).tables)
        if not (rate or part) or self.region != HEAD:
            return False
        self.share = False
        self.at += 2
        owner = self._mention(following) if part else None
        span = (atom.start, following.end)
        said = self.text[atom.start : atom.end]
        where = Condition(
            span_of(atom), "=", (said,), value_entry=atom.entry, owner=owner or self.anchor
        )
        self.sketch.heads.append(
            Item(span, aggregate="count", rows=True, counted=owner, where=where)
        )
        return True

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
        negated = self._take_negation()
        values = [atom]
        self.at += 1
        while self._kind() in ("or", "and", "comma", "both") and self._same_kind_of_value(atom):
            self.at = self._peek(self.at, _JOINTS)
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
                    alternative=alternative,
                    apart=both,
                    quoted=value.kind != "val",
                    proper=value.kind == "proper",
                    verbal=self.verb is not None,
                    times=("=", 0) if never else None,
                )
            )

    def _same_kind_of_value(self, first: Atom) -> bool:
        index = self._peek(self.at, _JOINTS)
        if self._kind_at(index) != first.kind:
            return False
        if first.kind != "val":
            return True
        return not entry_of(first).values.keys().isdisjoint(entry_of(self.atoms[index]).values)

    # ------------------------------------------------------------ comparisons

    def _comparison(self, span: Span, index: int) -> Condition | None:
        """Take `is more than 5`, `between 1 and 3`, `starts with A`, `is not y`; or nothing."""
        negated = self.negated is not None
        has = self._kind_at(index - 1) == "has"
        if self._kind_at(index) == "not":
            negated, index = not negated, self._peek(index + 1, GLUE)
        found = self._operand(span, index)
        if found is not None:
            self.negated = None
            found.negated = negated
            if has and found.quoted and found.comparator == "=":
                # `whose name has "Led"`: somewhere in it.
                found.comparator, found.values = "like", (f"%{escaped(str(found.values[0]))}%",)
        return found

    def _operand(self, span: Span, index: int) -> Condition | None:
        """Return the condition whose comparator or value stands here; else take nothing."""
        kind = self._kind_at(index)
        if kind in ("cmp", "num", "post"):
            return self._compared_number(span, index)
        if kind == "between" or self._from_to(index):
            return self._between(span, index)
        if kind == "like":
            return self._like(span, index)
        if kind in ("val", "quote", "proper"):
            self.at = index + 1
            return self._literal(span, self.atoms[index])
        return self._state(span, index, kind)

    def _state(self, span: Span, index: int, kind: str) -> Condition | None:
        """`is empty`, `is true`, `is above the average`."""
        if kind not in ("null", "notnull", "true", "false", "above", "below"):
            return None
        if kind in ("above", "below"):
            return self._than_overall(span, index, ">" if kind == "above" else "<")
        self.at = index + 1
        whole = (span[0], self.atoms[index].end)
        if kind in ("null", "notnull"):
            return Condition(whole, "is null", negated=kind == "notnull")
        return Condition(whole, "=", (kind == "true",))

    def _literal(self, span: Span, atom: Atom) -> Condition:
        said: Scalar = atom.value or self.text[atom.start : atom.end]
        return Condition(
            (span[0], atom.end),
            "=",
            (said,),
            value_entry=atom.entry if atom.kind == "val" else None,
            quoted=atom.kind != "val",
        )

    def _compared_number(self, span: Span, index: int) -> Condition | None:
        comparator: Comparator = "="
        if self._kind_at(index) == "cmp":
            comparator = comparator_of(self.atoms[index])
            index = self._peek(index + 1, frozenset(["det", "all", "be"]))
            if self._kind_at(index) == "agg":
                return self._than_overall(span, index, comparator)
        kind = self._kind_at(index)
        if kind not in ("num", "val", "quote", "proper", "unk"):
            return None
        atom = self.atoms[index]
        if kind == "unk" and (comparator not in ("=", "<>") or self._kind_at(index - 1) != "cmp"):
            return None
        self.at = index + 1
        if kind != "num":
            found = self._literal(span, atom)
            found.comparator = comparator
            return found
        if self._kind() == "post":
            comparator = comparator_of(self.atoms[self.at])
            self.at += 1
        return Condition(
            (span[0], self.atoms[self.at - 1].end), comparator, (atom.count,), unit=atom.value
        )

    def _than_overall(self, span: Span, index: int, comparator: Comparator) -> Condition:
        """`more than the average (number of products)`: the same column, over all rows."""
        atom = self.atoms[index]
        against = Item(span, aggregate=atom.value or "avg")  # type: ignore[arg-type] # one of them
        end = index + 1
        following = self._peek(end, frozenset(["of", "det", "all", "count"]))
        if self._kind_at(following) == "noun" and not entry_of(self.atoms[following]).tables:
            against.entry = entry_of(self.atoms[following])
            end = following + 1
        self.at = end
        return Condition((span[0], self.atoms[end - 1].end), comparator, against=against)

    def _than_average(self, atom: Atom) -> None:
        """`singers above the average age`."""
        index = self._peek(self.at + 1, frozenset(["of", "det", "all"]))
        if self._kind_at(index) != "noun" or entry_of(self.atoms[index]).tables or not self.anchor:
            if not self._verb_than_average(atom):
                self._loose(atom)
            self.at += 1
            return
        noun = self.atoms[index]
        self.at = index + 1
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
        elif noun is None or noun.kind != "noun" or entry_of(noun).tables:
            self._loose_span(found.span)
        else:
            found.entry, found.owner = entry_of(noun), self.anchor
            found.span = (found.span[0], noun.end)
            self._add_condition(found)
            self.at += 1

    def _from_to(self, index: int) -> bool:
        """`from 50 to 100`."""
        kinds = [self._kind_at(index + step) for step in range(4)]
        return kinds == ["in", "num", "in", "num"] and self.atoms[index].text.lower() == "from"

    def _between(self, span: Span, index: int) -> Condition | None:
        low, high = index + 1, index + 3
        if self._kind_at(low) != "num" or self._kind_at(high) != "num":
            return None
        if self._kind_at(index + 2) not in ("and", "in"):
            return None
        self.at = high + 1
        first, last = self.atoms[low], self.atoms[high]
        return Condition(
            (span[0], last.end),
            "between",
            (first.count, last.count),
            unit=last.value or first.value,
        )

    def _like(self, span: Span, index: int) -> Condition | None:
        """`starts with A`, `contains the word "you"`."""
        atom = self.atoms[index]
        target = index + 1
        if self._kind_at(target) == "det" and self._kind_at(target + 1) in (
            "noise",
            "quote",
            "unk",
            "like",
        ):
            target += 1
        target = self._peek(target, frozenset(["like"]))
        if target >= len(self.atoms):
            return None
        value = self.atoms[target]
        if atom.value == "maybe" and value.kind != "quote":
            return None
        said = escaped(value.value if value.kind == "quote" else self.text[value.start : value.end])
        self.at = target + 1
        pattern = {"start": f"{said}%", "end": f"%{said}"}.get(atom.value, f"%{said}%")
        return Condition((span[0], value.end), "like", (pattern,), quoted=True)

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

    def _cmp(self, atom: Atom) -> None:
        """`more than 3 albums`, `longer than 100 minutes`, `over 1000 in revenue`."""
        index = self.at + 1
        concept = atom.value.partition(" ")[2]
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
        elif (
            atom.value == "=" and self._kind_at(index) in ("val", "quote", "proper") and self.anchor
        ):
            self.at = index
            self._take_value(self.atoms[index], None, self.anchor, atom.start)
        else:
            self._loose(atom)
            self.at += 1

    def _column_and_number(self, atom: Atom, index: int) -> None:
        """`above age 20`: the column stands between the comparator and the number."""
        noun, number = self.atoms[index], self.atoms[index + 1]
        self.at = index + 2
        comparator = comparator_of(atom)
        if self._take_negation():
            comparator = _FLIP[comparator]
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
            comparator = _FLIP[comparator]
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
            comparator = _FLIP[comparator]
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
        values = [self.atoms[i] for i in range(self.at, index) if self._kind_at(i) == "val"]
        mention = self._own_mention(noun)
        mention.comparator, mention.count = comparator, int(number.count)
        mention.verb = self.verb.value if self.verb is not None else ""
        for value in values:
            self._take_value(value, None, mention, value.start)
        self.at = index + 1
        self.region = COND

    # ------------------------------------------------------------ related tables

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
        elif self.link == "with" and self._kind(-2) == "det" and _counted_by(entry):
            # `sales with a discount`: above zero, or known at all.
            self._loose(atom)
        elif self.link == "with" or self._kind(-2) in ("and", "comma", "poss"):
            self.sketch.heads.append(Item(span_of(atom), entry=entry, owner=self.anchor))
        else:
            self._loose(atom)

    def _without_column(self, atom: Atom, entry: Entry) -> None:
        """`without an address`: the column is empty; a number may be zero as well."""
        assert self.negated is not None  # noqa: S101 - checked by the caller
        span = (self.negated.start, atom.end)
        self.negated = None
        if _counted_by(entry):
            self._loose_span(span)
        else:
            self._add_condition(Condition(span, "is null", entry=entry, owner=self.anchor))

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

    def _back(self, index: int) -> int:
        """Return the index of the last atom before this that is more than an article."""
        while index >= 0 and self.atoms[index].kind in ("det", "noise"):
            index -= 1
        return index

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


def comparator_of(atom: Atom) -> Comparator:
    """Return the comparator of a `cmp` or `post` atom."""
    found = atom.value.partition(" ")[0]
    return found  # type: ignore[return-value] # the tables of `english` hold comparators only


def _counted_by(entry: Entry) -> bool:
    """Whether columns of this name hold numbers only."""
    terms = [term for owned in entry.columns.values() for term in owned]
    return bool(terms) and all(term.number and term.column.role == "measure" for term in terms)


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
