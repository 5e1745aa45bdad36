"""Writes docs/safety.md: layers, rules and their tests, corpora, figures and known limits.

python -m clearway.evals.bench.proof_pack [--fuzz 20000]      (from the root of a checkout)
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import sqlglot
import sqlglot.parser

from clearway.evals.bench import warehouse
from clearway.evals.bench.alone import server_layers, stops, tree_layers
from clearway.evals.bench.endings import endings, table
from clearway.evals.bench.figure import percentile
from clearway.evals.bench.fixture import fixture_database
from clearway.evals.bench.fuzz_interlock import fuzz
from clearway.evals.bench.interlock import HOSTILE, plain_validator
from clearway.evals.bench.proof_rules import rules
from clearway.evals.bench.proof_words import JIT, LAYERS, LIMITS, SESSION
from clearway.evals.bench.sql_corpus import READER, RESOURCE, corpus_catalog, entries
from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.guard import SqlInterlock

TARGET = Path("docs") / "safety.md"


def _times(guard: SqlInterlock) -> Iterator[str]:
    benign = [entry["sql"] for entry in entries("benign")]
    for sql in benign:
        guard.check(sql, READER)
    samples = []
    for sql in benign * 3:
        started = perf_counter()
        guard.check(sql, READER)
        samples.append((perf_counter() - started) * 1000)
    kind = "plain" if sqlglot.parser.__file__.endswith(".py") else "compiled"
    yield (
        f"- tree layers, benign corpus, {kind} sqlglot: p50 {statistics.median(samples):.2f} ms, "
        f"p95 {percentile(samples, 0.95):.2f} ms (n={len(samples)})"
    )
    for name, text in HOSTILE.items():
        started = perf_counter()
        guard.check(text, READER)
        yield f"- {name}: refused in {(perf_counter() - started) * 1000:.2f} ms"


def _corpora(guard: SqlInterlock) -> Iterator[str]:
    tables = frozenset(table.name for table in corpus_catalog().tables)
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries("attacks"):
        verdict = guard.check(entry["sql"], READER)
        counts = seen[entry["category"]]
        counts["all"] += 1
        counts[verdict.layer if isinstance(verdict, Rejection) else "accepted"] += 1
        counts["plain"] += plain_validator(entry["sql"], tables)
    layers = [layer for layer, _ in LAYERS[:-1]]
    yield f"| category | attacks | {' | '.join(layers)} | accepted | 20-line validator accepts |"
    yield "| --- " * (len(layers) + 4) + "|"
    for category, counts in sorted(seen.items()):
        mark = " *" if category in RESOURCE else ""
        by_layer = " | ".join(str(counts[layer]) for layer in layers)
        rest = f"{counts['accepted']} | {counts['plain']}"
        yield f"| {category}{mark} | {counts['all']} | {by_layer} | {rest} |"
    total = sum(seen.values(), Counter[str]())
    by_layer = " | ".join(str(total[layer]) for layer in layers)
    yield f"| **all** | {total['all']} | {by_layer} | {total['accepted']} | {total['plain']} |"
    benign = entries("benign")
    passed = sum(isinstance(guard.check(entry["sql"], READER), CheckedSql) for entry in benign)
    yield ""
    yield f"Benign queries accepted: {passed} of {len(benign)} ({passed / len(benign):.1%})."


def _alone(reader: str) -> Iterator[str]:
    """Say what each layer stops with the others off."""
    layers, attacks = tree_layers(), entries("attacks")
    yield "| layer | attacks | stopped |"
    yield "| --- | --- | --- |"
    for layer in layers:
        stopped = sum(stops(layers, layer, entry["sql"]) for entry in attacks)
        yield f"| {layer} | {len(attacks)} | {stopped} |"
    server = asyncio.run(server_layers(reader, attacks))
    yield f"| database (EXPLAIN under the reader role) | {server['tried']} | {server['database']} |"
    yield f"| its cost ceiling, of costly ones | {server['costly']} | {server['by cost']} |"
    yield f"| session (run as the reader) | {server['run']} | {server['session']} |"


def _endings(reader: str) -> Iterator[str]:
    """Say what ended the attacks that the tree layers accept."""
    found = asyncio.run(endings(reader, entries("attacks")))
    counts = Counter(one.by for one in found)
    others = sum(one.category not in RESOURCE for one in found)
    yield f"Attacks accepted by the tree layers: {others}, but for time and memory: "
    yield (
        f"{len(found)}, of which {counts['cost']} are stopped by the ceilings of the database "
        f"layer, {counts['time']} by a timeout, {counts['row limit']} by the row limit, "
        f"{counts['nothing']} by nothing."
    )
    yield ""
    yield from table(found)


def _plain_times() -> str:
    """Time the tree layers with the uncompiled parser, in a process of its own."""
    package = Path(sqlglot.__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            package,
            Path(folder) / "sqlglot",
            ignore=shutil.ignore_patterns("*.so", "*.pyd"),
        )
        script = "from clearway.evals.bench.proof_pack import _times, _guard\n"
        script += "print(next(_times(_guard())))"
        ran = subprocess.run(  # noqa: S603  # this program, with another path
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    return ran.stdout.strip()


def _warehouse() -> Iterator[str]:
    """Run the bench of the warehouse and return what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        asyncio.run(warehouse.main())
    yield "```"
    yield from said.getvalue().rstrip().split("\n")
    yield "```"


