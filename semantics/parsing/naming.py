"""What people call a column or a table, from its name: in full, in part, in other words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from clearway.semantics.judgement import is_time, words_of, written_in
from clearway.semantics.parsing.entries import Strength, Term
from clearway.semantics.types import ForeignKey, Table
from clearway.semantics.words.abbreviations import is_short_for
from clearway.semantics.words.inflection import forms_of
from clearway.semantics.words.tokens import singular, words_of_text
from clearway.semantics.words.verbs import link_verbs
from clearway.semantics.words.wordset import wordset

Named = tuple[tuple[str, ...], Strength]

_TIME_UNITS = frozenset(["millisecond", "second", "minute", "hour", "ms", "sec", "min", "hr"])
UNITS = _TIME_UNITS | wordset(
    """
    usd eur gbp dollar euro cent pct percent kg gram km meter mile byte mb gb kb cm mm
    celsius count amount m mg g lb lbs oz l ml sqm sqft ft ha kwh mw kw tonne ton usd
    """
)
_SAID_MORE_FULLY = {
    "first name": ("forename", "given name"),
    "last name": ("surname", "family name"),
    "fname": ("first name", "forename", "given name"),
    "lname": ("last name", "surname", "family name"),
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


_HEADS = wordset(
    """
    id name code type date time age number price amount status title year month day count total rate
    key address city country phone email start end first last size weight height length color
    colour level score value state region category description
    """
)
_GENERIC_ENDS = frozenset(["address", "number", "code", "description", "desc", "value", "text"])
_NAME_PARTS = frozenset(["first", "last", "middle", "full", "given", "family", "nick", "display"])


_NO_NAMES = frozenset(["id", "by", "to", "on", "at", "of", "in", "for", "from", "is", "has"])
"""Last words that are nothing's name."""


def names_of(term: Term, table: tuple[str, ...]) -> Iterator[Named]:
    """Return every phrase for a column, with how sure it is; `table` is its table's name."""
    words = column_words(term.column.name, table)
    if not (len(words) == 2 and words[-1] == "on" and words[0] in link_verbs()):
        # `hired on a Monday` is English; `hired_on` is said as the hiring date.
        yield words, 0
    if len(words) > 1 and "_" not in term.column.name:
        yield (term.column.name.lower(),), 0
    written = singulars(written_in(term.column.name))
    if written != words:
        yield written, 0
    for synonym in term.column.synonyms:
        yield words_of_text(synonym), 0
    for fuller in _SAID_MORE_FULLY.get(words[-1], ()):
        yield (*words[:-1], *fuller.split()), 0
    for fuller in _SAID_MORE_FULLY.get(" ".join(words), ()):
        yield tuple(fuller.split()), 0
    if term.text and words[-1] not in ("name", "title"):
        yield (*words, "name"), 1
    if len(words) > 1:
        yield from _parts(words, table)
    yield from _states(term, words)
    yield from _of_kind(term, words)


def _of_kind(term: Term, words: tuple[str, ...]) -> Iterator[Named]:
    """`shipped_at` is a shipping date, `runtime_seconds` a duration."""
    if words[-1] in ("on", "at", "ts") and term.time and words[0] in link_verbs():
        for when in ("date", "time"):
            yield (link_verbs()[words[0]], when), 1
            yield (words[0], when), 1
    if words[-1] in _TIME_UNITS and term.number:
        for meant in ("duration", "length", "runtime"):
            yield (meant,), 2


