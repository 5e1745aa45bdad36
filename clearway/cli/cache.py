"""`clearway cache` and `clearway history`: what is kept of plans, and taking it away."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.stores.plans.history import HistoryEntry
    from clearway.stores.plans.upkeep import PlanUpkeep

Result = TypeVar("Result")

cache = typer.Typer(help="Plans that ran, kept to be used again.", no_args_is_help=True)
history = typer.Typer(help="What was planned, how often it ran, its cost.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@cache.command("stats")
def stats(as_json: AsJson = False) -> int:
    """Show what the tiers hold."""
    found = _with_upkeep(lambda upkeep: upkeep.stats())
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return 0
    console = Console()
    if found.tier == "process":
        fast = "no Redis (CLEARWAY_REDIS_URL): each process keeps its own"
    elif found.size is None:
        fast = f"redis     {found.trouble}"
    else:
        fast = f"redis     {found.size.entries} plans{_memory(found.size.used_bytes)}"
        fast += f" of{_memory(found.size.limit_bytes)}" if found.size.limit_bytes else ""
    console.print(fast, highlight=False, soft_wrap=True)
    console.print(
        f"history   {found.history_entries} plans, used {found.history_uses} times",
        highlight=False,
    )
    return 0


@cache.command("invalidate")
def invalidate(
    pattern: Annotated[
        str | None,
        typer.Option(help="Questions that match: with * and ? a glob, else part of the text."),
    ] = None,
    older_than_hours: Annotated[
        float | None, typer.Option(min=0, help="Plans made longer ago than this.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every plan.")] = False,
) -> int:
    """Drop kept plans; their questions are planned afresh."""
    if pattern is None and older_than_hours is None and not everything:
        raise typer.BadParameter("name a --pattern, --older-than-hours, or --all")
    dropped = _with_upkeep(
        lambda upkeep: upkeep.invalidate(pattern=pattern, older_than_hours=older_than_hours)
    )
    return _told(dropped, "dropped")


@cache.command("optimize")
def optimize() -> int:
    """Drop the fifth of all plans that is worth least: used seldom, long ago, made long ago."""
    return _told(_with_upkeep(lambda upkeep: upkeep.optimize()), "dropped")


@history.command("list")
def list_history(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20, as_json: AsJson = False
) -> int:
    """List kept plans, the latest used first."""
    kept = _with_upkeep(lambda upkeep: upkeep.history.entries(limit))
    if as_json:
        for entry_ in kept:
            typer.echo(json.dumps(asdict(entry_), default=str))
        return 0
    console = Console()
    for entry_ in kept:
        console.print(_line(entry_), no_wrap=True, overflow="ellipsis", highlight=False)
    return 0


@history.command("cleanup")
def cleanup() -> int:
    """Remove what was not used for CLEARWAY_HISTORY_RETENTION_DAYS."""
    return _told(_with_upkeep(lambda upkeep: upkeep.history.cleanup()), "removed")


def _with_upkeep(work: Callable[[PlanUpkeep], Awaitable[Result]]) -> Result:
    settings = entry()

    async def opened() -> Result:
        from clearway.resilience.clock import SystemClock
        from clearway.stores.plans.upkeep import open_upkeep
        from clearway.stores.postgres import open_database

        async with (
            open_database(settings) as database,
            open_upkeep(settings, database.pool, SystemClock()) as upkeep,
        ):
            return await work(upkeep)

    return run(opened())


def _told(count: int, verb: str) -> int:
    plans = "1 plan" if count == 1 else f"{count} plans"
    Console().print(f"[green]✓[/] {plans} {verb}", highlight=False)
    return 0


def _memory(size: int | None) -> str:
    return "" if size is None else f" {size / 1e6:.1f} MB"


def _line(kept: HistoryEntry) -> str:
    used = f"{kept.last_used_at:%Y-%m-%d %H:%M} {kept.use_count:>5}x"
    took = f"{kept.execution_ms:.0f} ms"
    cost = "" if not kept.cost_usd else f"${kept.cost_usd:.4f}"
    question = escape(" ".join(kept.question.split()))
    return f"{used} {took:>8} {kept.planned_by:<6} {cost:>8}  {question}"
