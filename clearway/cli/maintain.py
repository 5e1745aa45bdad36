"""`clearway maintain`: the background jobs, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.resilience.scheduler import JobRun, Scheduler


def maintain(
    job: Annotated[str | None, typer.Argument(help="One job; without it, all of them.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Show the jobs and their last run.")
    ] = False,
) -> int:
    """Run the maintenance jobs now; a process that stays open does so by itself.

    Exit code 1 where one failed.
    """
    settings, console = entry(), Console()

    async def work() -> list[JobRun]:
        from clearway.llm.guards.guardrails import PatternRedactor
        from clearway.resilience.clock import SystemClock
        from clearway.resilience.scheduler import Scheduler
        from clearway.stores.instance import Instance
        from clearway.stores.jobs import Housekeeping
        from clearway.stores.keys import load_keys
        from clearway.stores.plans.upkeep import open_upkeep
        from clearway.stores.postgres import VARIABLE, open_database
        from clearway.stores.roster import PostgresRoster

        clock = SystemClock()
        async with (
            open_database(settings) as database,
            open_upkeep(settings, database.pool, clock) as upkeep,
            Instance(database.addresses.app, VARIABLE) as instance,
        ):
            keeping = Housekeeping(
                settings=settings,
                database=database,
                upkeep=upkeep,
                clock=clock,
                keys=await load_keys(database.pool),
                redactor=PatternRedactor(),
                instance=instance.current,
            )
            roster = PostgresRoster(database.pool)
            scheduler = Scheduler(keeping.jobs(), roster, clock, owner="by hand")
            names = _named(job, scheduler)
            if listed:
                _show(scheduler, await roster.runs(), console)
                return []
            return await scheduler.by_hand(names, dry_run=dry_run)

    runs = run(work())
    for each in runs:
        mark = "[green]✓[/]" if each.success else "[red]✗[/]"
        console.print(f"{mark} {each.job:<16} {escape(each.detail)}", highlight=False)
    return 0 if all(each.success for each in runs) else 1


def _named(job: str | None, scheduler: Scheduler) -> list[str]:
    """Return the job asked for; a name that is none is misuse."""
    known = [each.name for each in scheduler.jobs]
    if job is None:
        return []
    if job not in known:
        raise typer.BadParameter(f"there is no job {job!r}: {', '.join(known)}")
    return [job]


def _show(scheduler: Scheduler, runs: Mapping[str, JobRun], console: Console) -> None:
    for each in scheduler.jobs:
        last = runs.get(each.name)
        when = "never" if last is None else f"{last.began_at:%Y-%m-%d %H:%M}"
        failed = "[red]failed:[/] " if last is not None and not last.success else ""
        detail = "" if last is None else escape(last.detail)
        console.print(f"[bold]{each.name:<16}[/] {when:<17} {failed}{detail}", highlight=False)
        console.print(f"  [dim]{escape(each.about)}[/]", highlight=False)
