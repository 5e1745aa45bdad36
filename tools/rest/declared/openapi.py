"""An OpenAPI 3 document -> its operations, with every reference resolved within the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clearway.tools.rest.declared.document import Key, parsed, refuse
from clearway.tools.rest.declared.json_schema import normalised, with_components
from clearway.tools.rest.declared.properties import properties
from clearway.tools.rest.declared.types import Operation, Parameter, Place, Returned, Schema

MAX_EXAMPLE = 100
"""Characters of a value that is shown; a longer one shows no code."""
METHODS = ("get", "head", "post", "put", "patch", "delete")
SKIPPED_HEADERS = frozenset(
    (
        "accept", "content-type", "authorization", "host", "cookie", "connection", "upgrade",
        "transfer-encoding", "content-length", "te", "trailer", "proxy-authorization",
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
        # A proxy or a framework would take these for another method or path than was allowed.
        "x-http-method", "x-http-method-override", "x-method-override", "x-original-url",
        "x-rewrite-url", "expect", "accept-encoding", "keep-alive", "set-cookie",
    )
)  # fmt: skip
"""Headers that are the client's business, whatever a document says."""
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An operation that cannot be called, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A document as read."""

    title: str
    description: str
    server: str | None
    operations: tuple[Operation, ...]
    left_out: tuple[LeftOut, ...]


def read_openapi(text: str, *, name: str, service: str) -> Described:
    """Return the operations of a document; raise `ConfigurationError` with line and field."""
    document = parsed(text, name)
    if not isinstance(document, dict):
        refuse(name, text, (), "this is no OpenAPI document")
    version = str(document.get("openapi", ""))
    if not version.startswith("3."):
        refuse(name, text, ("openapi",), f"OpenAPI 3 is read, not {version or 'this'}")
    if not isinstance(document.get("paths"), dict):
        refuse(name, text, ("paths",), "a mapping of paths is needed")
    return _Reader(document, text, name, service).described()


class _Unusable(Exception):
    """An operation that is valid and cannot be called by us."""


class _Reader:
    """Walks one document."""

    def __init__(self, document: dict[str, Any], text: str, name: str, service: str) -> None:
        self._document = document
        self._text = text
        self._name = name
        self._service = service
        self._old = str(document["openapi"]).startswith("3.0")
        schemas = (document.get("components") or {}).get("schemas") or {}
        self._schemas = {key: normalised(each, old=self._old) for key, each in schemas.items()}
        self._taken: set[str] = set()

    def described(self) -> Described:
        info = self._document.get("info") or {}
        operations: list[Operation] = []
        left_out: list[LeftOut] = []
        for path, held in self._document["paths"].items():
            item = self._resolved(held, ("paths", path))
            for method in METHODS:
                if method not in item:
                    continue
                try:
                    operations.append(self._operation(path, method, item))
                except _Unusable as error:
                    left_out.append(LeftOut(where=f"{method.upper()} {path}", why=str(error)))
        return Described(
            title=str(info.get("title", "")),
            description=str(info.get("description", "")),
            server=self._server(),
            operations=tuple(operations),
            left_out=tuple(left_out),
        )

    def _server(self) -> str | None:
        servers = self._document.get("servers") or []
        if not servers or not isinstance(servers[0], dict):
            return None
        url = str(servers[0].get("url", ""))
        for key, variable in (servers[0].get("variables") or {}).items():
            url = url.replace(f"{{{key}}}", str(variable.get("default", "")))
        return url if url.startswith(("http://", "https://")) else None

    def _operation(self, path: str, method: str, item: dict[str, Any]) -> Operation:
        where: tuple[Key, ...] = ("paths", path, method)
        said = item[method]
        if not isinstance(said, dict):
            refuse(self._name, self._text, where, "an operation is a mapping")
        if not path.startswith("/"):
            refuse(self._name, self._text, where[:2], "a path begins with /")
        parameters = self._parameters(item, said, where)
        missing = set(_PLACEHOLDER.findall(path)) - {
            each.name for each in parameters if each.place == "path"
        }
        if missing:
            refuse(self._name, self._text, where, f"no path parameter {sorted(missing)[0]!r}")
        return Operation(
            id=self._id(said, method, path),
            service=self._service,
            method=method.upper(),
            path=path,
            summary=_line(said.get("summary") or item.get("summary")),
            description=str(said.get("description") or item.get("description") or "").strip(),
            tags=tuple(str(tag) for tag in said.get("tags") or ()),
            parameters=(*parameters, *self._body(said, where)),
            returns=self._returns(said, where),
        )

    def _id(self, said: dict[str, Any], method: str, path: str) -> str:
        name = _NAME.sub("_", str(said.get("operationId") or f"{method}{path}")).strip("_")
        unique, number = name, 2
        while unique in self._taken:
            unique, number = f"{name}_{number}", number + 1
        self._taken.add(unique)
        return f"{self._service}.{unique}"

    def _parameters(
        self, item: dict[str, Any], said: dict[str, Any], where: tuple[Key, ...]
    ) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for holder, at in ((item, where[:2]), (said, where)):
            for index, held in enumerate(holder.get("parameters") or ()):
                place = (*at, "parameters", index)
                each = self._resolved(held, place)
                if not each.get("name") or not each.get("in"):
                    refuse(self._name, self._text, place, "a parameter has `name` and `in`")
                if parameter := self._parameter(each, place):
                    found[(parameter.name, parameter.place)] = parameter
        names = [name for name, _ in found]
        if len(set(names)) < len(names) or "body" in names:
            raise _Unusable("two of its parameters have one name")
        return tuple(found.values())

    def _parameter(self, said: dict[str, Any], where: tuple[Key, ...]) -> Parameter | None:
        name, place = str(said["name"]), str(said["in"])
        if place == "header" and name.lower() in SKIPPED_HEADERS:
            return None
        if place not in ("path", "query", "header"):
            if said.get("required"):
                raise _Unusable(f"it needs the {place} parameter {name}")
            return None
        kept: Place = "path" if place == "path" else "query" if place == "query" else "header"
        schema = said.get("schema")
        if schema is None:
            media: dict[str, Any] = next(iter((said.get("content") or {}).values()), {})
            schema = media.get("schema", {})
        return Parameter(
            name=name,
            place=kept,
            required=kept == "path" or bool(said.get("required")),
            schema=self._schema(schema, where),
            description=str(said.get("description") or ""),
            example=_example(said) or _example(schema),
            style=str(said.get("style") or ("form" if kept == "query" else "simple")),
            explode=bool(said.get("explode", kept == "query")),
        )

    def _body(self, said: dict[str, Any], where: tuple[Key, ...]) -> Iterator[Parameter]:
        if not said.get("requestBody"):
            return
        body = self._resolved(said["requestBody"], (*where, "requestBody"))
        media = self._json_media(body)
        if media is None:
            if body.get("required"):
                raise _Unusable("its body is not JSON")
            return
        yield Parameter(
            name="body",
            place="body",
            required=bool(body.get("required")),
            schema=self._schema(media.get("schema") or {}, (*where, "requestBody")),
            description=str(body.get("description") or ""),
        )

    def _json_media(self, holder: dict[str, Any]) -> dict[str, Any] | None:
        for kind, media in (holder.get("content") or {}).items():
            plain = str(kind).split(";")[0].strip().lower()
            if plain == "application/json" or plain.endswith("+json") or plain == "*/*":
                return media if isinstance(media, dict) else {}
        return None

    def _returns(self, said: dict[str, Any], where: tuple[Key, ...]) -> tuple[Returned, ...]:
        for status, response in (said.get("responses") or {}).items():
            if str(status)[:1] == "2":
                at = (*where, "responses", status)
                media = self._json_media(self._resolved(response, at))
                if media is not None and (schema := media.get("schema")):
                    return tuple(properties(self._schema(schema, at)))
        return ()

    def _schema(self, schema: Any, where: tuple[Key, ...]) -> Schema:
        found = normalised(schema, old=self._old)
        try:
            return with_components(found, self._schemas)
        except ValueError as error:
            refuse(self._name, self._text, where, str(error))

    def _resolved(self, value: Any, where: tuple[Key, ...]) -> dict[str, Any]:
        """Return a mapping, its `$ref` followed within the document."""
        for _ in range(10):
            if not isinstance(value, dict):
                refuse(self._name, self._text, where, "a mapping is needed here")
            if "$ref" not in value:
                return value
            value = self._target(str(value["$ref"]), where)
        refuse(self._name, self._text, where, "references go round in a circle")

    def _target(self, reference: str, where: tuple[Key, ...]) -> Any:
        if not reference.startswith("#/"):
            refuse(self._name, self._text, where, f"{reference} is outside this document")
        value: Any = self._document
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, dict) or key not in value:
                refuse(self._name, self._text, where, f"{reference} leads nowhere")
            value = value[key]
        return value


def _example(holder: object) -> str:
    """Return the value a parameter or its schema shows; empty where that is none, or several."""
    said = holder.get("example") if isinstance(holder, dict) else None
    return str(said) if isinstance(said, str | int) and len(str(said)) <= MAX_EXAMPLE else ""


def _line(value: object) -> str:
    return " ".join(str(value or "").split())
