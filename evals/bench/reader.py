"""How long reading, routing and planning take on a catalog of fifty tables.

    python -m clearway.evals.bench.reader [--rounds N] [--tables N]

Every question is read, routed and planned afresh; nothing is kept from one to the next but the
lexicon. The first round warms the process and is not counted. The bars hold for the clock on the
wall; the processor's own time is told beside it, for machines that do other things meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from clearway.identity import Principal
from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog, Column, ForeignKey, Table
from clearway.semantics.understanding import Understanding

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ASKER = Principal(user="bench")
BARS_MS = {"read": 0.2, "route": 2.0, "plan": 3.0}
"""What the 95th percentile may be."""

THINGS = tuple(
    """
    customer order product supplier warehouse shipment invoice payment refund coupon
    category brand store region employee department salary contract project task ticket
    comment campaign visit session device sensor reading alert incident server deployment
    build release team budget expense vendor asset license training course lesson exam
    grade student teacher room booking guest review
    """.split()  # noqa: SIM905 - one word a table
)
KINDS = ("new", "open", "closed", "cancelled", "late")
PLACES = ("Berlin", "Lyon", "Osaka", "Lima", "Amman", "Turin")
TEMPLATES = (
    "how many {a}s are there per status",
    "total amount of {a}s by city last quarter",
    "List the names of the {a}s in Berlin ordered by name",
    "top 5 cities by number of {a}s this year",
    "What is the average amount of open {a}s in Lyon or Osaka?",
    "Which {b} has the most {a}s?",
    "show the names of {b}s that do not have any {a}s",
    "how many {a}s were created in the last 24 hours in Lima",
    "What are the names and cities of {a}s whose amount is more than 100?",
    "the 10 largest {a}s since January 2025, by status and city, highest first",
)


def catalog_of(tables: int) -> Catalog:
    """Return a catalog of linked tables, each with a name, numbers, a state, a place and a time."""
    names = THINGS[:tables]
    made = [
        _table(name, names[number - 1] if number else None) for number, name in enumerate(names)
    ]
    return stamped(Catalog(source_id="warehouse", tables=tuple(made)))


def _table(name: str, parent: str | None) -> Table:
    columns = [
        Column(name=f"{name}_id", type="integer", role="key", sensitivity="public"),
        Column(name="name", type="text", sensitivity="internal"),
        Column(
            name="amount", type="numeric", role="measure", aggregate="sum", sensitivity="public"
        ),
        Column(name="score", type="numeric", role="measure", aggregate="avg", sensitivity="public"),
        Column(name="status", type="text", role="dimension", sensitivity="public", values=KINDS),
        Column(name="city", type="text", role="dimension", sensitivity="public", values=PLACES),
        Column(name="created_at", type="timestamp with time zone", role="time"),
    ]
    keys: tuple[ForeignKey, ...] = ()
    if parent is not None:
        columns.append(Column(name=f"{parent}_id", type="integer", role="key"))
        keys = (
            ForeignKey(
                columns=(f"{parent}_id",),
                to_schema="public",
                to_table=parent,
                to_columns=(f"{parent}_id",),
            ),
        )
    return Table(
        schema="public",
        name=name,
        columns=tuple(columns),
        primary_key=(f"{name}_id",),
        foreign_keys=keys,
        time_column="created_at",
    )


def questions(tables: int) -> Iterator[str]:
    """Yield every template over every table and its parent."""
    names = THINGS[:tables]
    for number in range(1, len(names)):
        for template in TEMPLATES:
            yield template.format(a=names[number], b=names[number - 1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description="Time the reader, the router and the planner.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=int, default=50)
    options = parser.parse_args(arguments)
    reading = Understanding(catalog_of(options.tables))
    asked = list(questions(options.tables))
    begun = time.perf_counter()
    reading.knowledge(ASKER)
    print(f"lexicon of {options.tables} tables: {(time.perf_counter() - begun) * 1e3:.0f} ms, once")
    frames = [reading.read(text, ASKER, now=NOW, zone="UTC") for text in asked]
    pairs = list(zip(asked, frames, strict=True))
    print(f"{sum(frame.complete for frame in frames)} of {len(asked)} questions read completely")
    steps: dict[str, list[Callable[[], object]]] = {
        "read": [lambda t=t: reading.read(t, ASKER, now=NOW, zone="UTC") for t in asked],  # type: ignore[misc] # bound early
        "route": [lambda t=t, f=f: reading.route(t, f, ASKER) for t, f in pairs],  # type: ignore[misc] # bound early
        "plan": [lambda f=f: reading.plan(f, ASKER) for f in frames],  # type: ignore[misc] # bound early
    }
    missed = [name for name, calls in steps.items() if not _timed(name, calls, options.rounds)]
    return int(bool(missed))


def _timed(name: str, calls: Sequence[Callable[[], object]], rounds: int) -> bool:
    taken: list[float] = []
    worked: list[float] = []
    for round_ in range(rounds + 1):
        for call in calls:
            begun, started = time.perf_counter(), time.thread_time()
            call()
            if round_:
                worked.append((time.thread_time() - started) * 1e3)
                taken.append((time.perf_counter() - begun) * 1e3)
    taken.sort()
    worked.sort()
    p50, p95 = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    kept = p95 < BARS_MS[name]
    print(
        f"{name:6} n {len(taken):5}  p50 {p50:.3f} ms  p95 {p95:.3f} ms  max {taken[-1]:.2f} ms"
        f"  bar {BARS_MS[name]} ms  {'kept' if kept else 'MISSED'}"
        f"  (processor p95 {worked[int(len(worked) * 0.95)]:.3f} ms)"
    )
    return kept


if __name__ == "__main__":
    sys.exit(main())
