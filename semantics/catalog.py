"""The Catalog as a whole: its version, its JSON form, and catalog.yaml laid over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

import sqlglot
import yaml
from sqlglot import exp
from sqlglot.errors import SqlglotError

from clearway.errors import ConfigurationError
from clearway.semantics.catalog_file import FILE_VERSION, CatalogFile, Said
from clearway.semantics.judgement import is_time
from clearway.semantics.plainform import from_plain, to_plain
from clearway.semantics.types import Catalog, Column, Measure, Table

CATALOG_VERSION = 1


def stamped(catalog: Catalog) -> Catalog:
    """Return the catalog with `version` set to a hash of all it says.

    Estimates are left out: the database makes new ones on its own, and they change no meaning.
    """
    plain = _without_estimates(to_plain(replace(catalog, version="")))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return replace(catalog, version=hashlib.sha256(text.encode()).hexdigest()[:16])


def _without_estimates(plain: Any) -> Any:
    if isinstance(plain, dict):
        kept = {key: each for key, each in plain.items() if key not in _ESTIMATES}
        return {key: _without_estimates(each) for key, each in kept.items()}
    return [_without_estimates(each) for each in plain] if isinstance(plain, list) else plain


_ESTIMATES = ("row_estimate", "distinct")


def to_json(catalog: Catalog) -> dict[str, Any]:
    """Return the catalog JSON-plain, for keeping on disk."""
    return {"schema_version": CATALOG_VERSION, "catalog": to_plain(catalog)}


def from_json(plain: dict[str, Any]) -> Catalog:
    """Return the catalog `to_json` was made from; ValueError for another schema version."""
    if plain.get("schema_version") != CATALOG_VERSION:
        raise ValueError(f"a catalog of version {plain.get('schema_version')} cannot be read")
    return from_plain(Catalog, plain["catalog"])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a catalog file says that the database does not bear out."""

    line: int
    level: Literal["error", "warning"]
    message: str


def merge(catalog: Catalog, file: CatalogFile) -> Catalog:
    """Return the catalog with what the file says laid over it, stamped anew.

    A table the connecting role cannot see is skipped: it may be listed to say who owns it. Any
    other mistake is a ConfigurationError: a misspelt `allow: false` must not leave a column open.
    """
    wrong = next((f for f in check(catalog, file) if f.level == "error"), None)
    if wrong is not None:
        raise ConfigurationError(
            f"{file.name}, line {wrong.line}: {wrong.message}.", file=file.name, line=wrong.line
        )
    tables = tuple(_merged_table(table, file) for table in catalog.tables)
    measures = tuple(_measure(name, said) for name, said in file.measures.items())
    visible = {table.qualified for table in tables}
    return stamped(
        replace(
            catalog,
            tables=tables,
            measures=tuple(m for m in measures if m.table in visible),
            glossary=dict(file.glossary),
        )
    )


def _merged_table(table: Table, file: CatalogFile) -> Table:
    said = _said_of(table, file)
    if said is None:
        return table if file.allow_unlisted else replace(table, allow=False)
    columns = tuple(_merged_column(c, said.columns.get(c.name)) for c in table.columns)
    return replace(table, columns=columns, **said.fields)


def _said_of(table: Table, file: CatalogFile) -> Said | None:
    """A table may be listed by its bare name where that is unmistakable."""
    return file.tables.get(table.qualified) or file.tables.get(table.name)


def _merged_column(column: Column, said: Said | None) -> Column:
    if said is None:
        return column
    fields = dict(said.fields)
    if fields.get("sensitivity") in ("internal", "personal", "secret"):
        fields.setdefault("values", ())
    if fields.get("sensitivity") == "secret":
        fields["allow"] = False
    return replace(column, **fields)


def _measure(name: str, said: Said) -> Measure:
    return Measure(name=name, **said.fields)


