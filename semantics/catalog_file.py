"""catalog.yaml: what people say about their data, over what the database says of itself.

    version: 1
    allow_unlisted: false            # only what is listed here may be asked about
    tables:
      shop.orders:
        description: One row per order.
        synonyms: [purchases]
        time_column: placed_at
        columns:
          total: {role: measure, aggregate: sum, unit: EUR, synonyms: [revenue]}
          email: {sensitivity: personal, allow: false}
    measures:
      average order value: {table: shop.orders, expression: sum(total) / count(*)}
    glossary:
      EMEA: Europe

Every mistake is reported with its line and with what is allowed there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, get_args

import yaml

from clearway.errors import ConfigurationError
from clearway.semantics.types import Aggregate, Mask, Role, Sensitivity

FILE_VERSION = 1

Read = Callable[["_Walk", yaml.Node], Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What the file says of one table or column, and on which line it begins."""

    line: int
    fields: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """A catalog.yaml as read; nothing is checked against a database yet."""

    name: str
    allow_unlisted: bool = True
    tables: Mapping[str, Said] = field(default_factory=dict)
    measures: Mapping[str, Said] = field(default_factory=dict)
    glossary: Mapping[str, str] = field(default_factory=dict)


def parse_catalog(text: str, *, name: str = "catalog.yaml") -> CatalogFile:
    """Return what the text says; ConfigurationError with the line for what it may not say."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        _fail(
            name, mark.line + 1 if mark else 1, f"{problem}; see the example in its documentation"
        )
    if node is None:
        return CatalogFile(name)
    return _Walk(name).file(node)


def _fail(name: str, line: int, message: str) -> NoReturn:
    raise ConfigurationError(f"{name}, line {line}: {message}.", file=name, line=line)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


class _Walk:
    """One descent through the nodes of a file."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fail(self, node: yaml.Node, message: str) -> NoReturn:
        _fail(self.name, _line(node), message)

    def pairs(self, node: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"{what} must be a mapping of names to values")
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                self.fail(key, f"{key.value!r} is said twice")
            seen.add(key.value)
            yield key.value, key, value

    def fields(self, node: yaml.Node, allowed: Mapping[str, Read], what: str) -> Said:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for name, key, value in self.pairs(node, what):
            if name not in allowed:
                self.fail(key, f"{what} has no {name!r}; allowed: {', '.join(allowed)}")
            found[name] = allowed[name](self, value)
            lines[name] = _line(key)
        return Said(_line(node), found, lines)

    def file(self, node: yaml.Node) -> CatalogFile:
        said = self.fields(node, _FILE, "a catalog")
        version = said.fields.get("version", FILE_VERSION)
        if version != str(FILE_VERSION) and version != FILE_VERSION:
            _fail(
                self.name,
                said.lines["version"],
                f"version {version} is not known; allowed: {FILE_VERSION}",
            )
        return CatalogFile(
            self.name,
            said.fields.get("allow_unlisted", True),
            said.fields.get("tables", {}),
            said.fields.get("measures", {}),
            said.fields.get("glossary", {}),
        )

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a text is expected here")
        return str(node.value)

    def truth(self, node: yaml.Node) -> bool:
        if not isinstance(node, yaml.ScalarNode) or node.value.lower() not in ("true", "false"):
            self.fail(node, "true or false is expected here")
        return bool(node.value.lower() == "true")

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, "a list is expected here, such as [one, two]")
        return tuple(self.text(item) for item in node.value)

    def names(self, node: yaml.Node) -> frozenset[str]:
        return frozenset(self.texts(node))

    def tables(self, node: yaml.Node) -> dict[str, Said]:
        return {name: self.table(value) for name, _, value in self.pairs(node, "tables")}

    def table(self, node: yaml.Node) -> Said:
        said = self.fields(node, _TABLE, "a table")
        columns = said.fields.get("columns", {})
        plain = {name: value for name, value in said.fields.items() if name != "columns"}
        return Said(said.line, plain, said.lines, columns)

    def columns(self, node: yaml.Node) -> dict[str, Said]:
        return {
            name: self.fields(value, _COLUMN, "a column")
            for name, _, value in self.pairs(node, "columns")
        }

    def measures(self, node: yaml.Node) -> dict[str, Said]:
        found: dict[str, Said] = {}
        for name, key, value in self.pairs(node, "measures"):
            found[name] = self.fields(value, _MEASURE, "a measure")
            for needed in ("table", "expression"):
                if needed not in found[name].fields:
                    self.fail(key, f"the measure {name!r} needs {needed!r}")
        return found

    def glossary(self, node: yaml.Node) -> dict[str, str]:
        return {name: self.text(value) for name, _, value in self.pairs(node, "glossary")}


def _one_of(form: Any) -> Read:
    allowed = get_args(form)

    def read(walk: _Walk, node: yaml.Node) -> str:
        value = walk.text(node)
        if value not in allowed:
            walk.fail(node, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    return read


_FILE: dict[str, Read] = {
    "version": _Walk.text,
    "allow_unlisted": _Walk.truth,
    "tables": _Walk.tables,
    "measures": _Walk.measures,
    "glossary": _Walk.glossary,
}
_TABLE: dict[str, Read] = {
    "description": _Walk.text,
    "synonyms": _Walk.texts,
    "time_column": _Walk.text,
    "owner": _Walk.text,
    "allow": _Walk.truth,
    "roles": _Walk.names,
    "row_filter": _Walk.text,
    "columns": _Walk.columns,
}
_COLUMN: dict[str, Read] = {
    "description": _Walk.text,
    "synonyms": _Walk.texts,
    "role": _one_of(Role),
    "aggregate": _one_of(Aggregate),
    "unit": _Walk.text,
    "sensitivity": _one_of(Sensitivity),
    "allow": _Walk.truth,
    "roles": _Walk.names,
    "mask": _one_of(Mask),
    "unmasked_roles": _Walk.names,
    "values": _Walk.texts,
}
_MEASURE: dict[str, Read] = {
    "table": _Walk.text,
    "expression": _Walk.text,
    "description": _Walk.text,
    "synonyms": _Walk.texts,
    "unit": _Walk.text,
}
