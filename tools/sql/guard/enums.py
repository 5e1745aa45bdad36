"""The enumerations of a database, as far as a principal sees columns of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clearway.semantics.types import Catalog
from clearway.tools.sql.guard.vocabulary import Enum

_QUALIFIED = re.compile(r"([a-z_][a-z0-9_$]*)\.([a-z_][a-z0-9_$]*)(?:\[\])*")


def enums_of(visible: Catalog) -> Mapping[str, Enum]:
    """Return them by `schema.name`, and by bare name where only one has it.

    A type qualified in the catalog is not built in; one whose values are all listed is an
    enumeration, for only their labels are read from the database whatever the sensitivity.
    """
    found: dict[str, Enum] = {}
    for table in visible.tables:
        for column in table.columns:
            named = _QUALIFIED.fullmatch(column.type)
            if named is not None and column.values:
                enum = Enum(schema=named[1], name=named[2], labels=frozenset(column.values))
                found[f"{enum.schema}.{enum.name}"] = enum
    bare: dict[str, list[Enum]] = {}
    for enum in found.values():
        bare.setdefault(enum.name, []).append(enum)
    return found | {name: enums[0] for name, enums in bare.items() if len(enums) == 1}