def check(catalog: Catalog, file: CatalogFile) -> list[Finding]:
    """Return everything in the file the database does not bear out, in the order of its lines."""
    findings = [*_check_tables(catalog, file), *_check_measures(catalog, file)]
    findings += _check_synonyms(file)
    return sorted(findings, key=lambda finding: finding.line)


def _check_tables(catalog: Catalog, file: CatalogFile) -> Iterator[Finding]:
    for name, said in file.tables.items():
        found = [t for t in catalog.tables if name in (t.qualified, t.name)]
        if len(found) > 1:
            names = ", ".join(t.qualified for t in found)
            yield Finding(said.line, "error", f"{name!r} is one of several tables: {names}")
        elif not found:
            known = [t.qualified for t in catalog.tables]
            yield Finding(
                said.line, "warning", f"no table {name!r} can be read{_nearest(name, known)}"
            )
        else:
            yield from _check_columns(found[0], said)


def _check_columns(table: Table, said: Said) -> Iterator[Finding]:
    known = table.by_name
    for name, column in said.columns.items():
        if name not in known:
            hint = _nearest(name, list(known))
            yield Finding(column.line, "error", f"{table.qualified} has no column {name!r}{hint}")
    time = said.fields.get("time_column")
    if time is None:
        return
    if time not in known:
        message = f"{table.qualified} has no column {time!r}{_nearest(time, list(known))}"
        yield Finding(said.lines["time_column"], "error", message)
    elif not is_time(known[time].type):
        message = f"{time!r} is {known[time].type}; a time column is a date or a timestamp"
        yield Finding(said.lines["time_column"], "error", message)


def _check_measures(catalog: Catalog, file: CatalogFile) -> Iterator[Finding]:
    for name, said in file.measures.items():
        table = catalog.by_name.get(said.fields["table"])
        if table is None:
            message = f"the measure {name!r} is over {said.fields['table']!r}, which cannot be read"
            yield Finding(said.line, "warning", message)
            continue
        problem = _expression_problem(said.fields["expression"], table)
        if problem:
            line = said.lines["expression"]
            yield Finding(line, "error", f"the measure {name!r} {problem}")


def _expression_problem(expression: str, table: Table) -> str | None:
    try:
        tree = sqlglot.parse_one(expression, dialect="postgres")
    except SqlglotError:
        return "is not an SQL expression"
    if tree.find(exp.Query) is not None or not tree.find(exp.AggFunc):
        return "must aggregate columns of its table, such as sum(total) / count(*)"
    unknown = [c.name for c in tree.find_all(exp.Column) if c.name not in table.by_name]
    return f"uses {unknown[0]!r}, which {table.qualified} does not have" if unknown else None


def _check_synonyms(file: CatalogFile) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for kind in (file.tables, file.measures):
        for name, said in kind.items():
            for word in said.fields.get("synonyms", ()):
                other = owners.setdefault(word.lower(), name)
                if other != name:
                    message = f"{word!r} is a synonym of {other} already"
                    yield Finding(said.lines["synonyms"], "warning", message)


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def to_yaml(catalog: Catalog) -> str:
    """Return a catalog.yaml that says what the catalog says, for a person to go on from."""
    tables = {table.qualified: _table_plain(table) for table in catalog.tables}
    plain = {"version": FILE_VERSION, "allow_unlisted": False, "tables": tables}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)


def _table_plain(table: Table) -> dict[str, Any]:
    plain: dict[str, Any] = {"description": table.description, "allow": table.allow}
    if table.synonyms:
        plain["synonyms"] = list(table.synonyms)
    if table.time_column:
        plain["time_column"] = table.time_column
    plain["columns"] = {column.name: _column_plain(column) for column in table.columns}
    return plain


def _column_plain(column: Column) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": column.role, "sensitivity": column.sensitivity}
    if column.description:
        plain["description"] = column.description
    if column.synonyms:
        plain["synonyms"] = list(column.synonyms)
    if column.aggregate:
        plain["aggregate"] = column.aggregate
    if not column.allow:
        plain["allow"] = False
    return plain
