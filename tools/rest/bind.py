"""Values of a question given to the parameters of an operation; what does not fit is not given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from clearway.tools.docs.terms import stem
from clearway.tools.rest.forms import Form, Slot
from clearway.tools.rest.json_schema import compiled
from clearway.tools.rest.literals import Said
from clearway.tools.rest.types import Parameter

_COUNTING = frozenset(stem(word) for word in ("top", "first", "last", "limit", "latest"))
_NUMBERING = frozenset(stem(word) for word in ("id", "number", "no", "identifier", "nr"))


_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation with what the question gives it."""

    values: Mapping[str, JsonValue]
    used: frozenset[int]
    """Literals that were given, by their place."""
    words: frozenset[str]
    """Stems of the question that became values."""
    missing: tuple[Parameter, ...]
    """Required parameters the question says nothing of."""


class Given:
    """What one question gives: its literals, and the words it says."""

    def __init__(self, said: Sequence[Said], wanted: Mapping[str, Iterable[str]]) -> None:
        """`wanted` has the stems that are no part of a literal, with their relatives."""
        self.said = tuple(said)
        self.terms = frozenset(wanted)
        self.related: dict[str, tuple[str, ...]] = {}
        for term, near in wanted.items():
            for other in near:
                self.related[other] = (*self.related.get(other, ()), term)
        self.heard = self.terms | self.related.keys()
        self.kinds = frozenset(each.kind for each in said)
        self.alone = sum(each.kind in ("number", "code") for each in said) == 1


def bind(form: Form, given: Given) -> Bound:
    """Return what of the question goes to which parameter; each literal goes to one."""
    choosing = not form.choices.isdisjoint(given.heard)
    if not choosing and form.takes.isdisjoint(given.kinds):
        return Bound(form.defaults, _NONE, frozenset(), form.missing)
    values: dict[str, JsonValue] = {}
    used: set[int] = set()
    words: set[str] = set()
    for slot in form.slots:
        name = slot.parameter.name
        if choosing and slot.choices and (choice := _chosen(slot, form, given)):
            values[name], word = choice
            words.add(word)
            continue
        found = _literal(slot, form, given, used)
        if found is not None:
            values[name], index = found
            used.add(index)
        elif slot.default is not None:
            values[name] = slot.default
    missing = tuple(each for each in form.operation.required if each.name not in values)
    return Bound(values, frozenset(used), frozenset(words), missing)


def _literal(slot: Slot, form: Form, given: Given, used: set[int]) -> tuple[JsonValue, int] | None:
    """Return the literal that goes to a parameter, the one next to its kind first."""
    meant = [
        (index, literal)
        for index, literal in enumerate(given.said)
        if index not in used and _meant(slot, form, literal, given)
    ]
    if len(meant) > 1:
        meant.sort(key=lambda each: _distance(slot, each[1]))
    for index, literal in meant:
        value = _as(slot, literal)
        if value is not None and _fits(slot.schema, value):
            return value, index
    return None


@lru_cache(maxsize=16_384)
def _fits(schema: str, value: str | int) -> bool:
    return compiled(schema).is_valid(value)


def _distance(slot: Slot, literal: Said) -> int:
    return literal.near.index(slot.kind) if slot.kind in literal.near else len(literal.near)


def _chosen(slot: Slot, form: Form, given: Given) -> tuple[JsonValue, str] | None:
    """Return the one declared choice the question names, and by which word."""
    said = given.terms - form.spoken
    found: dict[str, tuple[JsonValue, str]] = {}
    for choice, parts in slot.choices:
        if len(parts) == 1 and parts[0] in said:
            found[str(choice)] = (choice, parts[0])
    if not found:
        for choice, parts in slot.choices:
            terms = given.related.get(parts[0], ()) if len(parts) == 1 else ()
            for term in terms:
                if term in said:
                    found[str(choice)] = (choice, term)
    return next(iter(found.values())) if len(found) == 1 else None


def _meant(slot: Slot, form: Form, literal: Said, given: Given) -> bool:
    """Return whether the question gives this literal to this parameter."""
    if slot.choices:
        return False
    if literal.kind == "name":
        return slot.text
    if literal.kind == "code" and "@" in literal.text:
        return slot.mail
    if slot.limits:
        return literal.kind == "number" and not _COUNTING.isdisjoint(literal.near[:1])
    if slot.numbers is not None:
        return literal.kind != "code" and slot.numbers in literal.near[:2]
    return literal.kind != "ordinal" and _identified(slot, form, literal, given)


def _identified(slot: Slot, form: Form, literal: Said, given: Given) -> bool:
    """Whether a number or a code is the id a parameter takes: `payment 42`, `inv_7`."""
    if not slot.identifies or not _COUNTING.isdisjoint(literal.near[:1]):
        return False
    if slot.kind in literal.near:
        return True
    meant = literal.kind == "code" or not _NUMBERING.isdisjoint(literal.near[:2])
    return slot.parameter.required and form.ids == 1 and given.alone and meant


def _as(slot: Slot, literal: Said) -> str | int | None:
    if slot.type in ("integer", "number"):
        return int(literal.text) if literal.text.isdigit() and len(literal.text) < 19 else None
    return literal.text if slot.type in ("string", "") else None
