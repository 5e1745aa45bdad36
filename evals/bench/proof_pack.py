"""Writes docs/safety.md: layers, rules and their tests, corpora, figures and known limits.

python -m clearway.evals.bench.proof_pack [--fuzz 20000]      (from the root of a checkout)
"""

from __future__ import annotations

import argparse
import ast
import platform
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import sqlglot.parser

from clearway.evals.bench.figure import percentile
from clearway.evals.bench.fuzz_interlock import fuzz
from clearway.evals.bench.interlock import HOSTILE, plain_validator
from clearway.evals.bench.sql_corpus import READER, RESOURCE, corpus_catalog, entries
from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.guard import STANDARD, SqlInterlock, grammar
from clearway.tools.sql.guard.bounds import unwrap
from clearway.tools.sql.guard.names import NameReader
from clearway.tools.sql.guard.reading import read
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.scope import View
from clearway.tools.sql.guard.text import TextLimits, check_text
from clearway.tools.sql.guard.tree import check_tree

GUARD = Path("tools") / "sql"
TESTS = Path("tests")
TARGET = Path("docs") / "safety.md"

LAYERS = (
    ("text", "Characters two readers could take differently; length, nesting, semicolons."),
    ("agreement", "Postgres's own grammar: an allowlist over its whole tree; the written and the "
     "rendered statement must mean the same, name the same tables and end in the same LIMIT."),
    ("tree", "sqlglot: an allowlist of node types and of every argument of each; functions, types, "
     "collations by name."),
    ("names", "Every relation and column, scope by scope, against what the principal may see."),
    ("bounds", "LIMIT; products of tables; series, values, patterns and recursion."),
    ("database", "EXPLAIN under the reader role: relations within those named, cost and rows under "
     "a ceiling, planning within the timeout."),
)  # fmt: skip
SESSION = """
The statement then runs in a session of its own (`tools/sql/session.py`, `execute.py`): reader
role, read-only transaction, one statement per protocol message, server-side cursor with row and
byte caps, statement, lock and idle timeouts inside the request's deadline, `work_mem`, `jit` off,
`search_path` of pg_catalog alone, identity settings for row-level security. It ends in ROLLBACK;
the connection is reset with DISCARD ALL before its next use. Raw messages of the server never
leave it. Tests: `tests/integration/tools/`. Row filters and masks of the catalog are compiled into
the tree (`guard/policy.py`; tests: `tests/unit/tools/test_policy.py`, on rows in
`test_execute.py`).
"""
LIMITS = """
- An operator or function of the database's own in `pg_catalog` would be called like a built-in one.
  Only a superuser can put it there.
- A user-written cast *to text* of a type of the database's own runs when such a value is written as
  text. `clearway.tools.sql.exposure` reports casts through functions; the grant script takes their
  EXECUTE from PUBLIC.
- A view runs with its owner's rights unless it is `security_invoker`; putting it into the catalog
  is the operator's word for what it reads. The exposure report names such views.
- Estimates of rows are estimates. A join on a key of few values passes the tree and is left to the
  cost ceiling and the timeout.
- A single cell can be as large as the statement's own values and aggregates allow; the byte cap
  applies after the driver has read it.
- Row filters keep other conditions from running first (`OFFSET 0`), which costs index use on
  filtered tables. Row-level security of the database has no such cost and can be used instead.
- How long an answer takes can depend on rows that a filter hides.
- The role's CONNECTION LIMIT and temp_file_limit need the grant script, or an administrator.
"""


