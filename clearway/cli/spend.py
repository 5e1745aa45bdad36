"""`clearway spend`: what models cost, and how long they took."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.stores.models.spend import Latency, Spend
    from clearway.stores.postgres import Pool

Row = TypeVar("Row")

commands = typer.Typer(help="What models cost, and how long they took.")


class By(StrEnum):
    """What a report has a line for."""

    MODEL = "model"
    USER = "user"
    DAY = "day"
    TENANT = "tenant"


ByOption = Annotated[By, typer.Option("--by", help="One line for each of these.")]
Since = Annotated[
    str | None, typer.Option("--since", help="From this day (UTC) on: 2026-01-31, or 30d.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@commands.callback(invoke_without_command=True)
def spend(
    context: typer.Context, by: ByOption = By.MODEL, since: Since = None, as_json: AsJson = False
) -> int:
    """Show what was spent, the dearest first."""
    if context.invoked_subcommand is not None:
        return 0
    day = _day(since)

    async def report(pool: Pool) -> Sequence[Spend]:
        from clearway.stores.models.spend import all_spend

        return await all_spend(pool, by=by.value, since=day)

    rows = _reported(report)
    if as_json:
        return _as_json(rows)
    table = _table(by, "calls", "failed", "tokens in", "cached", "tokens out", "USD", "estimated")
    for row in rows:
        counts = (row.attempts, row.failed, row.prompt_tokens, row.cached_tokens)
        told = [f"{count:,}" for count in (*counts, row.completion_tokens)]
        table.add_row(row.name, *told, f"{row.cost_usd:.4f}", f"{row.estimated_usd:.4f}")
    total = sum(row.cost_usd for row in rows)
    return _print(table, f"{total:.4f} USD in {sum(row.attempts for row in rows):,} calls")


@commands.command("latency")
def latency(by: ByOption = By.MODEL, since: Since = None, as_json: AsJson = False) -> int:
    """Show how long successful calls took, the most called first."""
    day = _day(since)

    async def report(pool: Pool) -> Sequence[Latency]:
        from clearway.stores.models.spend import all_latency

        return await all_latency(pool, by=by.value, since=day)

    rows = _reported(report)
    if as_json:
        return _as_json(rows)
    table = _table(by, "calls", "average", "p50 at most", "p95 at most", "longest")
    for row in rows:
        times = (row.average_s, row.p50_s, row.p95_s, row.max_s)
        told = ["" if time_s is None else f"{time_s:.2f} s" for time_s in times]
        table.add_row(row.name, f"{row.succeeded:,}", *told)
    return _print(table, f"{sum(row.succeeded for row in rows):,} successful calls")


def _day(since: str | None) -> date:
    if since is None:
        return date.min
    try:
        if since.endswith("d") and since[:-1].isdecimal():
            return datetime.now(UTC).date() - timedelta(days=int(since[:-1]))
        return date.fromisoformat(since)
    except (ValueError, OverflowError):
        raise typer.BadParameter("write a day as 2026-01-31, or as 30d for thirty days") from None


def _reported(report: Callable[[Pool], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
    settings = entry()

    async def opened() -> Sequence[Row]:
        from clearway.stores.postgres import open_database

        async with open_database(settings) as database:
            return await report(database.pool)

    return run(opened())


def _as_json(rows: Sequence[Spend] | Sequence[Latency]) -> int:
    for row in rows:
        typer.echo(json.dumps(asdict(row), default=str))
    return 0


def _table(by: By, *columns: str) -> Table:
    table = Table(by.value, box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _print(table: Table, total: str) -> int:
    console = Console()
    if table.row_count:
        console.print(table, highlight=False)
    console.print(total, highlight=False)
    return 0
