"""Hold the names and values of a question against a statement, both ways.

The phrases are those the lexicon knows; how they hang together does not matter here, so this speaks
even where the Reader did not understand the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from clearway.semantics.evidence.linkage import root
from clearway.semantics.evidence.sqlform import SqlSlots
from clearway.semantics.frame import ColumnRef, Frame, Period
from clearway.semantics.judgement import words_of
from clearway.semantics.parsing.atoms import Atom
from clearway.semantics.parsing.entries import Entry
from clearway.semantics.parsing.lexicon import Lexicon
from clearway.semantics.resolving.joins import JoinGraph
from clearway.semantics.words.numerals import ORDINALS
from clearway.semantics.words.thesaurus import related
from clearway.semantics.words.tokens import words_of_text

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = frozenset(["id", "name", "title", "key", "code"])
_SMALL = frozenset(["0", "1"])
"""Numbers a statement may need without anybody saying them."""


_SCALES = (1, 60, 1000, 3600, 60_000, 3_600_000, 24, 100, 0.01, 1e6)
"""What a number may be said in, and stored in: minutes in seconds, percent in shares."""


class Mentions:
    """What one question names."""

    def __init__(
        self, frame: Frame, atoms: Sequence[Atom], lexicon: Lexicon, joins: JoinGraph
    ) -> None:
        """Index the question's phrases against the lexicon."""
        # "second" of a ranking is no unit of time, whatever columns are counted in.
        atoms = [atom for atom in atoms if not (frame.skip and atom.text.casefold() in ORDINALS)]
        self.atoms = atoms
        self.joins = joins
        self.lexicon = lexicon
        self.text = frame.text.casefold()
        self.words = frozenset(words_of_text(frame.text))
        self.tables: set[str] = set()
        self.columns: set[ColumnRef] = set()
        self.stored = {
            str(value).casefold()
            for each in (*frame.filters, *(f for e in frame.existence for f in e.filters))
            for value in each.values
        }
        for atom in atoms:
            if atom.entry is not None:
                self._add(atom.entry)
        self.columns.update(_slotted(frame))
        told = frame.period.label if frame.follow_up and frame.period is not None else ""
        self.of_time = set(told.split())
        """Words of a follow-up that went into its time (`and the year before?`)."""
        self.dates = _dates(frame)
        """The days the question's times begin and end on; empty where they were not read."""
        self.numbers = {
            f"{atom.count * scale:.12g}" for atom in _numbers(atoms) for scale in _SCALES
        }

    def _add(self, entry: Entry) -> None:
        self.tables.update(entry.tables)
        for owned in entry.columns.values():
            self.columns.update(term.ref for term in owned)
        for term, spelled in entry.values.items():
            self.columns.add(term.ref)
            self.stored.update(value.casefold() for value in spelled)


def _numbers(atoms: Sequence[Atom]) -> Iterator[Atom]:
    return (atom for atom in atoms if atom.kind == "num")


def _slotted(frame: Frame) -> Iterator[ColumnRef]:
    """Yield the columns the Reader found meant."""
    for shown in (*frame.attributes, *frame.dimensions):
        yield ColumnRef(shown.column.table, shown.column.name)
    for period in _periods(frame):
        if period.column is not None:
            yield ColumnRef(period.column.table, period.column.name)
    if frame.follow_up:  # named before, in the question this one goes on from
        carried = (*(m.column for m in frame.measures), *(f.column for f in frame.filters))
        yield from (ColumnRef(c.table, c.name) for c in carried if c is not None)


def _periods(frame: Frame) -> Iterator[Period]:
    base = frame.comparison.base if frame.comparison is not None else None
    for period in (frame.period, base, *(e.period for e in frame.existence)):
        if period is not None:
            yield period


def _dates(frame: Frame) -> set[str]:
    moments = [m for period in _periods(frame) for m in (period.start, period.end) if m is not None]
    near = (m + timedelta(days=by) for m in moments for by in (-1, 0, 1))
    return {moment.date().isoformat() for moment in near}


def unused(mentions: Mentions, slots: SqlSlots) -> Iterator[str]:
    """Yield every name in the question that the statement has nothing of."""
    used = _columns_used(slots)
    reached = slots.tables | {root(c, mentions.joins).table for c in used}
    for atom in mentions.atoms:
        entry = atom.entry
        if entry is None or atom.kind not in ("noun", "val") or entry.generic:
            continue
        words = set(entry.phrase.split(" "))
        if atom.kind == "noun" and words <= mentions.of_time:
            continue
        if any(words <= set(words_of_text(value)) for value in _values(slots)):
            continue
        if atom.kind == "val":
            known = {value.casefold() for spelled in entry.values.values() for value in spelled}
            if not any(_same(value, each) for each in known for value in _values(slots)):
                yield f"nothing in the statement is about “{entry.phrase}”"
            continue
        columns = {term.ref for owned in entry.columns.values() for term in owned}
        spoken = {w for c in used for w in words_of_text(" ".join(words_of(c.name)))}
        if entry.columns and (words - _PLAIN) & spoken:
            continue
        measured = any(m.table in slots.tables for m in entry.measures)
        tables = bool(reached & set(entry.tables))
        if not (measured or tables or columns & used or slots.everything):
            yield f"nothing in the statement is about “{entry.phrase}”"


