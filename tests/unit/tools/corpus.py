"""The SQL corpora, found from wherever the tests are run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearway.evals.bench import sql_corpus
from clearway.evals.bench.sql_corpus import READER
from clearway.evals.bench.sql_corpus import RESOURCE as IN_BOUNDS
from clearway.semantics.types import Catalog

FOLDER = Path(__file__).parents[2] / "corpora" / "sql"


def entries(name: str) -> tuple[dict[str, Any], ...]:
    return sql_corpus.entries(name, FOLDER)


def corpus_catalog() -> Catalog:
    return sql_corpus.corpus_catalog(FOLDER)


__all__ = ["FOLDER", "IN_BOUNDS", "READER", "corpus_catalog", "entries"]
