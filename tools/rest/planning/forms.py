"""What an operation takes, read off its schemas once, so that questions are bound to it quickly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.json_schema import choices_of, target
from clearway.tools.rest.declared.links import ID, identifies, kind_of
from clearway.tools.rest.declared.properties import type_of
from clearway.tools.rest.declared.types import LIMIT, Operation, Parameter, Schema
from clearway.tools.rest.declared.words import split, stems
from clearway.tools.rest.planning.bodies import Body, body_of
from clearway.tools.rest.planning.dates import TimeSlot, time_slot
from clearway.tools.rest.planning.literals import Kind

_TEXT = re.compile(
    r"^(?:q|query|search|search_?(?:text|term|query)|text|term|keywords?|name|title|filter)$", re.I
)
_NUMBERED = re.compile(r"[_-]?(?:number|no|num|index|position)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter, and what of a question may go there."""

    parameter: Parameter
    type: str
    """The one type its schema speaks of, or nothing."""
    kind: str
    """What it is the id of, as a stem; meant where `identifies`."""
    identifies: bool
    said_as: str
    """The stem a question names it by: of `page_number`, the page; of `depot_id`, the depot."""
    limits: bool
    """It says how many are wanted."""
    most: int | None
    """The most that may be asked for, where less is brought unless one asks."""
    numbers: str | None
    """Of what it is the number, as a stem: `season` for `season_number`; None where of nothing."""
    text: bool
    """It takes a name, or words to look for."""
    mail: bool
    choices: tuple[tuple[JsonValue, tuple[str, ...]], ...]
    """Declared choices with their stems."""
    several: bool
    """It takes several of its choices at once."""
    open: bool
    """It may be without a value: what is none of its choices is left then, too."""
    schema: str
    """Its schema, as text: what values are held to."""
    default: JsonValue
    """What is sent where nothing is said; only of what is required."""

    @property
    def numbered(self) -> bool:
        """Whether it is a number in an order."""
        return self.numbers is not None


@dataclass(frozen=True, slots=True)
class Form:
    """All an operation takes, in the order it is filled in."""

    operation: Operation
    slots: tuple[Slot, ...]
    """What is needed goes first; of that, what the question has to name most plainly."""
    spoken: frozenset[str]
    """Stems of its path: `runs` is what `/runs` lists, no choice `running` of a parameter."""
    choices: frozenset[str]
    """Stems of all its choices."""
    ids: int
    """How many ids it cannot do without."""
    times: tuple[TimeSlot, ...]
    """Its parameters that bound a stretch of time."""
    body: Body | None
    """The object it takes, where it takes one with plain values."""
    pages: bool
    """It brings less than there may be, and more for the asking."""
    takes: frozenset[Kind]
    """The kinds of literals some parameter may take."""
    defaults: Mapping[str, JsonValue]
    """What is sent where a question gives it nothing."""
    missing: tuple[Parameter, ...]
    """What it cannot do without, and has no default."""


def form_of(operation: Operation) -> Form:
    """Return what an operation takes."""
    given = [_slot(operation, each) for each in operation.parameters if each.place != "body"]
    given.sort(key=lambda each: (not each.parameter.required, not each.numbered))
    defaults = {each.parameter.name: each.default for each in given if each.default is not None}
    times = tuple(slot for each in given if (slot := time_slot(each.parameter)))
    body = body_of(operation)
    taken = {kind for each in given if not each.choices for kind in _taken(each)}
    if times or body:
        taken |= {"period"}
    if body:
        taken |= {"name", "number", "code"}
    return Form(
        operation=operation,
        slots=tuple(given),
        spoken=frozenset(stem(word) for part in operation.path.split("/") for word in split(part)),
        choices=frozenset(p for each in given for _, parts in each.choices for p in parts),
        ids=sum(identifies(operation, each) for each in operation.required),
        times=times,
        body=body,
        pages=any(each.most for each in given),
        takes=frozenset(taken),
        defaults=defaults,
        missing=tuple(each for each in operation.required if each.name not in defaults),
    )


def fields_of(forms: Iterable[Form]) -> frozenset[str]:
    """Return the stems of what is said of things that are written, choices among it."""
    every = [each for form in forms if form.body for each in form.body.properties]
    chosen = (str(choice) for each in every for choice in each.choices)
    return frozenset(t for text in chosen for t in stems(text)).union(*(e.words for e in every))


def spoken_by(forms: Iterable[Form]) -> frozenset[str]:
    """Return the stems of what operations take and bring."""
    every = [form.operation for form in forms]
    taken = (each.name for operation in every for each in operation.parameters)
    brought = (each.path for operation in every for each in operation.returns)
    return frozenset(term for text in (*taken, *brought) for term in stems(text))


def _slot(operation: Operation, parameter: Parameter) -> Slot:
    schema = target(parameter.schema, parameter.schema)
    bare = _NUMBERED.sub("", parameter.name)
    words = split(bare) if bare != parameter.name else ()
    named = split(ID.sub("", bare) or bare)
    default = parameter.schema.get("default") if parameter.required else None
    choices = choices_of(parameter.schema)
    return Slot(
        parameter=parameter,
        type=type_of(schema),
        kind=kind_of(operation, parameter),
        identifies=identifies(operation, parameter),
        said_as=stem(named[-1]) if named else "",
        limits=bool(LIMIT.match(parameter.name)),
        most=_most(schema) if LIMIT.match(parameter.name) else None,
        numbers=stem(words[-1]) if words else None,
        text=_takes_text(operation, parameter),
        mail=schema.get("format") == "email" or "mail" in parameter.name.lower(),
        choices=tuple((each, tuple(stem(w) for w in split(str(each)))) for each in choices),
        several=type_of(schema) == "array",
        open=bool(schema.get("nullable")) or None in choices,
        schema=json.dumps(parameter.schema, sort_keys=True),
        default=None if default == "" else default,
    )


def _most(schema: Schema) -> int | None:
    """Return the greatest value a schema allows, where it has a smaller one by itself."""
    default, most = schema.get("default"), schema.get("maximum")
    return most if type(default) is int and type(most) is int and most > default else None


def _taken(slot: Slot) -> Iterator[Kind]:
    if slot.type in ("string", "integer", "number", ""):
        yield from ("name", "number", "code")
    if slot.limits or slot.numbered or slot.identifies:
        yield "ordinal"


def _takes_text(operation: Operation, parameter: Parameter) -> bool:
    schema = target(parameter.schema, parameter.schema)
    if parameter.place != "query" or type_of(schema) not in ("string", ""):
        return False
    if schema.get("format") or schema.get("pattern"):
        return False
    if _TEXT.match(parameter.name):
        return True
    return parameter.required and len(operation.required) == 1
