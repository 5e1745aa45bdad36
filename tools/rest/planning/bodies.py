"""JSON bodies filled from what a question says outright: by name, by kind, by declared choice.

Nothing is made up: a value goes where its own words, its form, or being the only one that fits
puts it; what a body cannot do without and nobody said is asked for by its name.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.json_schema import COMPONENT, fit_for, objection, target
from clearway.tools.rest.declared.links import ID
from clearway.tools.rest.declared.properties import type_of
from clearway.tools.rest.declared.types import Operation, Parameter, Schema
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.planning.given import Given
from clearway.tools.rest.planning.literals import Said
from clearway.tools.rest.planning.phrases import CALLED

_CALLED = frozenset(stem(word) for word in CALLED)
_NAMES = frozenset(stem(word) for word in ("name", "title", "label"))
NAMED = 5
"""Properties that are named where any one would do."""
_PLAIN = frozenset(["string", "integer", "number", "boolean"])


@dataclass(frozen=True, slots=True)
class Property:
    """One value of a body."""

    name: str
    required: bool
    type: str
    format: str
    said_as: str
    """The stem a question names it by: of `customer_id`, the customer; of `due_date`, the date."""
    words: frozenset[str]
    """Stems of all its words."""
    identifies: bool
    choices: tuple[JsonValue, ...]
    default: JsonValue
    schema: str
    """Its schema as text, all it refers to inside it."""


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON object an operation takes."""

    parameter: Parameter
    properties: tuple[Property, ...]


def body_of(operation: Operation) -> Body | None:
    """Return the body of an operation where it is one object with plain values."""
    parameter = next((each for each in operation.parameters if each.place == "body"), None)
    if parameter is None:
        return None
    root = parameter.schema
    schema = target(root, root)
    parts = [schema, *(target(each, root) for each in schema.get("allOf") or ())]
    needed = {str(name) for part in parts for name in part.get("required") or ()}
    named: dict[str, Schema] = {}
    for part in parts:
        named.update(part.get("properties") or {})
    found = [_property(name, each, root, needed) for name, each in named.items()]
    found = [each for each in found if each.required or each.type in _PLAIN or each.choices]
    found.sort(key=lambda each: not each.required)
    return Body(parameter, tuple(found)) if found else None


