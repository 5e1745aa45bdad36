"""Which table or column a word means here: of the tables spoken of first, then nearby."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from clearway.semantics.frame import Alternative, Ambiguity, Leftover, Span
from clearway.semantics.parsing.entries import Entry, Term
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.parsing.sketch import HEAD, Mention, Sketch
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.times.period import Calendar
from clearway.semantics.types import Table
from clearway.semantics.words.tokens import words_of_text

P = ParamSpec("P")

T = TypeVar("T")


class Unclear(Exception):
    """Words that cannot be settled; becomes a leftover or an ambiguity of the Frame."""

    def __init__(
        self,
        word: str,
        span: Span,
        alternatives: Sequence[Alternative] = (),
        *,
        name: bool = False,
    ) -> None:
        """Keep the words, where they stand, what they could mean, and whether they are a name."""
        super().__init__(word)
        self.name = name
        self.word = word
        self.span = span
        self.alternatives = tuple(alternatives)


class Scope:
    """One sketch and one lexicon, and what has been settled so far."""

    def __init__(
        self,
        text: str,
        sketch: Sketch,
        lexicon: Lexicon,
        joins: JoinGraph,
        calendar: Calendar,
    ) -> None:
        self.text = text
        self.calendar = calendar
        self.sketch = sketch
        self.lexicon = lexicon
        self.joins = joins
        self.assumptions: list[str] = [
            f"“{text[s[0] : s[1]]}” is read as “{word}”" for word, s in sketch.corrected
        ]
        self.leftover: list[Leftover] = [Leftover(word=w, span=s) for w, s in sketch.loose]
        self.leftover += [Leftover(word=w, span=s, matters=False) for w, s in sketch.passed]
        self.ambiguities: list[Ambiguity] = []
        self.subject: str | None = None
        self.measured: str | None = None
        """The table the first number is of, where one was asked for."""
        self.used: set[str] = set()
        """Tables something shown, counted or compared is in."""

    def _guarded(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a step settles; where it cannot, note the words and return None."""
        try:
            return step(*args, **kwargs)
        except Unclear as unclear:
            if unclear.alternatives:
                self.ambiguities.append(
                    Ambiguity(
                        word=unclear.word, span=unclear.span, alternatives=unclear.alternatives
                    )
                )
            else:
                self.leftover.append(
                    Leftover(word=unclear.word, span=unclear.span, name=unclear.name)
                )
            return None

    @property
    def zone(self) -> str:
        """The asker's time zone."""
        return self.calendar.zone.key

    def _said(self, span: Span) -> str:
        return self.text[span[0] : span[1]]

    def _unclear(self, span: Span, alternatives: Sequence[Alternative] = ()) -> Unclear:
        return Unclear(self._said(span), span, alternatives)

    def _assume(self, span: Span, meaning: str) -> None:
        self.assumptions.append(f"“{self._said(span)}” means {meaning}")

    def _table(self, name: str) -> Table:
        return self.lexicon.tables[name]

    def _resolve_mention(self, mention: Mention) -> None:
        tables = mention.entry.tables
        if not tables:
            raise self._unclear(mention.span)
        best = min(tables.values())
        found = [t for t, strength in tables.items() if strength == best]
        if len(found) > 1:
            found = [t for t in found if not self._table(t).derived] or found
        if len(found) > 1:
            schema = self.lexicon.catalog.default_schema
            found = [t for t in found if self._table(t).schema == schema] or found
        if len(found) > 1:
            raise self._unclear(mention.span, self._choices_of_table(found, mention.span))
        if best == 3:
            self._assume(mention.span, spoken(found[0]))
        mention.table = found[0]

    def _choices_of_table(self, tables: Sequence[str], span: Span) -> tuple[Alternative, ...]:
        return tuple(
            Alternative(
                label=spoken(table),
                rewrite=f"{self.text[: span[0]]}{spoken(table)}{self.text[span[1] :]}",
            )
            for table in tables[:3]
        )

    def _find_subject(self) -> str | None:
        """Return the table whose rows the question is about."""
        sketch = self.sketch
        headed = [m for m in sketch.mentions if m.region == HEAD]
        for mention in headed:
            if mention.wanted:
                return mention.table
        for item in (*sketch.heads, *sketch.groups):
            if item.owner is not None and item.owner.table:
                return item.owner.table
        if not sketch.mentions:
            return self._place_of_name()
        counted = {id(i.counted) for i in sketch.heads if i.counted is not None}
        apart = (m for m in headed if id(m) not in counted)
        first = next(apart, None) or next(iter(headed), None) or sketch.mentions[0]
        return first.table or self._place_of_name()

    def _place_of_name(self) -> str | None:
        """Return the one table a name spoken of is in, where no table is spoken of."""
        tables = {
            table
            for condition in self.sketch.conditions
            if condition.value_entry is not None and condition.entry is None
            for table in (
                *condition.value_entry.parts,
                *(t.table for t in condition.value_entry.values),
            )
        }
        named = any(
            c.value_entry is not None and c.value_entry.parts for c in self.sketch.conditions
        )
        return tables.pop() if len(tables) == 1 and named else None

    def _contexts(self, *mentions: Mention | None) -> list[str]:
        """Return the tables spoken of, the most fitting first."""
        tables = [m.table for m in mentions if m is not None and m.table]
        if self.subject is not None:
            tables.append(self.subject)
        tables += [m.table for m in self.sketch.mentions]
        if not tables:
            tables = self._tables_of_values() or self._tables_of_groups()
        return list(dict.fromkeys(tables))

    def _tables_of_groups(self) -> list[str]:
        """Return where what is grouped by is, as far as each is in one table only."""
        entries = [i.entry for i in self.sketch.groups if i.entry is not None]
        return [next(iter(e.columns)) for e in entries if len(e.columns) == 1 and not e.tables]

    def _tables_of_values(self) -> list[str]:
        """Return where the values spoken of are, as far as each is in one table only."""
        found = []
        for condition in self.sketch.conditions:
            entry = condition.value_entry
            if entry is not None:
                tables = {term.table for term in entry.values} | set(entry.parts)
                found += list(tables) if len(tables) == 1 else []
        return found

    def _terms(self, entry: Entry, span: Span, contexts: Sequence[str]) -> tuple[Term, ...]:
        """Return the column an entry means here; several only for a name in several parts."""
        for context in contexts:
            vague = min(entry.columns.get(context, {}).values(), default=0) > 1
            table = self._called_so(entry, context) if vague else context
            found = self._in_table(entry, span, table)
            if found:
                return found
        return self._elsewhere(entry, span, contexts)

    def _called_so(self, entry: Entry, context: str) -> str:
        """`salary by job title`: the table with a column called so, not with its least salary."""
        exact = [table for table, owned in entry.columns.items() if 0 in owned.values()]
        if len(exact) == 1 and self.joins.paths(exact[0], context, to_one=True):
            return exact[0]
        return context

    def _in_table(self, entry: Entry, span: Span, table: str, weakest: int = 2) -> tuple[Term, ...]:
        owned = entry.columns.get(table, {})
        labels = (
            self.lexicon.labels.get(table, ()) if entry.generic and entry.phrase != "id" else ()
        )
        if owned and not (labels and min(owned.values()) > 1):
            best = min(owned.values())
            found = [term for term, strength in owned.items() if strength == best]
            if best <= weakest:
                return self._meant_of(found, entry, span)
        if labels:
            return labels
        return self._keys(table) if entry.phrase == "id" and len(self._keys(table)) == 1 else ()

    def _keys(self, table: str) -> tuple[Term, ...]:
        terms = self.lexicon.terms[table]
        return tuple(terms[k] for k in self._table(table).primary_key if k in terms)

    def _elsewhere(self, entry: Entry, span: Span, contexts: Sequence[str]) -> tuple[Term, ...]:
        """Return the one column of this name in the tables nearest to what was spoken of."""
        near = self.joins.distances(contexts[0]) if contexts else {}
        ranked = sorted(
            (
                ((strength, self._table(table).derived, near.get(table, 99)), number, term)
                for table, owned in entry.columns.items()
                for number, (term, strength) in enumerate(owned.items())
            ),
            key=lambda found: (found[0], found[1]),
        )
        if not ranked:
            raise self._unclear(span)
        rank = ranked[0][0]
        best = [term for found, _, term in ranked if found == rank]
        meant = self._meant_of(best, entry, span)
        if rank[0] == 3:
            self._assume(span, spoken_column(meant[0]))
        if contexts and rank[2] == 99:
            raise self._unclear(span)
        return meant

    def _meant_of(self, terms: Sequence[Term], entry: Entry, span: Span) -> tuple[Term, ...]:
        """Return the one column that is meant; raise `Unclear` where nobody has said which."""
        if len(terms) == 1 or _one_role(terms):
            return tuple(terms)
        meant = [
            term
            for term in terms
            if any(words_of_text(said) == (*entry.phrase.split(),) for said in term.column.meant_by)
        ]
        if len(meant) != 1:
            raise self._unclear(span, self._choices(terms, span))
        self._assume(span, f"{spoken_column(meant[0])} of {spoken(meant[0].table)}")
        return tuple(meant)

    def _one(self, entry: Entry, span: Span, contexts: Sequence[str]) -> Term:
        terms = self._terms(entry, span, contexts)
        if len(terms) != 1:
            raise self._unclear(span)
        return terms[0]

    def _choices(self, terms: Sequence[Term], span: Span) -> tuple[Alternative, ...]:
        """Return the question rewritten with each column's full name, `average` and such kept."""
        added = _ADDED_UP.match(self._said(span))
        before = self.text[: span[0]] + (added.group() if added is not None else "")
        return tuple(
            Alternative(
                label=f"{spoken_column(term)} of {spoken(term.table)}",
                rewrite=f"{before}{spoken(term.table)} {spoken_column(term)}{self.text[span[1] :]}",
            )
            for term in terms[:3]
        )


def _one_role(terms: Sequence[Term]) -> bool:
    """Whether terms are the parts of one name, reached over the same key."""
    return bool(terms[0].ref.via) and len({term.ref.via for term in terms}) == 1


_ADDED_UP = re.compile(
    r"(?:the )?(?:total|sum of|average|avg|mean|median|maximum|minimum|max|min|number of|count of)"
    r" (?:the )?",
    re.IGNORECASE,
)


def spoken(table: str) -> str:
    """Return a table's name as a person says it."""
    return table.partition(".")[2].replace("_", " ")


def spoken_column(term: Term) -> str:
    """Return a column's name as a person says it."""
    return term.column.name.replace("_", " ")
