"""Calls proven before they run: declared, allowed, visible, and valid against their schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.plans import CheckedRest, Rejection, RestPlan, RestStep
from clearway.tools.rest.calling.segments import moves
from clearway.tools.rest.declared.json_schema import objection, target
from clearway.tools.rest.declared.properties import type_of
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Parameter, Place

MAX_TEXT = 4_000
"""Characters of one path, query or header value."""
SAID_ELSEWHERE = frozenset({"form", "simple"})
LARGEST = 2**64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?")


def check(
    plan: RestPlan, registry: Registry, principal: Principal, *, source_id: str
) -> CheckedRest | Rejection:
    """Return the calls as they will be made, or why not; no I/O.

    An operation that is hidden from the principal is refused exactly as one that is not there.
    """
    seen = registry.visible_to(principal)
    if plan.source_id != source_id:
        return rejection("rest.source", "There are no such services.", "Name another source.")
    if plan.health:
        return _healths(plan, seen, source_id)
    steps: list[RestStep] = []
    operations: list[Operation] = []
    for step in plan.steps:
        operation = seen.get(step.operation_id)
        if operation is None:
            return ABSENT
        checked = _checked(step, operation, operations)
        if isinstance(checked, Rejection):
            return checked
        steps.append(checked)
        operations.append(operation)
    if early := next((each for each in operations[:-1] if not each.reads), None):
        return rejection(
            "rest.write_first",
            f"{early.id} changes something and is not the last step.",
            "Ask for one change at a time.",
        )
    writes = not operations[-1].reads
    return CheckedRest(source_id=source_id, steps=tuple(steps), writes=writes)


def _healths(plan: RestPlan, seen: Registry, source_id: str) -> CheckedRest | Rejection:
    if set(plan.health) <= seen.by_service.keys():
        return CheckedRest(source_id=source_id, health=tuple(dict.fromkeys(plan.health)))
    return rejection("rest.service", "There is no such service.", "Name another service.")


def resolved(step: RestStep, operation: Operation, brought: Mapping[str, JsonValue]) -> RestStep:
    """Return a step with the values earlier steps brought; raise `ConfigurationError`.

    The values come from a service and are held to the schema like any others.
    """
    whole = RestStep(operation_id=step.operation_id, parameters={**step.parameters, **brought})
    checked = _checked(whole, operation, ())
    if isinstance(checked, Rejection):
        raise ConfigurationError(
            f"What an earlier call returned cannot be given to {operation.id}: {checked.reason}"
        )
    return checked


def _checked(
    step: RestStep, operation: Operation, before: tuple[Operation, ...] | list[Operation]
) -> RestStep | Rejection:
    for name in (*step.parameters, *step.takes):
        if operation.parameter(name) is None:
            return rejection(
                "rest.parameter",
                f"{operation.id} takes no parameter {name!r}.",
                _takes(operation),
            )
    for parameter in operation.required:
        if parameter.name not in step.parameters and parameter.name not in step.takes:
            return rejection(
                "rest.required", f"{operation.id} needs {parameter.name!r}.", _takes(operation)
            )
    for name, taken in step.takes.items():
        if taken.step >= len(before) or name in step.parameters:
            return rejection(
                "rest.order", f"{name!r} is taken from no earlier step.", "Name an earlier step."
            )
        source = before[taken.step]
        if source.returns and taken.path not in {each.path for each in source.returns}:
            return rejection(
                "rest.path", f"{source.id} returns no {taken.path!r}.", "Take what it returns."
            )
    values: dict[str, JsonValue] = {}
    for name, value in step.parameters.items():
        declared = operation.parameter(name)
        found = None if declared is None else _value(declared, value)
        if isinstance(found, Rejection):
            return found
        values[name] = found[0] if found else value
    return step.model_copy(update={"parameters": values})


def _value(parameter: Parameter, value: JsonValue) -> tuple[JsonValue] | Rejection:
    typed = _typed(parameter, value)
    said = _unfit(parameter, typed) or objection(parameter.schema, typed)
    if said:
        return rejection(
            "rest.value", f"{parameter.name} does not fit: {said}", "Give it as it is declared."
        )
    return (typed,)


def _typed(parameter: Parameter, value: JsonValue) -> JsonValue:
    """Return text that plainly is a number or a truth value as that, where the schema wants it."""
    if parameter.place == "body" or not isinstance(value, str):
        return value
    kind = type_of(target(parameter.schema, parameter.schema))
    if kind == "integer" and _WHOLE.fullmatch(value):
        return int(value)
    if kind == "number" and _NUMBER.fullmatch(value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _unfit(parameter: Parameter, value: JsonValue) -> str:
    """Return why a value cannot be put into an address or a header, whatever its schema says."""
    if parameter.place == "body":
        return ""
    if isinstance(value, dict) or parameter.style not in SAID_ELSEWHERE:
        return "objects are not put into an address"
    parts = value if isinstance(value, list) else [value]
    if not parts and parameter.place == "path":
        return "it would change the path"
    return next((said for each in parts if (said := _unsayable(parameter, each))), "")


def _unsayable(parameter: Parameter, value: JsonValue) -> str:
    if isinstance(value, dict | list):
        return "lists of lists are not put into an address"
    if isinstance(value, int | float) and not abs(value) <= LARGEST:
        return "it is no number that can be written out"
    return _unwritable(parameter.place, "" if value is None else str(value))


def _unwritable(place: Place, text: str) -> str:
    if len(text) > MAX_TEXT:
        return f"it is longer than {MAX_TEXT} characters"
    if _CONTROL.search(text):
        return "it has control characters"
    if place == "header" and not text.isascii():
        return "a header has plain letters only"
    if place == "path" and moves(text):
        return "it would change the path"
    return ""


def _takes(operation: Operation) -> str:
    if not operation.parameters:
        return "It takes none."
    names = ", ".join(
        f"{each.name}{' (needed)' if each.required else ''}" for each in operation.parameters
    )
    return f"It takes {names}."


def rejection(rule: str, reason: str, remedy: str) -> Rejection:
    """Return why calls may not be made."""
    return Rejection(layer="names", rule=rule, reason=reason, remedy=remedy)


ABSENT = rejection(
    "rest.operation",
    "There is no such operation.",
    "`clearway services list` shows the operations there are.",
)