def _property(name: str, declared: Schema, root: Schema, needed: set[str]) -> Property:
    schema = target(declared, root)
    bare = ID.sub("", name)
    identifies = bool(bare) and bare != name
    words = split(bare if identifies else name)
    own = {**schema, "components": root["components"]} if "components" in root else schema
    return Property(
        name=name,
        required=name in needed and not schema.get("readOnly"),
        type=type_of(schema),
        format=str(schema.get("format") or ""),
        said_as=stem(words[-1]) if words else "",
        words=frozenset(stem(word) for word in words),
        identifies=identifies,
        choices=tuple(schema.get("enum") or ()),
        default=schema.get("default"),
        schema=json.dumps(own if COMPONENT in json.dumps(schema) else schema, sort_keys=True),
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A body as far as a question fills it."""

    content: Mapping[str, JsonValue]
    used: frozenset[int]
    words: frozenset[str]
    missing: tuple[Parameter, ...]
    """What it cannot do without and nobody said, by name."""


def fill(body: Body, given: Given, taken: Collection[int], spoken: frozenset[str]) -> Filled:
    """Return the body a question gives, from literals not `taken` and words not `spoken` otherwise.

    A body that may be left out is, where the question says nothing of it.
    """
    filling = _Filling(body, given, taken, spoken)
    filling.choices()
    filling.outright()
    filling.what_is_left()
    filling.day()
    return filling.done()


class _Filling:
    def __init__(
        self, body: Body, given: Given, taken: Collection[int], spoken: frozenset[str]
    ) -> None:
        self._body = body
        self._given = given
        self._words = given.terms - spoken
        self._free = [
            at
            for at, each in enumerate(given.said)
            if at not in taken and each.kind not in ("ordinal", "period")
        ]
        self._content: dict[str, JsonValue] = {}
        self._used: set[int] = set()
        self._said: set[str] = set()

    @property
    def _open(self) -> list[Property]:
        return [each for each in self._body.properties if each.name not in self._content]

    def choices(self) -> None:
        """Fill declared choices that are said in so many words."""
        for each in self._open:
            named = [
                choice
                for choice in each.choices
                if len(parts := _parts(str(choice))) == 1 and parts[0] in self._words
            ]
            if len(named) == 1:
                self._content[each.name] = named[0]
                self._said |= set(_parts(str(named[0])))

    def outright(self) -> None:
        """Fill what is named, or has a form only one property takes."""
        for fits in (_named, _by_form):
            for each in self._open:
                for at in self._free:
                    if fits(each, self._given.said[at]) and self._put(each, at):
                        break

    def what_is_left(self) -> None:
        """Fill the one number, and the one quotation, that only one property is left for."""
        numbers = [each for each in self._open if _takes_number(each)]
        plain = [at for at in self._free if self._given.said[at].kind == "number"]
        if len(numbers) == len(plain) == 1:
            self._put(numbers[0], plain[0])
        texts = [each for each in self._open if each.required and _takes_text(each)]
        quoted = [at for at in self._free if self._given.said[at].quoted]
        if len(texts) == len(quoted) == 1:
            self._put(texts[0], quoted[0])

    def day(self) -> None:
        """Fill the one date there is with the one day the question names."""
        dates = [each for each in self._open if each.format == "date"]
        first, after = (self._given.when and self._given.when.days) or (None, None)
        if len(dates) == 1 and first and after and after - first == timedelta(days=1):
            self._content[dates[0].name] = first.isoformat()
            self._said |= self._given.when_terms
            self._used.add(self._given.when_at)

    def done(self) -> Filled:
        """Return the body, if it is whole, and what it lacks."""
        for each in self._open:
            if each.required and each.default is not None:
                self._content[each.name] = each.default
        names = {each.name for each in self._body.properties if each.name in self._content}
        said = {w for each in self._body.properties if each.name in names for w in each.words}
        return Filled(
            content=self._content,
            used=frozenset(self._used),
            words=frozenset(self._said | (said & self._given.terms)),
            missing=self._missing(),
        )

    def _missing(self) -> tuple[Parameter, ...]:
        whole = self._body.parameter
        if not (self._content or whole.required):
            return ()
        lacking = [each.name for each in self._open if each.required]
        if not lacking and not self._content:
            named = ", ".join(each.name for each in self._body.properties[:NAMED])
            lacking = [f"one of {named}"]
        if lacking:
            return tuple(Parameter(name=each, place="body", required=True) for each in lacking)
        return (whole,) if objection(whole.schema, self._content) else ()

    def _put(self, wanted: Property, at: int) -> bool:
        value = _as(wanted, self._given.said[at])
        if value is None or not fit_for(wanted.schema, value):
            return False
        self._content[wanted.name] = value
        self._used.add(at)
        self._free.remove(at)
        return True


def _as(wanted: Property, literal: Said) -> str | float | None:
    """Return a literal as the type a property has; None where it is no such thing."""
    spelled = next(
        (c for c in wanted.choices if str(c).casefold() == literal.text.casefold()), None
    )
    if isinstance(spelled, str | int | float):
        return spelled
    if wanted.type == "integer":
        return int(literal.text) if literal.text.isdigit() and len(literal.text) < 19 else None
    if wanted.type == "number":
        return _number(literal.text) if literal.kind == "number" else None
    return literal.text if wanted.type == "string" else None


def _parts(choice: str) -> list[str]:
    return [stem(word) for word in split(choice)]


def _number(text: str) -> float:
    return int(text) if text.isdigit() else float(text)


def _named(wanted: Property, literal: Said) -> bool:
    """`amount 20`, `note "late"`, `customer 7`, `called Ann`: its own word stands before it."""
    if literal.kind in ("ordinal", "period") or not literal.before:
        return False
    if literal.before[0] == wanted.said_as:
        return True
    return wanted.said_as in _NAMES and literal.before[0] in _CALLED


def _by_form(wanted: Property, literal: Said) -> bool:
    if literal.kind == "code" and "@" in literal.text:
        return wanted.format == "email" or wanted.said_as in ("mail", "email")
    return literal.kind in ("name", "code") and any(
        literal.text.casefold() == str(choice).casefold() for choice in wanted.choices
    )


def _takes_number(wanted: Property) -> bool:
    return wanted.type in ("integer", "number") and not (wanted.identifies or wanted.choices)


def _takes_text(wanted: Property) -> bool:
    return wanted.type == "string" and not (wanted.identifies or wanted.choices or wanted.format)
