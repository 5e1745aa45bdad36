"""Values of a question given to the parameters of an operation; what does not fit is not given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from clearway.tools.docs.terms import stem
from clearway.tools.rest.json_schema import objection, target
from clearway.tools.rest.links import identifies, kind_of
from clearway.tools.rest.literals import Said
from clearway.tools.rest.properties import type_of
from clearway.tools.rest.types import Operation, Parameter
from clearway.tools.rest.words import split

_TEXT = re.compile(
    r"^(?:q|query|search|search_?(?:text|term|query)|text|term|keywords?|name|title|filter)$", re.I
)
_LIMIT = re.compile(r"^(?:limit|per_?page|page_?size|count|top|max_?results|take|size)$", re.I)
_COUNTING = frozenset(stem(word) for word in ("top", "first", "last", "limit", "latest"))
_NUMBERING = frozenset(stem(word) for word in ("id", "number", "no", "identifier", "nr"))
_NUMBERED = re.compile(r"[_-]?(?:number|no|num|index|position)$", re.IGNORECASE)


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


def bind(operation: Operation, said: Sequence[Said], asked: Mapping[str, Iterable[str]]) -> Bound:
    """Return what of the question goes to which parameter; each literal goes to one."""
    values: dict[str, JsonValue] = {}
    used: set[int] = set()
    words: set[str] = set()
    own = _said_by(operation.path)
    # `runs` is what `/runs` lists, not the choice `running` of its parameter.
    told = {term: near for term, near in asked.items() if term not in own}
    for parameter in _in_turn(operation):
        if choice := _chosen(parameter, told):
            values[parameter.name], word = choice
            words.add(word)
            continue
        for index, literal in _nearest(operation, parameter, said):
            if index not in used and _meant(operation, parameter, literal, said):
                value = _as(parameter, literal)
                if value is not None and not objection(parameter.schema, value):
                    values[parameter.name] = value
                    used.add(index)
                    break
        else:
            default = parameter.schema.get("default")
            if parameter.required and default not in (None, "") and parameter.place != "body":
                values[parameter.name] = default
    missing = tuple(each for each in operation.required if each.name not in values)
    return Bound(values, frozenset(used), frozenset(words), missing)


@lru_cache(maxsize=16_384)
def _said_by(path: str) -> frozenset[str]:
    return frozenset(stem(word) for part in path.split("/") for word in split(part))


def _nearest(
    operation: Operation, parameter: Parameter, said: Sequence[Said]
) -> list[tuple[int, Said]]:
    """Return the literals with their places, those next to the parameter's kind first."""
    kind = kind_of(operation, parameter)
    return sorted(
        enumerate(said),
        key=lambda each: each[1].near.index(kind) if kind in each[1].near else len(each[1].near),
    )


def _in_turn(operation: Operation) -> list[Parameter]:
    """What is needed goes first; of that, what the question has to name most plainly."""
    given = [each for each in operation.parameters if each.place != "body"]
    return sorted(given, key=lambda each: (not each.required, not _numbered(each)))


def _chosen(
    parameter: Parameter, asked: Mapping[str, Iterable[str]]
) -> tuple[JsonValue, str] | None:
    """Return the one declared choice the question names, and by which word."""
    choices = parameter.schema.get("enum") or ()
    found: dict[str, tuple[JsonValue, str]] = {}
    for exact in (True, False):
        for choice in choices:
            parts = _parts(str(choice))
            for term, near in asked.items():
                hit = parts == (term,) if exact else len(parts) == 1 and parts[0] in near
                if hit:
                    found[str(choice)] = (choice, term)
        if found:
            break
    return next(iter(found.values())) if len(found) == 1 else None


@lru_cache(maxsize=16_384)
def _parts(choice: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in split(choice))


def _meant(operation: Operation, parameter: Parameter, literal: Said, said: Sequence[Said]) -> bool:
    """Return whether the question gives this literal to this parameter."""
    if parameter.schema.get("enum"):
        return False
    if literal.kind == "name":
        return _takes_text(operation, parameter)
    if literal.kind == "code" and "@" in literal.text:
        address = target(parameter.schema, parameter.schema).get("format") == "email"
        return address or "mail" in parameter.name.lower()
    if _LIMIT.match(parameter.name) or _numbered(parameter):
        return _counts(parameter, literal)
    return literal.kind != "ordinal" and _identified(operation, parameter, literal, said)


def _counts(parameter: Parameter, literal: Said) -> bool:
    """Whether a number says how many, or which one in an order: `top 5`, `season 3`."""
    if _LIMIT.match(parameter.name):
        return literal.kind == "number" and not _COUNTING.isdisjoint(literal.near[:1])
    words = split(_NUMBERED.sub("", parameter.name))
    return bool(words) and stem(words[-1]) in literal.near[:2] and literal.kind != "code"


def _identified(
    operation: Operation, parameter: Parameter, literal: Said, said: Sequence[Said]
) -> bool:
    """Whether a number or a code is the id a parameter takes: `payment 42`, `inv_7`."""
    if not identifies(operation, parameter) or not _COUNTING.isdisjoint(literal.near[:1]):
        return False
    if kind_of(operation, parameter) in literal.near:
        return True
    ids = [each for each in operation.required if identifies(operation, each)]
    alone = sum(each.kind in ("number", "code") for each in said) == 1
    meant = literal.kind == "code" or not _NUMBERING.isdisjoint(literal.near[:2])
    return parameter.required and len(ids) == 1 and alone and meant


def _numbered(parameter: Parameter) -> bool:
    bare = _NUMBERED.sub("", parameter.name)
    return bool(bare) and bare != parameter.name


def _takes_text(operation: Operation, parameter: Parameter) -> bool:
    """Return whether a parameter takes a name or words to look for."""
    schema = target(parameter.schema, parameter.schema)
    if parameter.place != "query" or type_of(schema) not in ("string", ""):
        return False
    if schema.get("format") or schema.get("pattern"):
        return False
    if _TEXT.match(parameter.name):
        return True
    return parameter.required and len(operation.required) == 1


def _as(parameter: Parameter, literal: Said) -> JsonValue:
    kind = type_of(target(parameter.schema, parameter.schema))
    if kind in ("integer", "number"):
        return int(literal.text) if literal.text.isdigit() and len(literal.text) < 19 else None
    return literal.text if kind in ("string", "") else None