def _guard() -> SqlInterlock:
    return SqlInterlock(corpus_catalog())


def document(mutants: int) -> str:
    """Return the whole page."""
    guard = _guard()
    lines = ["# Why an answer is safe", ""]
    lines += ["Generated by `python -m clearway.evals.bench.proof_pack`; do not edit.", ""]
    lines += ["## Layers, rules and their tests", ""]
    found = rules()
    for layer, promise in LAYERS:
        lines += [f"**{layer}**: {promise}", "", "| rule | named by |", "| --- | --- |"]
        for rule, tests in sorted(found[layer].items()):
            lines.append(f"| `{rule}` | {', '.join(sorted(tests))} |")
        lines.append("")
    lines += [SESSION.strip(), "", "## Corpora", ""]
    with fixture_database() as reader:
        ended, alone = list(_endings(reader)), list(_alone(reader))
    lines += [
        "Every attack has its effect on a real server when it runs unguarded "
        "(`tests/corpora/sql/verify.py`). Columns count what each layer refused; layers run in the "
        "order text, agreement, tree, names, bounds. Categories marked * are about time and "
        "memory; there the ceilings of the database layer and the timeout decide too.",
        "",
        *_corpora(guard),
        "",
        "## What the tree layers accept of attacks",
        "",
        *ended,
        "",
        "Each ran on a real server as a question would (`evals/bench/endings.py`), under 2 s, "
        "256 MB and 16 MB of answer; `tests/integration/tools/test_corpora.py` repeats it, and "
        "finds the same answers on two databases that differ only in denied data.",
        "",
        "## Each layer alone, the others off",
        "",
        *alone,
        "",
        "EXPLAIN and the session look at what arrives, as the role that `clearway warehouse grant` "
        "makes, with no tree layer before them; attacks on time and memory are not run. Each tree "
        "layer has attacks that it alone stops: `tests/unit/tools/test_alone.py`.",
        "",
        "## Figures",
        "",
        f"Python {platform.python_version()}, {platform.machine()}.",
        "",
        *_times(guard),
        _plain_times(),
    ]
    report = fuzz(mutants, seed=1)
    lines.append(
        f"- fuzz, seed 1: {report.tried} mutants, {report.accepted} accepted, "
        f"{len(report.findings)} findings, slowest check {report.slowest_s * 1000:.0f} ms"
    )
    lines += ["", "On an embedded server (`evals/bench/warehouse.py`):", "", *_warehouse()]
    lines += ["", JIT.strip()]
    lines += ["", "## Known limits", "", LIMITS.strip(), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fuzz", type=int, default=20_000)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(document(parser.parse_args().fuzz), encoding="utf-8")
    print(f"{TARGET} written")
    sys.exit(0)
