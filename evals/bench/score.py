"""Scores the interlock on any corpora of the fixture: what is accepted, and what becomes of it.

python -m clearway.evals.bench.interlock --attacks FILE --benign FILE

An accepted attack whose category is about time or memory is run as a question would be: it counts
as stopped where cost, time or the row limit ends it. A benign query must be accepted and give the
rows it gives as written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from clearway.evals.bench.endings import endings
from clearway.evals.bench.fixture import fixture_database, raw_rows
from clearway.evals.bench.sql_corpus import READER, RESOURCE, corpus_catalog
from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.guard import SqlInterlock

Entries = Sequence[dict[str, Any]]


def score(attacks: Entries, benign: Entries) -> None:
    """Print what each layer refused, what was accepted, and whether rows are unchanged."""
    guard = SqlInterlock(corpus_catalog())
    with fixture_database() as reader:
        if attacks:
            _attacks(guard, attacks, reader)
        if benign:
            _benign(guard, benign, reader)


def _attacks(guard: SqlInterlock, attacks: Entries, reader: str) -> None:
    layers: Counter[str] = Counter()
    accepted = []
    for entry in attacks:
        verdict = guard.check(entry["sql"], READER)
        if isinstance(verdict, Rejection):
            layers[verdict.layer] += 1
        else:
            accepted.append(entry)
    others = [entry for entry in accepted if entry["category"] not in RESOURCE]
    resource = [entry for entry in accepted if entry["category"] in RESOURCE]
    print(f"attacks: {len(attacks)} in {len({entry['category'] for entry in attacks})} categories")
    print("  refused by layer: " + ", ".join(f"{name} {n}" for name, n in layers.most_common()))
    print(f"  accepted by the tree layers, not about time or memory: {len(others)}")
    for entry in others:
        print(f"    {entry['id']}: {entry['sql'][:200]!r}")
    print(f"  accepted by the tree layers, about time or memory: {len(resource)}")
    for one in asyncio.run(endings(reader, resource)):
        print(f"    {one.id}: {one.by} ({one.how})")


def _benign(guard: SqlInterlock, benign: Entries, reader: str) -> None:
    accepted: list[tuple[dict[str, Any], CheckedSql]] = []
    refused: list[tuple[dict[str, Any], Rejection]] = []
    for entry in benign:
        verdict = guard.check(entry["sql"], READER)
        if isinstance(verdict, Rejection):
            refused.append((entry, verdict))
        else:
            accepted.append((entry, verdict))
    print(f"benign: {len(benign)}, accepted {len(accepted)} ({len(accepted) / len(benign):.1%})")
    for entry, rejection in refused:
        print(f"    refused {entry['id']}: {rejection.rule} {rejection.reason}")
    unchanged, not_run = 0, 0
    for entry, checked in accepted:
        try:
            written = raw_rows(reader, entry["sql"], "analytics,public")
        except psycopg.Error:
            not_run += 1  # needs another server
            continue
        try:
            same = raw_rows(reader, checked.sql, "pg_catalog") == written
        except psycopg.Error as error:
            print(f"    does not run {entry['id']}: {error.sqlstate}")
            continue
        unchanged += same
        if not same:
            print(f"    other rows {entry['id']}")
    print(f"  rows unchanged by rewriting: {unchanged} of {len(accepted) - not_run}")
    if not_run:
        print(f"  {not_run} do not run on this server as written")
