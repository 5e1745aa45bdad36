"""Words the owner accepted: they become synonyms, and the catalog another version of itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog, Column, Table

Kind = Literal["table", "column", "measure", "value"]


def kind_of(target: str) -> Kind | None:
    """Return what a target names: `column:shop.orders.total` a column; None for no target."""
    kind = target.partition(":")[0]
    return kind if kind in ("table", "column", "measure", "value") else None  # type: ignore[return-value]  # narrowed


def with_accepted(catalog: Catalog, accepted: Iterable[tuple[str, str]]) -> Catalog:
    """Return the catalog with accepted `(term, target)` pairs as synonyms; the same without any.

    A target that is gone from the data is passed over.
    """
    pairs = list(accepted)
    if not pairs:
        return catalog
    return stamped(
        replace(
            catalog,
            tables=tuple(_table(table, pairs) for table in catalog.tables),
            measures=tuple(
                replace(
                    measure,
                    synonyms=_more(
                        measure.synonyms, pairs, f"measure:{measure.table}:{measure.name}"
                    ),
                )
                for measure in catalog.measures
            ),
        )
    )


def _table(table: Table, pairs: list[tuple[str, str]]) -> Table:
    columns = tuple(
        _column(column, f"{table.qualified}.{column.name}", pairs) for column in table.columns
    )
    return replace(
        table, columns=columns, synonyms=_more(table.synonyms, pairs, f"table:{table.qualified}")
    )


def _column(column: Column, name: str, pairs: list[tuple[str, str]]) -> Column:
    begins = f"value:{name}="
    said = [(term, meant.removeprefix(begins)) for term, meant in pairs if meant.startswith(begins)]
    return replace(
        column,
        synonyms=_more(column.synonyms, pairs, f"column:{name}"),
        meant_by=_more(column.meant_by, pairs, f"column:{name}"),
        value_names=tuple(dict.fromkeys((*column.value_names, *said))),
    )


def _more(synonyms: tuple[str, ...], pairs: list[tuple[str, str]], target: str) -> tuple[str, ...]:
    added = [term for term, meant in pairs if meant == target and term not in synonyms]
    return (*synonyms, *added)