def column_words(name: str, table: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a column's name; `pettype` in a table of pets is two words."""
    words = singulars(words_of(name))
    if len(words) > 1:
        return tuple(next((t for t in table if is_short_for(word, t)), word) for word in words)
    word = words[0]
    for known in sorted((*table, *_HEADS), key=len, reverse=True):
        rest = word.removeprefix(known)
        if rest != word and (rest in _HEADS or rest in table) and len(known) > 2:
            return (known, rest)
    return words


def _parts(words: tuple[str, ...], table: tuple[str, ...]) -> Iterator[Named]:
    """`film_length` is a length, `runtime_seconds` a runtime, `job_name` a job."""
    if words[: len(table)] == table and len(words) > len(table):
        yield words[len(table) :], 1
    if words[-1] not in _NO_NAMES and not _participle(words[-1]):
        yield words[-1:], 2
    if words[-1] in _GENERIC_ENDS:
        yield words[:-1], 2
    if "of" in words[1:-1]:
        cut = words.index("of")
        yield words[:cut], 1
        yield (*words[cut + 1 :], *words[:cut]), 1
    if words[-1] in UNITS or (words[-1] == "name" and words[0] not in _NAME_PARTS):
        yield words[:-1], 1
    if len(words) > 2 and words[-1].isdigit() and words[-2] in UNITS:
        yield words[:-2], 1


def _participle(word: str) -> bool:
    """`units_sold` are units, not a sold."""
    return word in link_verbs() and link_verbs()[word] != word


def _states(term: Term, words: tuple[str, ...]) -> Iterator[Named]:
    """`is_active` is active, `success` successful."""
    if not term.state:
        return
    bare = tuple(word for word in words if word not in ("is", "has", "flag", "bool", "yn"))
    for plain in {bare, tuple(word.removesuffix("bool") for word in bare)}:
        if plain and plain[-1]:
            yield plain, 1
            for form in forms_of(plain[-1]):
                yield (*plain[:-1], form), 2


_KEY_ENDS = frozenset(["id", "code", "no", "number", "key", "fk", "ref", "uuid", "num"])
_ABOVE = frozenset(["manager", "supervisor", "boss"])
"""Words for who is above whom: a key called by one of them is meant by all."""


def roles_of(key: ForeignKey) -> Iterator[tuple[str, ...]]:
    """Yield what the row a key points to is called, beyond the name of its own table."""
    if key.columns == key.to_columns:
        return
    words = singulars(words_of(key.columns[0]))
    while len(words) > 1 and words[-1] in _KEY_ENDS:
        words = words[:-1]
    target = singulars(words_of(key.to_table))
    if words in (target, target[-1:], target[:1]) or words[-1] in ("to", "by", "id", "of"):
        if words[:1] == ("report",):
            yield from ((word,) for word in sorted(_ABOVE))
        yield from _said_as_verbs(words)
        return
    if words[-len(target) :] == target or words[-1] == target[-1]:
        yield words
        yield words[: -len(target)] if words[-len(target) :] == target else words[:-1]
        return
    yield words
    yield (*words, *target)
    yield from ((word,) for word in sorted(_ABOVE - set(words)) if _ABOVE & set(words))


def is_said_as_verb(phrase: Sequence[str]) -> bool:
    """Whether the words for a key are a verb's (`created by`): behind them comes who did it."""
    return len(phrase) == 2 and phrase[1] in ("to", "by") and phrase[0] in link_verbs()


def _said_as_verbs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """`created_by`, `reports_to`: a name behind these words is whom the key leads to."""
    if not is_said_as_verb(words):
        return
    yield words
    verb = link_verbs()[words[0]]
    if words == (verb, "to"):
        yield from ((form, "to") for form, base in link_verbs().items() if base == verb != form)


def singulars(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words in the singular."""
    return tuple(singular(word) for word in words)


_AFFIXES = wordset(
    """
    tbl t dim fact fct vw v view table stg mart raw data
    """
)


def without_affixes(words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """`dim_customer`, `sales_fact` are customers and sales to a person."""
    if len(words) > 1:
        if words[0] in _AFFIXES:
            yield words[1:]
        if words[-1] in _AFFIXES:
            yield words[:-1]


def prefixes_of(tables: Iterable[Table]) -> frozenset[str]:
    """Return the short first words most names of tables begin with, and which say nothing."""
    firsts = [words_of(table.name)[0] for table in tables if len(words_of(table.name)) > 1]
    common = {w for w in firsts if len(w) <= 4 and firsts.count(w) > max(2, len(firsts) // 2)}
    return frozenset(common)


def occurrences_of(tables: Iterable[Table]) -> frozenset[str]:
    """Return what may happen to rows, by the columns that say when: `churn` of `churn_date`."""
    named = (words_of(c.name) for table in tables for c in table.columns if is_time(c.type))
    return frozenset(word for words in named if len(words) == 2 for word in words) - _WHEN


_WHEN = frozenset(["date", "time", "on", "at", "day", "id", "timestamp", "by"])


def bare_name(words: tuple[str, ...], prefixes: frozenset[str]) -> tuple[str, ...]:
    """Return a table's name without what says nothing: `tc_region` is a region."""
    own = words[1:] if len(words) > 1 and words[0] in prefixes else words
    return next(iter(without_affixes(own)), own)


def tells_apart(term: Term, table: Table) -> bool:
    """Whether a text column names rows rather than groups of them."""
    distinct, rows = term.column.distinct, table.row_estimate
    return term.text and (not distinct or not rows or distinct >= rows / 2)
