"""Schemas of OpenAPI as JSON Schema 2020-12, and values checked against them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from clearway.errors import ConfigurationError
from clearway.tools.rest.declared.types import Schema

COMPONENT = "#/components/schemas/"
_ONE = ("not", "items", "additionalProperties", "contains", "propertyNames", "if", "then", "else")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
_DROPPED = ("example", "examples", "xml", "externalDocs", "discriminator", "$schema", "$id")


def normalised(schema: Any, *, old: bool) -> Schema:
    """Return a schema as 2020-12 reads it; `old` is OpenAPI 3.0, a dialect of its own."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if not isinstance(schema, Mapping):
        return {}
    result = {key: value for key, value in schema.items() if key not in _DROPPED}
    for key in _ONE:
        if isinstance(result.get(key), Mapping):
            result[key] = normalised(result[key], old=old)
    for key in _MANY:
        if isinstance(result.get(key), list):
            result[key] = [normalised(each, old=old) for each in result[key]]
    for key in _NAMED:
        if isinstance(result.get(key), Mapping):
            result[key] = {k: normalised(v, old=old) for k, v in result[key].items()}
    return _from_old(result) if old else result


def _from_old(schema: dict[str, Any]) -> Schema:
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool) and schema.pop(bound) and limit in schema:
            schema[bound] = schema.pop(limit)
    if schema.pop("nullable", False) is True:
        if isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        if "$ref" in schema:
            return {"anyOf": [{"$ref": schema.pop("$ref")}, {"type": "null"}], **schema}
    return schema


def with_components(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Return the schema with all it refers to inside it; `ValueError` for what leads nowhere."""
    needed: dict[str, Schema] = {}
    waiting = [schema]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in known:
                raise ValueError(f"the schema {name!r} is not there")
            if name not in needed:
                needed[name] = known[name]
                waiting.append(known[name])
    return {**schema, "components": {"schemas": needed}} if needed else schema


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                if not item.startswith(COMPONENT):
                    raise ValueError(f"{item} is outside the schemas of this document")
                name = item[len(COMPONENT) :]
                yield name.split("/")[0].replace("~1", "/").replace("~0", "~")
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def target(schema: Schema, root: Schema) -> Schema:
    """Return the schema, its own `$ref` followed; at most so often."""
    for _ in range(10):
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        name = reference[len(COMPONENT) :].replace("~1", "/").replace("~0", "~")
        schema = root.get("components", {}).get("schemas", {}).get(name, {})
    return {}


def choices_of(parameter: Schema) -> tuple[Any, ...]:
    """Return the values a schema declares one by one; those of its items where it is a list."""
    schema = target(parameter, parameter)
    if schema.get("type") == "array":
        schema = target(schema.get("items") or {}, parameter)
    return tuple(schema.get("enum") or ())


def objection(schema: Schema, value: Any) -> str:
    """Return what is wrong with a value, in words; empty where nothing is."""
    for error in compiled(json.dumps(schema, sort_keys=True)).iter_errors(value):
        where = ".".join(str(part) for part in error.instance_path)
        said = str(error.message)
        return f"{where}: {said}" if where else said
    return ""


@lru_cache(maxsize=16_384)
def fit_for(schema: str, value: str | float) -> bool:
    """Return whether a plain value fits a schema, given as text."""
    return compiled(schema).is_valid(value)


@lru_cache(maxsize=4096)
def compiled(schema: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema; regular expressions take linear time; no I/O.

    Raises `ConfigurationError` where the schema itself is wrong.
    """
    try:
        return jsonschema_rs.Draft202012Validator(
            json.loads(schema),
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),
            retriever=_nowhere,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"A schema of a service is wrong: {str(error).splitlines()[0]}."
        ) from None


def _nowhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")
