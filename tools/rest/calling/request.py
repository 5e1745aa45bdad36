"""A checked call as an HTTP request: the path from the registry, every value escaped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from clearway.plans import RestStep
from clearway.tools.rest.declared.types import Operation, Parameter, Service

UNRESERVED = "-._~"


@dataclass(frozen=True, slots=True)
class Written:
    """Address, headers and body of a call; no credentials."""

    url: str
    headers: dict[str, str]
    content: bytes


def written(step: RestStep, operation: Operation, service: Service) -> Written:
    """Return the request of a call whose values were checked."""
    path, content = operation.path, b""
    query: list[tuple[str, str]] = []
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    for name, value in step.parameters.items():
        parameter = operation.parameter(name)
        if parameter is None:
            continue
        if parameter.place == "path":
            path = path.replace(f"{{{name}}}", quote(_joined(value), safe=UNRESERVED))
        elif parameter.place == "query":
            query.extend((name, each) for each in _said(parameter, value))
        elif parameter.place == "header":
            headers[name.lower()] = _joined(value)
        else:
            content = json.dumps(value, allow_nan=False).encode()
            headers["content-type"] = "application/json"
    tail = f"?{urlencode(query)}" if query else ""
    return Written(f"{service.base_url}{path}{tail}", headers, content)


def _said(parameter: Parameter, value: JsonValue) -> list[str]:
    if isinstance(value, list) and parameter.explode:
        return [_text(each) for each in value]
    return [_joined(value)]


def _joined(value: JsonValue) -> str:
    return ",".join(_text(each) for each in value) if isinstance(value, list) else _text(value)


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
