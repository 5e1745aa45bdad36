"""Every phrase a principal's catalog gives a meaning to, in one tree of words.

Built once per visible catalog. A phrase may be a table, columns, values, measures and a function
word at once; which of them is meant is decided where the phrase stands in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from clearway.semantics import english
from clearway.semantics.english import Sense
from clearway.semantics.frame import ColumnRef
from clearway.semantics.judgement import is_number, is_text, is_time, words_of
from clearway.semantics.inflection import forms_of
from clearway.semantics.places import other_names
from clearway.semantics.spelling import Spelling
from clearway.semantics.thesaurus import related
from clearway.semantics.tokens import singular, words_of_text
from clearway.semantics.types import Catalog, Column, Measure, Table

Strength = Literal[0, 1, 2, 3]
"""0 the name itself or a synonym the catalog gives; 1 the name without its table's words;
2 its last word; 3 a word of similar meaning."""

_LABELS = ("name", "title", "label", "full_name", "fullname", "display_name", "caption")
GENERIC = frozenset({"name", "full name", "id"})
"""What rows of most tables have, whatever their columns are called."""
_FIRST, _LAST = ("first", "name"), ("last", "name")


_TIME_UNITS = frozenset(["millisecond", "second", "minute", "hour", "ms", "sec", "min", "hr"])
UNITS = _TIME_UNITS | frozenset(
    ["usd", "eur", "gbp", "dollar", "euro", "cent", "pct", "percent", "kg", "gram", "km", "meter"]
    + ["mile", "byte", "mb", "gb", "kb", "cm", "mm", "celsius", "count", "amount"]
)


STATES = 30
"""A column with up to this many values says which state or kind a row is in."""

CORRECTABLE = frozenset(
    ["open", "count", "agg", "by", "each", "distinct", "order", "dir", "grain", "share"]
)
"""Kinds of function words a slip may be corrected to: none that turns a meaning around."""

_SAID_MORE_FULLY = {
    "first name": ("forename", "given name"),
    "last name": ("surname", "family name"),
    "birth date": ("date of birth", "birthday"),
    "hire date": ("date of hire",),
    "phone": ("phone number", "telephone number", "telephone"),
    "telephone": ("telephone number", "phone number", "phone"),
    "fax": ("fax number",),
    "mobile": ("mobile number", "mobile phone"),
    "email": ("email address", "e mail", "e mail address", "mail address"),
    "zip": ("zip code",),
    "dob": ("date of birth", "birth date", "birthday"),
    "birthdate": ("date of birth", "birth date", "birthday"),
    "birthday": ("date of birth", "birth date"),
    "qty": ("quantity",),
    "amt": ("amount",),
    "num": ("number",),
    "desc": ("description",),
    "avg": ("average",),
    "pct": ("percent", "percentage"),
    "dept": ("department",),
    "addr": ("address",),
    "lat": ("latitude",),
    "lng": ("longitude",),
    "lon": ("longitude",),
    "yr": ("year",),
    "ts": ("timestamp", "time"),
}
"""Names of columns, and what people say instead."""


class Term:
    """One column as the reader sees it."""

    __slots__ = ("boolean", "column", "label", "number", "ref", "state", "table", "text", "time")

    def __init__(self, table: str, column: Column) -> None:
        self.table = table
        self.column = column
        self.ref = ColumnRef(table, column.name)
        self.text = is_text(column.type) or (column.role == "dimension" and bool(column.values))
        self.number = is_number(column.type)
        self.time = is_time(column.type)
        self.boolean = column.type == "boolean"
        self.state = self.boolean or (
            self.number and column.role == "measure" and column.distinct is not None and column.distinct <= 2
            and "integer" in column.type
        )  # fmt: skip
        """Yes or no, as a boolean or as 0 and 1."""
        self.label = False
        """A row of its table is called by it."""


class Entry:
    """Everything one phrase can mean."""

    __slots__ = ("columns", "generic", "measures", "parts", "phrase", "sense", "tables", "values")

    def __init__(self, phrase: str) -> None:
        self.phrase = phrase
        self.sense: Sense | None = None
        self.tables: dict[str, Strength] = {}
        self.columns: dict[str, dict[Term, Strength]] = {}
        """By table."""
        self.values: dict[Term, tuple[str, ...]] = {}
        """The stored spellings of this phrase in each column."""
        self.parts: dict[str, tuple[tuple[Term, str], ...]] = {}
        """By table: a name stored in several columns."""
        self.measures: list[Measure] = []
        self.generic = phrase in GENERIC

    @property
    def noun(self) -> bool:
        """Whether it names something of the catalog other than a value."""
        return bool(self.tables or self.columns or self.measures or self.generic)

    @property
    def exact(self) -> bool:
        """Whether something of the catalog bears exactly this name."""
        return (
            bool(self.measures)
            or 0 in self.tables.values()
            or any(0 in owned.values() for owned in self.columns.values())
        )


class Node:
    """A word of the tree."""

    __slots__ = ("entry", "next")

    def __init__(self) -> None:
        self.next: dict[str, Node] = {}
        self.entry: Entry | None = None


class Lexicon:
    """The tree, and what the resolver needs to know of each table."""

    def __init__(self, catalog: Catalog) -> None:
        """Index the catalog; what it leaves out cannot be told from what does not exist."""
        self.catalog = catalog
        self.root = Node()
        self.tables: Mapping[str, Table] = catalog.by_name
        self.terms: dict[str, dict[str, Term]] = {}
        self.labels: dict[str, tuple[Term, ...]] = {}
        for phrase, sense in english.senses().items():
            self._entry(phrase).sense = sense
        for phrase in GENERIC:
            self._entry(tuple(phrase.split()))
        for table in sorted(catalog.tables, key=lambda table: table.derived):
            self._add_table(table)
        for measure in catalog.measures:
            for name in (measure.name, *measure.synonyms):
                self._entry(_singulars(words_of(name))).measures.append(measure)
        self._add_synonyms()
        self.spelling = Spelling(self._vocabulary())

    def _vocabulary(self) -> Iterable[str]:
        """Return the words a slip of the pen may be corrected to."""
        for word, node in self.root.next.items():
            for entry in _entries(node, 3):
                if (
                    entry.sense is not None
                    and entry.sense.kind not in CORRECTABLE
                    and not entry.noun
                ):
                    continue
                few = any(len(t.column.values) <= 200 for t in entry.values)
                if entry.sense is not None or entry.noun or few:
                    yield word
                    yield from entry.phrase.split(" ")

    def _entry(self, phrase: Iterable[str]) -> Entry:
        node = self.root
        for word in phrase:
            node = node.next.setdefault(word, Node())
        if node.entry is None:
            node.entry = Entry(" ".join(phrase))
        return node.entry

    def find(self, words: tuple[str, ...]) -> Entry | None:
        """Return what exactly this phrase means, if anything."""
        node: Node | None = self.root
        for word in words:
            node = node.next.get(word) if node else None
        return node.entry if node else None

    def _add_table(self, table: Table) -> None:
        name = table.qualified
        self.terms[name] = {c.name: Term(name, c) for c in table.columns}
        spoken = _singulars(words_of(table.name))
        self._name_table(spoken, name, 0)
        for synonym in table.synonyms:
            self._name_table(words_of_text(synonym), name, 0)
        for plain in _without_affixes(spoken):
            self._name_table(plain, name, 1)
        for person in ("member", "person"):
            self._name_table((*spoken, person), name, 1)
        for term in self.terms[name].values():
            self._add_column(spoken, term)
        self.labels[name] = self._label(table, spoken)
        for term in self.labels[name]:
            term.label = True

    def _name_table(self, words: tuple[str, ...], table: str, strength: Strength) -> None:
        tables = self._entry(words).tables
        tables[table] = min(strength, tables.get(table, 3))

    def _add_column(self, spoken: tuple[str, ...], term: Term) -> None:
        words = _singulars(words_of(term.column.name))
        self._name_column(words, term, 0)
        for synonym in term.column.synonyms:
            self._name_column(words_of_text(synonym), term, 0)
        if words[: len(spoken)] == spoken and len(words) > len(spoken):
            self._name_column(words[len(spoken) :], term, 1)
        if len(words) > 1 and words[-1] != "id":
            self._name_column(words[-1:], term, 2)
        for said in _SAID_MORE_FULLY.get(words[-1], ()):
            self._name_column((*words[:-1], *said.split()), term, 0)
        for said in _SAID_MORE_FULLY.get(" ".join(words), ()):
            self._name_column(tuple(said.split()), term, 0)
        if term.state:
            bare = tuple(w for w in words if w not in ("is", "has", "flag", "bool", "yn"))
            for plain in {bare, tuple(w.removesuffix("bool") for w in bare)}:
                self._name_column(plain, term, 1)
                for form in forms_of(plain[-1]):
                    self._name_column((*plain[:-1], form), term, 2)
        if term.text and words[-1] not in ("name", "title"):
            self._name_column((*words, "name"), term, 1)
        if len(words) > 1 and words[-1] in UNITS:
            self._name_column(words[:-1], term, 1)
        if len(words) > 1 and words[-1] == "name":
            self._name_column(words[:-1], term, 1)
        if words[-1] in _TIME_UNITS and term.number:
            for meant in ("duration", "length", "runtime"):
                self._name_column((meant,), term, 2)
        if term.column.values and term.column.sensitivity == "public":
            self._add_values(term)

    def _name_column(self, words: tuple[str, ...], term: Term, strength: Strength) -> None:
        if self.tables[term.table].derived and self._said_by_base(words):
            return
        owned = self._entry(words).columns.setdefault(term.table, {})
        owned[term] = min(strength, owned.get(term, 3))

    def _said_by_base(self, words: tuple[str, ...]) -> bool:
        """Whether a table that is no mere view of others uses the phrase already."""
        entry = self._entry(words)
        return any(not self.tables[table].derived for table in (*entry.tables, *entry.columns))

    def _add_values(self, term: Term) -> None:
        named = _singulars(words_of(term.column.name))
        for value in term.column.values:
            words = words_of_text(value)
            if not words or len(words) > 12:
                continue
            values = self._entry(words).values
            values[term] = (*values.get(term, ()), value)
            for other in other_names(frozenset(named), value):
                known = self._entry(words_of_text(other)).values
                known[term] = (*known.get(term, ()), value)
            if len(words) == 1 and len(term.column.values) <= STATES:
                for form in forms_of(words[0]):
                    said = self._entry((form,))
                    if said.sense is None:
                        said.values.setdefault(term, (value,))

    def _label(self, table: Table, spoken: tuple[str, ...]) -> tuple[Term, ...]:
        """The column or columns a person would call a row of this table by."""
        terms = self.terms[table.qualified]
        words = {_singulars(words_of(name)): term for name, term in terms.items()}
        if _FIRST in words and _LAST in words:
            return (words[_FIRST], words[_LAST])
        for label in _LABELS:
            for candidate in (words_of(label), (*spoken, *words_of(label))):
                if candidate in words and _tells_apart(words[candidate], table):
                    return (words[candidate],)
        if spoken in words and _tells_apart(words[spoken], table):
            return (words[spoken],)
        named = [
            t for w, t in words.items() if w[-1] in ("name", "title") and _tells_apart(t, table)
        ]
        return tuple(named) if len(named) == 1 else ()

    def _add_synonyms(self) -> None:
        """Give words of similar meaning to the names nobody else claims."""
        nouns = [(n.entry, (w,)) for w, n in self.root.next.items() if n.entry and n.entry.noun]
        for entry, words in nouns:
            for word in related(words[0]):
                other = self._entry((singular(word),))
                for table, strength in entry.tables.items():
                    if strength < 2:
                        other.tables.setdefault(table, 3)
                for table, owned in entry.columns.items():
                    mine = other.columns.setdefault(table, {})
                    for term, strength in owned.items():
                        if strength < 2:
                            mine.setdefault(term, 3)


def _entries(node: Node, depth: int) -> Iterable[Entry]:
    if node.entry is not None:
        yield node.entry
    if depth:
        for following in node.next.values():
            yield from _entries(following, depth - 1)


def _tells_apart(term: Term, table: Table) -> bool:
    """Whether a text column names rows rather than groups of them."""
    distinct, rows = term.column.distinct, table.row_estimate
    return term.text and (not distinct or not rows or distinct >= rows / 2)


def _singulars(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(singular(word) for word in words)


_AFFIXES = frozenset(
    ["tbl", "t", "dim", "fact", "fct", "vw", "v", "view", "table", "stg", "mart", "raw", "data"]
)


def _without_affixes(words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """`dim_customer`, `sales_fact` are customers and sales to a person."""
    if len(words) > 1:
        if words[0] in _AFFIXES:
            yield words[1:]
        if words[-1] in _AFFIXES:
            yield words[:-1]
