"""Every phrase a principal's catalog gives a meaning to, in one tree of words.

Built once per visible catalog. A phrase may be a table, columns, values, measures and a function
word at once; which of them is meant is decided where the phrase stands in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.entries import GENERIC, Entry, Strength, Term
from clearway.semantics.parsing.naming import (
    bare_name,
    column_words,
    is_said_as_verb,
    names_of,
    occurrences_of,
    prefixes_of,
    roles_of,
    singulars,
    tells_apart,
    without_affixes,
)
from clearway.semantics.types import Catalog, Table
from clearway.semantics.words import english
from clearway.semantics.words.inflection import forms_of
from clearway.semantics.words.places import other_names
from clearway.semantics.words.roots import EVENTS, PAPERS, same_root
from clearway.semantics.words.spelling import Spelling
from clearway.semantics.words.thesaurus import related
from clearway.semantics.words.tokens import singular, words_of_text

_LABELS = ("name", "title", "label", "full_name", "fullname", "display_name", "caption")
_CODES = ("code", "sku", "symbol", "slug", "reference")
"""What rows without a name are called by."""
_TOLD = ("description",)
"""What the rows of a list of codes are called by."""
_FULL_NAMES = (
    (("first", "name"), ("last", "name")),
    (("fname",), ("lname",)),
    (("forename",), ("surname",)),
    (("given", "name"), ("family", "name")),
)


_NO_HEADS = frozenset(
    ["history", "log", "detail", "info", "level", "type", "status", "map", "link", "fact", "data"]
)
"""Last words of table names that do not say what a row is: a `price_history` holds prices."""

STATES = 30
"""A column with up to this many values says which state or kind a row is in."""

CORRECTABLE = frozenset(
    ["open", "count", "agg", "by", "each", "distinct", "order", "dir", "grain", "share"]
)
"""Kinds of function words a slip may be corrected to: none that turns a meaning around."""


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
        self.occurrences = occurrences_of(catalog.tables)
        self._of_verbs: dict[str, tuple[str, ...]] = {}
        for phrase, sense in english.senses().items():
            self._entry(phrase).sense = sense
        for generic in GENERIC:
            self._entry(tuple(generic.split()))
        self._prefixes = prefixes_of(catalog.tables)
        for table in sorted(catalog.tables, key=lambda table: table.derived):
            self._add_table(table)
        for table in catalog.tables:
            self._add_roles(table)
        for measure in catalog.measures:
            for name in (measure.name, *measure.synonyms):
                self._entry(singulars(words_of(name))).measures.append(measure)
        self._add_synonyms()
        order = self.find(("order",))
        self.orders = order if order is not None and order.tables else None
        """What rows called orders are, where `orders by` must not be read as sorting."""
        self._add_glossary()
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

    def tables_of_verb(self, verb: str) -> tuple[str, ...]:
        """Return the tables whose rows are what a verb says: ship, shipments; buy, orders."""
        known = self._of_verbs.get(verb)
        if known is None:
            known = self._of_verbs[verb] = self._find_tables_of_verb(verb)
        return known

    def _find_tables_of_verb(self, verb: str) -> tuple[str, ...]:
        names = {
            name: singulars(words_of(table.name))
            for name, table in self.tables.items()
            if not table.derived
        }
        nouns = EVENTS.get(verb, ())
        tests: tuple[Callable[[tuple[str, ...]], bool], ...] = (
            lambda words: words == (verb,),
            lambda words: same_root(verb, words[-1]),
            lambda words: any(same_root(verb, word) for word in words),
            lambda words: any(word in nouns for word in words),
            lambda words: PAPERS.get(verb) in words,
        )
        for test in tests:
            found = tuple(name for name, words in names.items() if test(words))
            if found:
                return found
        return ()

    def find(self, words: Iterable[str]) -> Entry | None:
        """Return what exactly this phrase means, if anything; no entry is made of it."""
        node: Node | None = self.root
        for word in words:
            node = node.next.get(word) if node else None
        return node.entry if node else None

    def _add_table(self, table: Table) -> None:
        name = table.qualified
        self.terms[name] = {c.name: Term(name, c) for c in table.columns}
        spoken = singulars(words_of(table.name))
        self._name_table(spoken, name, 0)
        for synonym in table.synonyms:
            self._name_table(words_of_text(synonym), name, 0)
        bare = bare_name(spoken, self._prefixes)
        for plain in (*without_affixes(spoken), bare):
            self._name_table(plain, name, 0 if plain == spoken else 1)
        if len(spoken) > 1 and spoken[-1] not in _NO_HEADS:
            self._name_table(spoken[-1:], name, 2)
        for person in ("member", "person"):
            self._name_table((*spoken, person), name, 1)
        for term in self.terms[name].values():
            self._add_column(bare, term)
        self.labels[name] = self._label(table, bare)
        for term in self.labels[name]:
            term.label = True

    def _add_roles(self, table: Table) -> None:
        """`manager`, `origin city`: what rows are called that a key of this table points to."""
        for key in table.foreign_keys:
            target = f"{key.to_schema}.{key.to_table}"
            if len(key.columns) != 1 or target not in self.terms or table.derived:
                continue
            for role in roles_of(key):
                for phrase, term in self._said_of_role(role, target):
                    made = Term(table.qualified, term.column, target=target, key=key.columns[0])
                    made.label = term.label
                    owned = self._entry(phrase).columns.setdefault(table.qualified, {})
                    if 0 not in owned.values() or is_said_as_verb(phrase):
                        owned[made] = 1

    def _said_of_role(
        self, role: tuple[str, ...], target: str
    ) -> Iterable[tuple[tuple[str, ...], Term]]:
        """The role alone is the name of who has it; with a column's name it is that column."""
        for term in self.labels[target]:
            yield role, term
        spoken = singulars(words_of(self.tables[target].name))
        for term in self.terms[target].values():
            words = column_words(term.column.name, spoken)
            if words[0] not in ("id", role[-1]) and term.column.role != "key":
                yield (*role, *words), term

    def _name_table(self, words: tuple[str, ...], table: str, strength: Strength) -> None:
        tables = self._entry(words).tables
        tables[table] = min(strength, tables.get(table, 3))

    def _add_column(self, spoken: tuple[str, ...], term: Term) -> None:
        for phrase, strength in names_of(term, spoken):
            self._name_column(phrase, term, strength)
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
        named = singulars(words_of(term.column.name))
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
        for said_so, value in term.column.value_names:
            if value in term.column.values:
                called = self._entry(words_of_text(said_so)).values
                called[term] = tuple(dict.fromkeys((*called.get(term, ()), value)))

    def _label(self, table: Table, spoken: tuple[str, ...]) -> tuple[Term, ...]:
        """The column or columns a person would call a row of this table by."""
        terms = self.terms[table.qualified]
        words = {column_words(name, spoken): term for name, term in terms.items()}
        for first, last in _FULL_NAMES:
            if first in words and last in words:
                return (words[first], words[last])
        for label in _LABELS:
            for candidate in (words_of(label), (*spoken, *words_of(label))):
                if candidate in words and tells_apart(words[candidate], table):
                    return (words[candidate],)
        if spoken in words and tells_apart(words[spoken], table):
            return (words[spoken],)
        # A list of codes has little more than a code and what it stands for.
        told = _TOLD if len(terms) <= 3 else ()
        for ends in (("name", "title"), told, _CODES):
            named = [t for w, t in words.items() if w[-1] in ends and tells_apart(t, table)]
            if named:
                return tuple(named) if len(named) == 1 else ()
        return ()

    def _add_synonyms(self) -> None:
        """Give words of similar meaning to the names nobody else claims."""
        nouns = [(n.entry, (w,)) for w, n in self.root.next.items() if n.entry and n.entry.noun]
        for entry, words in nouns:
            for word in related(words[0]):
                other = self._entry((singular(word),))
                if other.measures:
                    # What the catalog calls profit is nothing else.
                    continue
                for table, strength in entry.tables.items():
                    if strength < 2:
                        other.tables.setdefault(table, 3)
                for table, owned in entry.columns.items():
                    mine = other.columns.setdefault(table, {})
                    for term, strength in owned.items():
                        if strength < 2:
                            mine.setdefault(term, 3)

    def _add_glossary(self) -> None:
        """Let a word of the glossary mean what the words it stands for mean, if they are known."""
        for term, meaning in self.catalog.glossary.items():
            known, words = self.find(words_of_text(meaning)), words_of_text(term)
            if known is not None and words:
                self._entry(words).take_on(known)


def _entries(node: Node, depth: int) -> Iterable[Entry]:
    if node.entry is not None:
        yield node.entry
    if depth:
        for following in node.next.values():
            yield from _entries(following, depth - 1)