def rules() -> dict[str, dict[str, set[str]]]:
    """Return, by layer, the rules in the source and the test files that name each."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted(GUARD.rglob("*.py")):
        for layer, rule in _refusals(ast.parse(path.read_text(encoding="utf-8"))):
            found[layer][rule] |= set()
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py"))}
    for by_rule in found.values():
        for rule, tests in by_rule.items():
            tests |= {path.name for path, text in texts.items() if f'"{rule}"' in text}
    return found


def _refusals(tree: ast.Module) -> Iterator[tuple[str, str]]:
    names = {layer for layer, _ in LAYERS}
    own = next((layer for layer in names if _makes(tree, layer)), None)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        words = [
            argument.value
            for argument in node.args[:2]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if node.func.id == "Refused" and len(words) == 2:
            yield words[0], f"sql.{words[1]}"
        elif node.func.id == "_rejection" and words:
            yield "database", f"sql.database.{words[0]}"
        elif node.func.id == "_refused" and words and own and " " not in words[0]:
            yield own, f"sql.{words[0]}"


def _makes(tree: ast.Module, layer: str) -> bool:
    """Return whether a module's `_refused` helper refuses for this layer, the rule being given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "_refused":
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and len(call.args) > 1:
                    first, second = call.args[:2]
                    if isinstance(first, ast.Constant) and isinstance(second, ast.Name):
                        return first.value == layer
    return False


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
        counts[verdict.layer if isinstance(verdict, Rejection) else "rewritten"] += 1
        counts["plain"] += plain_validator(entry["sql"], tables)
    layers = [layer for layer, _ in LAYERS[:-1]]
    yield f"| category | attacks | {' | '.join(layers)} | rewritten | 20-line validator accepts |"
    yield "| --- " * (len(layers) + 4) + "|"
    for category, counts in sorted(seen.items()):
        mark = " *" if category in RESOURCE else ""
        by_layer = " | ".join(str(counts[layer]) for layer in layers)
        rest = f"{counts['rewritten']} | {counts['plain']}"
        yield f"| {category}{mark} | {counts['all']} | {by_layer} | {rest} |"
    total = sum(seen.values(), Counter[str]())
    by_layer = " | ".join(str(total[layer]) for layer in layers)
    yield f"| **all** | {total['all']} | {by_layer} | {total['rewritten']} | {total['plain']} |"
    benign = entries("benign")
    passed = sum(isinstance(guard.check(entry["sql"], READER), CheckedSql) for entry in benign)
    yield ""
    yield f"Benign queries accepted: {passed} of {len(benign)} ({passed / len(benign):.1%})."


def _alone() -> Iterator[str]:
    """Say what each tree layer stops with the others off."""
    view = View.of(corpus_catalog().visible_to(READER))

    def names(sql: str) -> None:
        for statement in read(sql):
            NameReader(view).statement(unwrap(statement))

    layers: dict[str, Callable[[str], object]] = {
        "text": lambda sql: check_text(sql, TextLimits(), strict_semicolons=False),
        "agreement, its allowlist only": lambda sql: grammar.read(sql, STANDARD),
        "tree": lambda sql: check_tree(read(sql), STANDARD),
        "names, of what sqlglot can read": names,
    }
    attacks = entries("attacks")
    for layer, step in layers.items():
        stopped = 0
        for entry in attacks:
            try:
                step(entry["sql"])
            except (Refused, RecursionError, AttributeError, KeyError, TypeError):
                stopped += 1
        yield f"- {layer}: {stopped} of {len(attacks)}"


def document(mutants: int) -> str:
    """Return the whole page."""
    guard = SqlInterlock(corpus_catalog())
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
    lines += [
        "Every attack has its effect on a real server when it runs unguarded "
        "(`tests/corpora/sql/verify.py`). Columns count what each layer refused; layers run in the "
        "order text, agreement, tree, names, bounds. A rewritten attack is accepted and harmless: "
        "`tests/integration/tools/test_corpora.py` runs it against two databases that differ only "
        "in denied data and finds the same answer. Categories marked * are about time and memory; "
        "there the cost ceiling and the timeout decide too.",
        "",
        *_corpora(guard),
        "",
        "Each layer alone, the others off:",
        "",
        *_alone(),
        "",
        "## Figures",
        "",
        f"Python {platform.python_version()}, {platform.machine()}.",
        "",
        *_times(guard),
    ]
    report = fuzz(mutants, seed=1)
    lines.append(
        f"- fuzz, seed 1: {report.tried} mutants, {report.accepted} accepted, "
        f"{len(report.findings)} findings, slowest check {report.slowest_s * 1000:.0f} ms"
    )
    lines += ["", "## Known limits", "", LIMITS.strip(), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fuzz", type=int, default=20_000)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(document(parser.parse_args().fuzz), encoding="utf-8")
    print(f"{TARGET} written")
    sys.exit(0)
