"""The part of a catalog a model needs for one question, in as few words as it can be said."""

from __future__ import annotations

from clearway.semantics.frame import Frame
from clearway.semantics.planning.sqltext import written
from clearway.semantics.reader import Knowledge
from clearway.semantics.types import Column, Table

MAX_TABLES = 12
MAX_VALUES = 12


def prompt_schema(frame: Frame, knowledge: Knowledge) -> str:
    """Return DDL-like lines: the tables spoken of and their neighbours first, never more than 12.

    Values are shown of public columns only, names as a statement has to write them.
    """
    tables = _relevant(frame, knowledge)
    lines = [_described(table) for table in tables]
    names = {table.qualified for table in tables}
    measures = [m for m in knowledge.catalog.measures if m.table in names]
    lines += [f"measure {m.name} on {m.table}: {m.expression}" for m in measures]
    lines += [f"{word!r} means {meaning}" for word, meaning in knowledge.catalog.glossary.items()]
    return "\n".join(lines)


def _relevant(frame: Frame, knowledge: Knowledge) -> list[Table]:
    spoken = list(dict.fromkeys(_tables_of(frame)))
    near = [
        edge.target
        for table in spoken
        for edge in sorted(knowledge.joins.edges(table), key=lambda edge: not edge.to_one)
    ]
    every = [t.qualified for t in knowledge.catalog.tables]
    chosen = list(dict.fromkeys((*spoken, *near, *every)))[:MAX_TABLES]
    known = knowledge.catalog.by_name
    return [known[name] for name in chosen if name in known]


def _tables_of(frame: Frame) -> list[str]:
    tables = [frame.subject] if frame.subject else []
    tables += [m.table for m in frame.measures if m.table]
    tables += [d.column.table for d in (*frame.dimensions, *frame.attributes)]
    tables += [f.column.table for f in frame.filters if f.column]
    tables += [e.table for e in frame.existence]
    return tables


def _described(table: Table) -> str:
    note = f" -- {_one_line(table.description)}" if table.description else ""
    columns = ",\n".join(f"  {_column(column)}" for column in table.columns)
    keys = "".join(
        f",\n  foreign key ({', '.join(map(written, k.columns))})"
        f" references {written(k.to_schema, k.to_table)} ({', '.join(map(written, k.to_columns))})"
        for k in table.foreign_keys
    )
    return f"{table.kind} {written(table.schema, table.name)} ({note}\n{columns}{keys}\n)"


def _column(column: Column) -> str:
    notes = [_one_line(column.description)] if column.description else []
    if column.unit:
        notes.append(f"in {column.unit}")
    if column.sensitivity == "public" and column.values:
        shown = ", ".join(repr(value) for value in column.values[:MAX_VALUES])
        more = ", ..." if len(column.values) > MAX_VALUES else ""
        notes.append(f"values: {shown}{more}")
        notes += [f"{said!r} means {value!r}" for said, value in column.value_names]
    return f"{written(column.name)} {column.type}" + (f" -- {'; '.join(notes)}" if notes else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
