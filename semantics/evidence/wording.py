"""Hold the function words of a question against a statement: what "average" and "not" call for.

No name of the data matters here, and no reading of the whole sentence: this speaks even where the
Reader did not understand the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearway.semantics.evidence.sqlform import OPPOSITE, SqlSlots, Test
from clearway.semantics.frame import ColumnRef
from clearway.semantics.judgement import is_time
from clearway.semantics.parsing.atoms import Atom, place_at
from clearway.semantics.types import Catalog

_UP, _DOWN = frozenset([">", ">="]), frozenset(["<", "<="])
_SUPERLATIVES = frozenset(["super", "top", "common", "adj"])
_COUNTING = frozenset(["count", "times", "rows", "common", "breakdown", "share"])
_COMPARING = frozenset(["cmp", "post", "between", "above", "below", "period", "times"])
_NEGATING = frozenset(["not", "no", "except", "notnull", "null"])
_MANY = 50
"""A limit from here on is a precaution, not a meaning."""


class Cues:
    """The function words of one question, by kind."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        """Index them."""
        self._said: dict[str, list[str]] = {}
        for number, atom in enumerate(atoms):
            after = atoms[number + 1].kind if number + 1 < len(atoms) else ""
            # `over the past year` compares nothing.
            if not (atom.kind == "cmp" and after == "period"):
                self._said.setdefault(atom.kind, []).append(atom.value)
        self.places = {
            atom.text.lower(): place
            for number, atom in enumerate(atoms)
            if (place := place_at(atoms, number))
        }
        """Which of a ranking were asked for, by the word that says so (`second`)."""
        self.numbers = {f"{atom.count:g}" for atom in atoms if atom.kind == "num"}
        self.measured = any(_measures(atom) for atom in atoms)
        """Whether a number that is stored is named."""

    def has(self, *kinds: str) -> bool:
        """Whether a word of one of these kinds stands in the question."""
        return any(kind in self._said for kind in kinds)

    def values(self, *kinds: str) -> list[str]:
        """Return what the words of these kinds carry."""
        return [value for kind in kinds for value in self._said.get(kind, ())]

    def first(self, *kinds: str) -> set[str]:
        """Return the first word of what each of them carries."""
        return {value.split(" ")[0] for value in self.values(*kinds) if value}


def _measures(atom: Atom) -> bool:
    entry = atom.entry if atom.kind == "noun" else None
    if entry is None:
        return False
    owned = (term for terms in entry.columns.values() for term in terms)
    return bool(entry.measures) or any(term.column.role == "measure" for term in owned)


def unheard(cues: Cues, slots: SqlSlots, catalog: Catalog) -> Iterator[str]:
    """Yield, in words, what a function word of the question calls for and the statement lacks."""
    aggregates = {name for name, _ in slots.measures}
    if cues.has("count") and not aggregates & {"count", "count_distinct", "sum"}:
        yield "a number of rows was asked for, and nothing is counted"
    for name in sorted(cues.first("agg")):
        if name in ("avg", "max", "min") and not _computes(name, slots, aggregates):
            yield f"{_SPOKEN[name]} was asked for, and is not computed"
        elif name == "sum" and not aggregates & {"sum", "count", "count_distinct"}:
            yield "a total was asked for, and nothing is added up"
    yield from _unheard_order(cues, slots)
    if cues.has("distinct") and not (
        slots.distinct or slots.groups or "count_distinct" in aggregates
    ):
        yield "different ones were asked for, and repetitions are kept"
    if cues.has("not", "no", "except") and not _negates(slots):
        yield "something was excluded, and the statement excludes nothing"
    if cues.has("both") and slots.either and not slots.both:
        yield "both were asked for, and either will do"
    if cues.has("or") and not slots.either:
        yield "alternatives were named, and the statement knows none"
    yield from _unheard_tests(cues, slots, catalog)
    yield from _unheard_parts(cues, slots)


def _unheard_parts(cues: Cues, slots: SqlSlots) -> Iterator[str]:
    if cues.values("share") == ["percent"] and slots.divides and not slots.hundredths:
        yield "a percentage was asked for, and a fraction is told"
    if cues.has("each") and slots.measures and not (slots.groups or slots.ranked):
        yield "a number for each was asked for, and nothing is grouped"


_SPOKEN = {"avg": "an average", "max": "a maximum", "min": "a minimum"}


def _computes(name: str, slots: SqlSlots, aggregates: set[str]) -> bool:
    if name in aggregates:
        return True
    if name == "avg":
        return False
    down = name == "max"
    sorted_so = any(order[1] == down for order in slots.order[:1]) and slots.limit is not None
    return sorted_so or any(which == name for _, which in slots.extremes)


def _unheard_order(cues: Cues, slots: SqlSlots) -> Iterator[str]:
    wanted = {value.split(" ")[-1] for value in cues.values("adj") if value}
    wanted |= {value.split(" ")[0] for value in cues.values("super", "common", "top") if value}
    ways = _ways(slots)
    if wanted and not ways:
        yield "the first by something were asked for, and nothing is ranked"
    elif len(wanted) == 1 and not cues.has("dir", "alpha") and not _aged(cues):
        (way,) = wanted
        if way not in ways:
            end = "largest" if way == "max" else "smallest"
            yield f"the {end} were asked for, not the other end"
    for word, place in cues.places.items():
        if not _reaches(place, slots):
            yield f"the {word} was asked for, and another is shown"
    directions = {value.split(" ")[0] for value in cues.values("dir", "alpha") if value}
    if directions and not slots.order:
        yield "an order was asked for, and nothing is sorted"
    elif len(directions) == 1 and not wanted and slots.descending != ("desc" in directions):
        yield "the order asked for is the other way round"
    if cues.has("order") and not slots.order:
        yield "an order was asked for, and nothing is sorted"
    if cues.has("order", "alpha") and not (directions or wanted) and slots.descending:
        yield "nothing asked for descending order"


def _reaches(place: int, slots: SqlSlots) -> bool:
    """Whether so many are passed over, or numbered and compared with the place."""
    numbered = any(str(place) in test.values for test in slots.tests)
    return slots.skip == place - 1 or (slots.ranked and numbered)


def placed(cues: Cues) -> str:
    """Return what the words for a place in a ranking come to, for people."""
    return "".join(
        f"; “{word}” passes over the first {'one' if place == 2 else place - 1}"
        for word, place in cues.places.items()
    )


def _aged(cues: Cues) -> bool:
    """The oldest are first by date and last by age: either end may be meant."""
    return any("age" in value for value in cues.values("adj"))


def _ways(slots: SqlSlots) -> set[str]:
    """Return which ends of a ranking the statement keeps."""
    found = {which for _, which in slots.extremes}
    found |= {"max" if down else "min" for _, down in slots.order}
    found |= {name for name, _ in slots.measures if name in ("max", "min")}
    return found | ({"max", "min"} if slots.ranked else set())


def _negates(slots: SqlSlots) -> bool:
    none = any(test.aggregate and "0" in test.values for test in slots.tests)
    return slots.lacks or none or any(test.negated for test in slots.tests)


def _unheard_tests(cues: Cues, slots: SqlSlots, catalog: Catalog) -> Iterator[str]:
    said = {comparator for test in slots.tests for comparator in meant(test)}
    for comparator in sorted(cues.first("cmp", "post")):
        if comparator in OPPOSITE and comparator not in said and not _shifted(comparator, slots):
            yield f"“{comparator}” was asked for, and is no condition"
    for kind, ways in (("above", _UP), ("below", _DOWN)):
        if cues.has(kind) and not any(t.against == "avg" and meant(t) & ways for t in slots.tests):
            yield f"{kind} the average was asked for, and is no condition"
    if cues.has("like") and not any(t.comparator == "like" for t in slots.tests):
        wordy = any(value.split(" ")[0] in ("start", "end") for value in cues.values("like"))
        if wordy:
            yield "part of a name was asked for, and no condition looks at parts"
    if cues.has("period") and not any(_timed(test, catalog) for test in slots.tests):
        yield "a time was named, and no condition is about time"


def meant(test: Test) -> set[str]:
    """Return the comparators a test comes to, negation resolved."""
    if test.comparator == "between":
        return {">=", "<=", "between"}
    return {OPPOSITE.get(test.comparator, test.comparator) if test.negated else test.comparator}


def _shifted(comparator: str, slots: SqlSlots) -> bool:
    """`at least 5` may be written `> 4`, which the numbers show; so the value decides there."""
    return comparator in ("=", "<>") and bool(slots.tests)


def _timed(test: Test, catalog: Catalog) -> bool:
    column = _column(test.column, catalog)
    return column or any(value[:4].isdigit() and len(value) >= 4 for value in test.values)


def _column(ref: ColumnRef | None, catalog: Catalog) -> bool:
    table = catalog.by_name.get(ref.table) if ref is not None else None
    column = table.by_name.get(ref.name) if table is not None and ref is not None else None
    return column is not None and (is_time(column.type) or "year" in column.name.lower())


def uncalled(cues: Cues, slots: SqlSlots, catalog: Catalog) -> Iterator[str]:
    """Yield, in words, what the statement does that no function word of the question calls for."""
    for name, ref in sorted(slots.measures, key=str):
        if not _called(name, ref, cues, slots, catalog):
            yield f"nobody asked for {_DONE.get(name, name)}"
    ends = cues.has(*_SUPERLATIVES) or "max" in cues.first("agg") or "min" in cues.first("agg")
    yield from _uncalled_cut(cues, slots, ends=ends)
    if _negates(slots) and not cues.has(*_NEGATING) and not _excluding(cues):
        yield "nobody asked to leave rows out"
    if not cues.has(*_COMPARING) and not ends:
        for test in slots.tests:
            if test.comparator in OPPOSITE and not _timed(test, catalog):
                yield f"nobody asked for “{test.comparator}”"
                break
    said = cues.first("cmp", "post")
    turned = {c for t in slots.tests for c in meant(t) if c in OPPOSITE and not _timed(t, catalog)}
    if said & set(OPPOSITE) and turned - said and not cues.has("above", "below", "between"):
        yield f"nobody asked for “{min(turned - said)}”"


def _uncalled_cut(cues: Cues, slots: SqlSlots, *, ends: bool) -> Iterator[str]:
    if slots.limit is not None and slots.limit < _MANY:
        one = slots.limit == 1 and ends
        if not one and f"{slots.limit}" not in cues.numbers:
            yield f"nobody asked for {slots.limit} rows only"
    if slots.skip and not cues.places:
        yield f"nobody asked to pass over the first {slots.skip}"


_DONE = {
    "avg": "an average", "sum": "a total", "max": "a maximum", "min": "a minimum",
    "count": "a number of rows", "count_distinct": "a number of different ones",
}  # fmt: skip


def _excluding(cues: Cues) -> bool:
    return "<>" in cues.first("cmp") or bool({"=", "<>"} & cues.first("times"))


def _called(
    name: str, ref: ColumnRef | None, cues: Cues, slots: SqlSlots, catalog: Catalog
) -> bool:
    if name in ("count", "count_distinct"):
        counted = cues.has(*_COUNTING, "not", "no") or bool(cues.numbers)
        counted = counted or (cues.has("by", "each", "grain", "trend") and not cues.measured)
        return counted or "count" in " ".join(cues.values("super", "top")) or cues.has("top")
    if name in cues.first("agg") or (name == "sum" and cues.has("howmuch", "share")):
        return True
    if name in ("max", "min"):
        return cues.has(*_SUPERLATIVES) and not slots.order
    if name == "avg" and cues.has("above", "below"):
        return True
    table = catalog.by_name.get(ref.table) if ref is not None else None
    column = table.by_name.get(ref.name) if table is not None and ref is not None else None
    return column is not None and column.aggregate == name and not cues.has("count")
