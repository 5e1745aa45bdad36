"""What each layer stops of the attacks with every other layer off."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clearway.errors import ClearwayError
from clearway.evals.bench.sql_corpus import READER, RESOURCE, corpus_catalog
from clearway.plans import CheckedSql, Rejection
from clearway.semantics.types import Catalog
from clearway.tools.sql.execute import PostgresExecutor
from clearway.tools.sql.guard import STANDARD
from clearway.tools.sql.guard.bounding import check_bounds, unwrap
from clearway.tools.sql.guard.enums import enums_of
from clearway.tools.sql.guard.grammar import check as grammar
from clearway.tools.sql.guard.names.check import NameReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read
from clearway.tools.sql.guard.statement.scope import View
from clearway.tools.sql.guard.statement.spelling import every_node
from clearway.tools.sql.guard.statement.text import TextLimits, check_text
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.prover import PostgresProver
from clearway.tools.sql.session import SessionSettings, open_warehouse_pool

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # without the second reader it chatters
TIMEOUT_S = 0.5
PLANNED = frozenset({"resource_joins", "resource_series", "resource_sorting"})
"""Of the attacks on time and memory, those that a plan shows before anything is built."""

_SPEAKS_FOR = {"tree": ("text",), "agreement": ("text",)}
"""Both readers refuse what they cannot read, or what is too deep, in the name of the text."""

_NOT_ITS_BUSINESS = (AttributeError, KeyError, TypeError, RecursionError, NotImplementedError)
"""What a layer raises over a tree that an earlier one would not have let through."""


def tree_layers(catalog: Catalog | None = None) -> Mapping[str, Callable[[str], object]]:
    """Return each tree layer as a step that raises `Refused`, and needs none of the others."""
    whole = catalog or corpus_catalog()
    visible = whole.visible_to(READER)
    view = View.of(visible, whole)
    vocabulary = STANDARD.with_enums(enums_of(visible))

    def resolved(sql: str) -> NameReader:
        reader = NameReader(view)
        for statement in read(sql):
            reader.statement(unwrap(statement))
        return reader

    def bounds(sql: str) -> None:
        reader = resolved(sql)
        if reader.root is not None:
            check_bounds(every_node(reader.root), reader, 1000)

    return {
        "text": lambda sql: check_text(sql, TextLimits(), strict_semicolons=False),
        "agreement": lambda sql: grammar.read(sql, vocabulary),
        "tree": lambda sql: check_tree(read(sql), vocabulary),
        "names": resolved,
        "bounds": bounds,
    }


def stops(layers: Mapping[str, Callable[[str], object]], layer: str, sql: str) -> bool:
    """Return whether a layer refuses a text by itself; what it cannot judge is not stopped."""
    try:
        layers[layer](sql)
    except Refused as refused:
        return refused.rejection.layer in (layer, *_SPEAKS_FOR.get(layer, ()))
    except _NOT_ITS_BUSINESS:
        return False
    return False


async def server_layers(reader: str, attacks: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return how many attacks EXPLAIN and the session stop, no tree layer having looked.

    Attacks on time and memory are planned only, and only where planning builds nothing.
    """
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it remarks on every statement that fails
    stopped: Counter[str] = Counter()
    session = SessionSettings(statement_timeout_s=TIMEOUT_S)
    named = tuple(sorted(corpus_catalog().visible_to(READER).by_name))
    async with open_warehouse_pool(reader, size=1) as pool:
        prover = PostgresProver(pool, session=session)
        executor = PostgresExecutor(pool, session=session)
        for entry in attacks:
            if entry["category"] in RESOURCE - PLANNED or entry.get("client"):
                continue
            checked = CheckedSql(
                source_id="warehouse", sql=entry["sql"], relations=named, limit=1000
            )
            stopped["tried"] += 1
            proof = await prover.prove(checked, READER, timeout_s=TIMEOUT_S)
            stopped["database"] += isinstance(proof, Rejection)
            if entry["category"] in RESOURCE:
                stopped["costly"] += 1
                stopped["by cost"] += isinstance(proof, Rejection)
                continue
            stopped["run"] += 1
            try:
                await executor.run(checked, READER, trace_id="alone", timeout_s=TIMEOUT_S)
            except ClearwayError:
                stopped["session"] += 1
    return stopped
