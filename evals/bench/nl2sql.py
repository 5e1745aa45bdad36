"""How often the rules planner answers questions over real databases, and is right.

    python -m clearway.evals.bench.nl2sql --data DIR [--scorer FILE] [--syn] [--no-lookup] [--wrong]

DIR holds `<db>.sql` or `<db>.sql.gz`, `<db>.questions.jsonl` and, unless `--scorer` says where it
is, the scorer `exec_accuracy.py`. A Postgres of its own is started on a temporary folder; questions
are read as a plain reader role sees the database, with no catalog.yaml. Names are looked up in the
data as in production, unless `--no-lookup`. A question whose gold is null cannot be answered from
its database: declining it is right, and any answer is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib.util
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from psycopg import sql

from clearway.identity import Principal
from clearway.plans import SqlPlan
from clearway.semantics.resolving.grounding import facts_of
from clearway.semantics.types import Catalog, Frame
from clearway.semantics.understanding import Understanding
from clearway.stores.embedded.server import EmbeddedPostgres, join
from clearway.tools.sql.introspect import introspect

READER = "bench_reader"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ASKER = Principal(user="bench")
MIN_RIGHT, MIN_ANSWERED = 0.90, 0.35
PENALTIES = (0, 5, 10)
"""What a wrong answer costs in the Reliability Score, where a right one earns 1 and none 0."""


@dataclass(frozen=True)
class Score:
    """Counts over some questions."""

    asked: int
    answered: int
    right: int

    def reliability(self, penalty: int) -> float:
        """Return RS(penalty): right answers less penalised wrong ones, per question."""
        return (self.right - penalty * (self.answered - self.right)) / max(1, self.asked)

    def line(self, name: str) -> str:
        """Return one row of the report."""
        share = self.answered / max(1, self.asked)
        precision = self.right / max(1, self.answered)
        rs = "  ".join(f"RS({p}) {self.reliability(p):+.3f}" for p in PENALTIES)
        return f"{name:28} n {self.asked:4}  answered {share:6.1%}  right {precision:6.1%}  {rs}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; exit 1 where too few answers are right, or too few are given."""
    options = _options(arguments)
    scorer = load_scorer(options.scorer or options.data / "exec_accuracy.py")
    names = sorted(path.name.split(".")[0] for path in options.data.glob("*.questions.jsonl"))
    failed = False
    with tempfile.TemporaryDirectory(prefix="nl2sql") as folder:
        server = join(Path(folder))
        try:
            for name in names:
                rows = _measure(server, name, options, scorer)
                failed |= _report(name, rows, options)
        finally:
            server.leave()
    return int(failed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the rules planner.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scorer", type=Path, help="the scorer, where it is not in DIR")
    parser.add_argument("--syn", action="store_true", help="the same questions in other words")
    parser.add_argument("--no-lookup", action="store_true", help="do not look names up in the data")
    parser.add_argument("--wrong", action="store_true", help="print what was answered wrongly")
    parser.add_argument("--declined", action="store_true", help="print what was declined, and why")
    return parser.parse_args(arguments)


def load_scorer(file: Path) -> ModuleType:
    """Return the scorer as a module."""
    spec = importlib.util.spec_from_file_location("exec_accuracy", file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no scorer {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _measure(
    server: EmbeddedPostgres, name: str, options: argparse.Namespace, scorer: ModuleType
) -> list[dict[str, Any]]:
    """Load one database, plan its questions as a reader, and score the statements."""
    reader, catalog = load_database(server, name, options.data)
    text = (options.data / f"{name}.questions.jsonl").read_text()
    questions = [json.loads(line) for line in text.splitlines()]
    field = "question_syn" if options.syn else "question"
    reading = Understanding(catalog)
    with psycopg.connect(reader, autocommit=True) as looking:
        planned = {
            q["id"]: plan_of(reading, q[field], None if options.no_lookup else looking)
            for q in questions
        }
    runner = scorer.Runner(reader, 10.0, 20_000, False)
    predictions = {key: found for key, (found, _) in planned.items()}
    rows: list[dict[str, Any]] = scorer.score(
        questions, predictions, runner, scorer.Tol(1e-6, 1e-6), "gold"
    )
    for connection in runner.conns.values():
        connection.close()
    for row, question in zip(rows, questions, strict=True):
        row["asked"], row["why"] = question[field], planned[question["id"]][1]
        row["gold"] = question["gold_sql"]
    return rows


def _statements(folder: Path, name: str) -> bytes:
    plain = folder / f"{name}.sql"
    if plain.exists():
        return plain.read_bytes()
    return gzip.decompress((folder / f"{name}.sql.gz").read_bytes())


def load_database(server: EmbeddedPostgres, name: str, folder: Path) -> tuple[str, Catalog]:
    """Load a dump into a database of its own; return a reader's DSN and what a reader sees."""
    _load(server, name, _statements(folder, name))
    reader = server.conninfo(user=READER, database=name)
    return reader, asyncio.run(_introspected(reader))


def _load(server: EmbeddedPostgres, name: str, statements: bytes) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as admin:
        if admin.execute("select from pg_roles where rolname = %s", (READER,)).fetchone() is None:
            admin.execute(sql.SQL("create role {} login").format(sql.Identifier(READER)))
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with psycopg.connect(server.conninfo(database=name), autocommit=True) as owner:
        owner.execute(statements)
        owner.execute("reset all")
        role = sql.Identifier(READER)
        owner.execute(sql.SQL("grant usage on schema public to {}").format(role))
        owner.execute(sql.SQL("grant select on all tables in schema public to {}").format(role))
        owner.execute("analyze")


async def _introspected(dsn: str) -> Catalog:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        return await introspect(connection, source_id="warehouse")


def grounded(
    reading: Understanding, question: str, connection: psycopg.Connection[Any] | None
) -> Frame:
    """Return the Frame of a question, its names looked up in the data where there is any."""
    frame = reading.read(question, ASKER, now=NOW, zone="UTC")
    wanted = reading.lookup(frame, ASKER) if connection is not None else None
    if connection is None or wanted is None:
        return frame
    facts = facts_of(wanted, connection.execute(wanted.sql.encode()).fetchall())
    return reading.read(question, ASKER, now=NOW, zone="UTC", facts=facts)


def plan_of(
    reading: Understanding, question: str, connection: psycopg.Connection[Any] | None
) -> tuple[str | None, str]:
    """Return the statement, or None and what stood in the way."""
    plan = reading.plan(grounded(reading, question, connection), ASKER)
    return (plan.sql, "") if isinstance(plan, SqlPlan) else (None, plan.reason)


def _report(name: str, rows: list[dict[str, Any]], options: argparse.Namespace) -> bool:
    total = _score(rows)
    words = "in other words" if options.syn else "as asked"
    print(f"\n{name}, {words}, {'without' if options.no_lookup else 'with'} lookup")
    print(total.line("all"))
    shapes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        shapes[row["category"].split("/")[-1]].append(row)
    for shape in sorted(shapes, key=lambda shape: -len(shapes[shape])):
        print(_score(shapes[shape]).line("  " + shape))
    print("  statuses", dict(Counter(row["status"] for row in rows)))
    for row in rows:
        _show(row, options)
    return total.right < MIN_RIGHT * total.answered or total.answered < MIN_ANSWERED * total.asked


def _show(row: dict[str, Any], options: argparse.Namespace) -> None:
    if options.declined and row["status"] == "declined":
        print(f"  declined: {row['asked']}\n    {row['why']}")
    if options.wrong and row["status"] not in ("declined", "declined_right", "exact", "lenient"):
        print(f"  {row['status']}: {row['asked']}\n    ours {row['sql']}\n    gold {row['gold']}")


def _score(rows: Iterable[dict[str, Any]]) -> Score:
    """Count; what cannot be answered and was declined is neither for nor against."""
    statuses = [row["status"] for row in rows if row["status"] != "declined_right"]
    right = sum(status in ("exact", "lenient") for status in statuses)
    return Score(len(statuses), sum(status != "declined" for status in statuses), right)


if __name__ == "__main__":
    sys.exit(main())
