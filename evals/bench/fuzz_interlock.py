"""Mutates benign statements, plants effects in them, and looks at what the interlock lets by.

python -m clearway.evals.bench.fuzz_interlock [--count 200000] [--seed 1] [--corpus FOLDER]

A finding is an accepted statement that names something denied or calls something unknown, told by
Postgres's own grammar; a defect caught at the guard's boundary; or one check that takes too long.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import pgparse  # type: ignore[import-not-found,unused-ignore]  # the binding ships no types

from clearway.evals.bench.mutants import mutants
from clearway.evals.bench.sql_corpus import FOLDER, READER, corpus_catalog
from clearway.plans import CheckedSql, Rejection
from clearway.semantics.types import Catalog
from clearway.tools.sql.guard import STANDARD, SqlInterlock

TOO_LONG_S = 1.0

_DENIED = re.compile(r'"(?:ssn|salary|private_note|secrets|payroll|api_keys|audit_log|vault)"')


@dataclass
class FuzzReport:
    """What a run of the fuzzer saw."""

    tried: int = 0
    accepted: int = 0
    slowest_s: float = 0.0
    findings: list[tuple[str, str]] = field(default_factory=list)
    """What was wrong, and the statement."""
    rules: Counter[str] = field(default_factory=Counter)


def fuzz(count: int, seed: int, folder: Path = FOLDER) -> FuzzReport:
    """Try `count` mutants; the same seed tries the same ones."""
    catalog = corpus_catalog(folder)
    guard = SqlInterlock(catalog)
    report = FuzzReport()
    for sql in mutants(count, seed, folder):
        started = perf_counter()
        verdict = guard.check(sql, READER)
        spent = perf_counter() - started
        report.tried += 1
        report.slowest_s = max(report.slowest_s, spent)
        if spent > TOO_LONG_S:
            report.findings.append((f"took {spent:.2f} s", sql))
        if isinstance(verdict, Rejection):
            report.rules[verdict.rule] += 1
            if verdict.rule == "sql.internal":
                report.findings.append(("a defect", sql))
            continue
        report.accepted += 1
        if (wrong := what_is_wrong(verdict, catalog)) is not None:
            report.findings.append((wrong, sql))
    return report


def what_is_wrong(verdict: CheckedSql, catalog: Catalog) -> str | None:
    """Return what an accepted text does that it may not, as Postgres's grammar reads it."""
    try:
        statements = pgparse.parse(verdict.sql)
    except (pgparse.PGQueryError, ValueError, RecursionError) as error:
        return f"cannot be read: {error}"
    if len(statements) != 1 or set(statements[0]["stmt"]) != {"SelectStmt"}:
        return "is not one SELECT"
    plain = re.sub(r"'(?:[^']|'')*'|(?:OVER|WINDOW) \"\w+\"|\"\w+\" =>", "''", verdict.sql)
    if _DENIED.search(plain) and not _renamed(plain):
        return "names something denied"
    limit = statements[0]["stmt"]["SelectStmt"]["limitCount"]["A_Const"]
    if limit.get("ival", {}).get("ival", 0) > 1000:
        return "has no limit"
    wrongs = (_wrong_node(kind, node, catalog) for kind, node in _nodes(statements[0]))
    return next((wrong for wrong in wrongs if wrong), None)


def _wrong_node(kind: str, node: dict[str, Any], catalog: Catalog) -> str | None:
    schema = node.get("schemaname")
    if kind == "RangeVar" and schema and f"{schema}.{node['relname']}" not in catalog.by_name:
        return "reads something denied"
    if kind == "FuncCall" and node["funcname"][-1]["String"]["sval"] not in _KNOWN:
        return "calls something unknown"
    if kind in ("InsertStmt", "UpdateStmt", "DeleteStmt", "LockingClause", "IntoClause"):
        return f"holds a {kind}"
    return None


_KNOWN = STANDARD.functions | STANDARD.table_functions | {
    "overlaps", "like_escape", "similar_to_escape"
}  # fmt: skip


def _renamed(sql: str) -> bool:
    """Return whether the denied name is one the statement itself gives to something."""
    return re.search(r'AS (?:"\w+"\()?(?:"[^"]+", )*' + _DENIED.pattern, sql) is not None


def _nodes(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            for name, child in item.items():
                if isinstance(child, dict):
                    yield name, child
                pending.append(child)


def main() -> int:
    """Run, print what was seen, and fail on a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, default=FOLDER)
    options = parser.parse_args()
    started = perf_counter()
    report = fuzz(options.count, options.seed, options.corpus)
    print(
        f"{report.tried} mutants in {perf_counter() - started:.0f} s, {report.accepted} accepted, "
        f"slowest check {report.slowest_s * 1000:.0f} ms, {len(report.findings)} findings"
    )
    for rule, times in report.rules.most_common():
        print(f"  {times:7} {rule}")
    for wrong, sql in report.findings[:50]:
        print(f"FINDING {wrong}: {sql!r}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
