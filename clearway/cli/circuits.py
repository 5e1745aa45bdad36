"""`clearway models circuits`: which endpoints are left alone, and how to ask them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.llm.ports import Health

ALL = "all"


def circuits(
    reset: Annotated[
        str | None, typer.Option(help="Close those of this provider first; all closes every one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Show the circuit and the record of every endpoint that was called, by any process."""
    settings = entry()

    async def looked() -> tuple[int, Sequence[Health]]:
        from clearway.resilience.clock import SystemClock
        from clearway.stores.models.admission import open_admission
        from clearway.stores.postgres import open_database

        redis = settings.redis_url.get_secret_value() if settings.redis_url else None
        async with (
            open_database(settings) as database,
            open_admission(
                database.pool, database.addresses.app, SystemClock(), redis_url=redis
            ) as admission,
        ):
            wanted = None if reset == ALL else reset
            closed = 0 if reset is None else await admission.reset(wanted)
            return closed, await admission.health()

    closed, found = run(looked())
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], default=str))
        return 0
    _print(found)
    if reset is not None:
        typer.echo(f"{closed} closed")
    return 0


def _print(found: Sequence[Health]) -> None:
    table = Table("endpoint", "circuit", box=None, pad_edge=False)
    for column in ("failures in a row", "calls", "failed", "asked again in"):
        table.add_column(column, justify="right")
    for each in found:
        wait = "" if each.retry_after_s is None else f"{each.retry_after_s:.0f} s"
        counts = (each.consecutive_failures, each.total_requests, each.total_failures)
        name = f"{each.provider}/{each.endpoint}"
        table.add_row(name, each.state, *(f"{count:,}" for count in counts), wait)
    if found:
        Console().print(table, highlight=False)
    else:
        typer.echo("No model was called yet.")
