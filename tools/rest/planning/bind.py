"""Values of a question given to the parameters of an operation; what does not fit is not given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.json_schema import fit_for
from clearway.tools.rest.declared.types import Parameter
from clearway.tools.rest.planning.bodies import fill
from clearway.tools.rest.planning.dates import times_given
from clearway.tools.rest.planning.forms import Form, Slot
from clearway.tools.rest.planning.given import Given
from clearway.tools.rest.planning.literals import Said

_COUNTING = frozenset(stem(word) for word in ("top", "first", "last", "limit", "latest"))
_PLACES = frozenset(
    stem(word) for word in ("city", "town", "country", "region", "state", "place", "location")
)
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
    kept_out: frozenset[str] = frozenset()
    """Stems of choices that are taken back, where the call says so."""


def bind(form: Form, given: Given) -> Bound:
    """Return what of the question goes to which parameter; each literal goes to one."""
    choosing = not form.choices.isdisjoint(given.heard)
    paging = form.pages and given.everything
    if not (choosing or form.body or paging) and form.takes.isdisjoint(given.kinds):
        return Bound(form.defaults, _NONE, frozenset(), form.missing)
    values: dict[str, JsonValue] = {}
    used: set[int] = set()
    words: set[str] = set()
    kept_out: frozenset[str] = frozenset()
    for slot in form.slots:
        name = slot.parameter.name
        if choosing and slot.choices and (choice := _chosen(slot, form, given)):
            values[name] = choice.value
            words |= choice.words
            kept_out |= choice.without
            continue
        found = _literal(slot, form, given, used) if given.said else None
        if found is not None:
            values[name], index = found
            used.add(index)
            words |= _spent(slot, given.said[index]) & given.terms
        elif paging and slot.most:
            values[name] = slot.most
        elif slot.default is not None:
            values[name] = slot.default
    if given.when and (found_times := _times(form, given)):
        values |= found_times
        used.add(given.when_at)
        words |= given.when_terms
    lacking: tuple[Parameter, ...] = ()
    if form.body is not None:
        filled = fill(form.body, given, used, form.spoken)
        lacking = filled.missing
        used |= filled.used
        words |= filled.words
        if filled.content and not lacking:
            values[form.body.parameter.name] = dict(filled.content)
    needed = (each for each in form.operation.required if each.place != "body" or not form.body)
    missing = tuple(each for each in needed if each.name not in values)
    return Bound(values, frozenset(used), frozenset(words), missing + lacking, kept_out)


def _times(form: Form, given: Given) -> Mapping[str, str | int]:
    """Return the values of parameters that say just the stretch of time; none where one misfits."""
    if given.when is None or not form.times:
        return {}
    found = times_given(form.times, given.when, given.heard)
    slots = {each.parameter.name: each for each in form.slots}
    fits = all(fit_for(slots[name].schema, value) for name, value in found.items())
    return found if fits else {}


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
        if value is not None and fit_for(slot.schema, value):
            return value, index
    return None


def _spent(slot: Slot, literal: Said) -> frozenset[str]:
    """Return the words that say where a value goes: `top` of `top 5`, `floor` of `floor 3`."""
    if slot.identifies:
        return frozenset()  # `payment` of `payment 42` says what is asked for
    beside = literal.near[:1] if slot.limits else literal.before
    return (_COUNTING | {slot.said_as}) & set(beside)


def _distance(slot: Slot, literal: Said) -> int:
    return literal.near.index(slot.kind) if slot.kind in literal.near else len(literal.near)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a parameter is given of its declared choices."""

    value: JsonValue
    words: frozenset[str]
    """Stems of the question that say so."""
    without: frozenset[str] = frozenset()
    """Stems of the choices that are taken back, and that the value is not."""


def _chosen(slot: Slot, form: Form, given: Given) -> _Choice | None:
    """Return the one declared choice the question names, or all it leaves of them."""
    plain = [(choice, parts[0]) for choice, parts in slot.choices if len(parts) == 1]
    gone = frozenset(word for _, word in plain if word in given.denied)
    said = given.terms - form.spoken - given.denied
    found = {str(choice): (choice, word) for choice, word in plain if word in said}
    if not found:
        found = {
            str(choice): (choice, term)
            for choice, word in plain
            for term in given.related.get(word, ())
            if term in said and word not in gone
        }
    if found and (slot.several or len(found) == 1):
        values = [choice for choice, _ in found.values()]
        words = frozenset(word for _, word in found.values())
        return _Choice(values if slot.several else values[0], words, gone)
    return _rest(slot, gone, given) if gone and not found else None


def _rest(slot: Slot, gone: frozenset[str], given: Given) -> _Choice | None:
    """Return what is left of the choices without some; None where one call cannot ask for it."""
    values = [choice for choice, parts in slot.choices if gone.isdisjoint(parts) or len(parts) > 1]
    if slot.open or not values or not (slot.several or len(values) == 1):
        return None
    said = frozenset(t for each in given.denials if each.stems & gone for t in each.terms)
    return _Choice(values if slot.several else values[0], said & given.terms, gone)


def _meant(slot: Slot, form: Form, literal: Said, given: Given) -> bool:
    """Return whether the question gives this literal to this parameter."""
    if slot.choices or _told(slot, literal):
        return not slot.choices
    if literal.kind == "name":
        return slot.text
    if literal.kind == "code" and "@" in literal.text:
        return slot.mail
    if slot.limits:
        return literal.kind == "number" and not _COUNTING.isdisjoint(literal.near[:1])
    if slot.numbers is not None:
        return literal.kind != "code" and slot.numbers in literal.near[:2]
    return literal.kind != "ordinal" and _identified(slot, form, literal, given)


def _told(slot: Slot, literal: Said) -> bool:
    """Whether the parameter's own word stands before a value: `floor 3`, `house B12`.

    What a name is `in` is a place.
    """
    if slot.said_as in _PLACES and literal.kind == "name":
        return literal.before == ("in",)
    if literal.before != (slot.said_as,):
        return False
    plain = literal.kind in ("number", "code") or literal.quoted
    return plain or any(character.isdigit() for character in literal.text)


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
