"""What the tree layers cost and stop, beside a plain validator on the same corpus, in one run.

python -m clearway.evals.bench.interlock [--corpus FOLDER]      (from the root of a checkout)
python -m clearway.evals.bench.interlock --attacks FILE --benign FILE     to score other corpora
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import sqlglot
import sqlglot.parser
from sqlglot import exp

from clearway.evals.bench.figure import show
from clearway.evals.bench.score import score
from clearway.evals.bench.sql_corpus import (
    FOLDER,
    READER,
    RESOURCE,
    corpus_catalog,
    entries,
    read_entries,
)
from clearway.plans import CheckedSql
from clearway.tools.sql.guard import SqlInterlock

ROUNDS = 5
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # the plain validator makes it chatter
HOSTILE = {
    "1 MB of text": "select '" + "x" * 1_000_000 + "'",
    "10 000 parentheses": "select " + "(" * 10_000 + "1" + ")" * 10_000,
    "20 000-term sum": "select 1" + "+1" * 20_000,
    "2 000 unions": "select 1" + " union select 1" * 2_000,
    "20 000 chars of NOT": "select " + "not " * 4_900 + "true",
}


def plain_validator(sql: str, tables: frozenset[str]) -> bool:
    """Return whether the usual twenty lines accept a statement."""
    try:
        statements = sqlglot.parse(sql, dialect="postgres")
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            return False
        tree = statements[0]
        writes = (exp.Insert, exp.Update, exp.Delete, exp.Drop, exp.Create, exp.Command)
        if tree.find(*writes) is not None:
            return False
        queries = {cte.alias for cte in tree.find_all(exp.CTE)}
        named = {table.name for table in tree.find_all(exp.Table)} - queries
        if named - tables:
            return False
        if tree.args.get("limit") is None:
            tree = tree.limit(1000)
        tree.sql(dialect="postgres")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return False
    return True


def _timed(step: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    samples = []
    for _ in range(ROUNDS):
        for text in texts:
            started = perf_counter()
            step(text)
            samples.append((perf_counter() - started) * 1000)
    return samples


def main(folder: Path = FOLDER) -> None:
    """Print times and verdicts."""
    catalog = corpus_catalog(folder)
    guard = SqlInterlock(catalog)
    tables = frozenset(table.name for table in catalog.tables)
    benign = [entry["sql"] for entry in entries("benign", folder)]
    compiled = "plain" if sqlglot.parser.__file__.endswith(".py") else "compiled"
    print(f"interlock, sqlglot {compiled}")
    for text in benign[:50]:
        guard.check(text, READER)
    show("check, benign", _timed(lambda sql: guard.check(sql, READER), benign))
    show("20-line validator, benign", _timed(lambda sql: plain_validator(sql, tables), benign))
    _layers(guard, benign)
    for name, text in HOSTILE.items():
        show(f"refuse {name}", _timed(lambda sql: guard.check(sql, READER), [text]))
    _verdicts(guard, tables, folder)


def _layers(guard: SqlInterlock, texts: Sequence[str]) -> None:
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for text in texts:
        for report in guard.trace(text, READER)[1]:
            spent[report.layer].append(report.milliseconds)
    for layer, samples in spent.items():
        show(f"  layer {layer}", samples)


def _verdicts(guard: SqlInterlock, tables: frozenset[str], folder: Path) -> None:
    def ours(sql: str) -> bool:
        return isinstance(guard.check(sql, READER), CheckedSql)

    def theirs(sql: str) -> bool:
        return plain_validator(sql, tables)

    attacks = entries("attacks", folder)
    effects = [entry for entry in attacks if entry["category"] not in RESOURCE]
    resource = [entry for entry in attacks if entry["category"] in RESOURCE]
    groups = {"benign": entries("benign", folder), "attacks": effects, "on resources": resource}
    for name, group in groups.items():
        us = sum(ours(entry["sql"]) for entry in group)
        them = sum(theirs(entry["sql"]) for entry in group)
        share = f"{us / len(group):.1%} against {them / len(group):.1%}"
        print(f"accepted {name:<14} {us:5} against {them:5} of {len(group)}   ({share})")
    print("an accepted attack is rewritten; tests/integration/tools/test_corpora.py runs it")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=FOLDER)
    parser.add_argument("--attacks", type=Path, help="a corpus of attacks, .jsonl or .jsonl.gz")
    parser.add_argument("--benign", type=Path, help="a corpus of benign queries")
    options = parser.parse_args()
    if options.attacks or options.benign:
        files = (options.attacks, options.benign)
        score(*(read_entries(file) if file else [] for file in files))
    else:
        main(options.corpus)
    sys.exit(0)