def unmentioned(mentions: Mentions, slots: SqlSlots) -> Iterator[str]:
    """Yield every column that is shown, tested, measured or sorted by and that nobody named."""
    implied = {
        t.column for t in slots.tests if t.values and all(_said(v, mentions) for v in t.values)
    }
    for column in sorted(_columns_told(slots), key=str):
        if column in implied or _named(column, mentions):
            continue
        yield f"nobody asked about {column.name} of {column.table.partition('.')[2]}"
    if slots.tables and not any(table in mentions.tables for table in slots.tables):
        owners = {column.table for column in mentions.columns}
        if mentions.tables and not owners & slots.tables:
            yield "nobody asked about the tables that are read"


def unsaid(mentions: Mentions, slots: SqlSlots) -> Iterator[str]:
    """Yield every value the statement compares with that the question does not hold."""
    for test in slots.tests:
        for value in sorted(test.values):
            if not _said(value, mentions):
                yield f"nobody said {value}"


def uncompared(mentions: Mentions, slots: SqlSlots) -> Iterator[str]:
    """Yield every number and quoted name of the question that the statement does not hold."""
    held = {_bare(value) for value in _values(slots)}
    limit = set() if slots.limit is None else {str(slots.limit)}
    for atom in mentions.atoms:
        if atom.kind == "num":
            number = f"{atom.count:.12g}"
            near = {f"{atom.count + 1:.12g}", f"{atom.count - 1:.12g}"} if _whole(number) else set()
            scaled = {f"{atom.count * scale:.12g}" for scale in _SCALES}
            if not (scaled | near) & (held | limit) and number not in _SMALL:
                yield f"{number} was said, and is nowhere in the statement"
        elif atom.kind in ("quote", "proper"):
            words = _bare(atom.value.casefold())
            parts = words.split()
            if not any(words in each or each in words for each in held if each) and not all(
                any(part in each for each in held) for part in parts
            ):
                yield f"“{atom.value}” was said, and is nowhere in the statement"


def _named(column: ColumnRef, mentions: Mentions) -> bool:
    if column in mentions.columns or _implied(column, mentions):
        return True
    owner = {column.table, root(column, mentions.joins).table}
    labels = mentions.lexicon.labels.get(column.table, ())
    words = set(words_of_text(" ".join(words_of(column.name)))) - _PLAIN
    if words and (words <= mentions.words or any(set(related(w)) & mentions.words for w in words)):
        return True
    if any(term.ref.name == column.name for term in labels) or not words:
        return bool(owner & mentions.tables)
    key = root(column, mentions.joins)
    return key != column and key.table in mentions.tables


def _implied(column: ColumnRef, mentions: Mentions) -> bool:
    """Whether `oldest`, `how much` or a time stands for the column."""
    term = mentions.lexicon.terms.get(column.table, {}).get(column.name)
    if term is None or not (term.time or term.number):
        return False
    said = {atom.kind for atom in mentions.atoms}
    return bool(said & ({"adj", "period", "dir"} if term.time else {"adj", "howmuch", "howlong"}))


def _columns_told(slots: SqlSlots) -> set[ColumnRef]:
    told = set() if slots.everything else {output.column for output in slots.outputs}
    told |= {test.column for test in slots.tests}
    told |= {column for _, column in slots.measures} | {output.column for output, _ in slots.order}
    return {column for column in told if column is not None}


def _columns_used(slots: SqlSlots) -> set[ColumnRef]:
    linked = {column for link in slots.links for column in link}
    return _columns_told(slots) | slots.shown | slots.groups | linked


def _values(slots: SqlSlots) -> Iterator[str]:
    for test in slots.tests:
        yield from test.values


def _said(value: str, mentions: Mentions) -> bool:
    text = _bare(value)
    if not text or text in _SMALL or text in mentions.stored or text in ("true", "false"):
        return True
    if _MOMENT.match(value):
        return _timely(value, mentions)
    if text.replace(".", "", 1).isdigit():
        near = {f"{float(text) + 1:.12g}", f"{float(text) - 1:.12g}"} if _whole(text) else set()
        ordinal = any(str(ORDINALS.get(word)) == text for word in mentions.words)
        known = {f"{float(text):.12g}"} | near
        return bool(known & mentions.numbers) or ordinal or _said_so(text, mentions.text)
    words = set(words_of_text(text))
    return _said_so(text, mentions.text) or words <= mentions.words


def _timely(value: str, mentions: Mentions) -> bool:
    """A date is said where it bounds a time of the question, or its year stands there."""
    if mentions.dates:
        return value[:10] in mentions.dates or value[:10] in mentions.text
    return value[:4] in mentions.text or any(a.kind == "period" for a in mentions.atoms)


def _said_so(value: str, text: str) -> bool:
    at = text.find(value)
    while at >= 0:
        after = text[at + len(value) : at + len(value) + 1]
        if not (at and text[at - 1].isalnum()) and not after.isalnum():
            return True
        at = text.find(value, at + 1)
    return False


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(value: str) -> str:
    return value.replace("\\", "").strip("%").strip().removesuffix(".0")


def _whole(number: str) -> bool:
    return number.lstrip("-").isdigit()
