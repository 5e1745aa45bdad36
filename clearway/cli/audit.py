"""`clearway audit`: show a request, verify and anchor the chains, export and erase."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run
from clearway.errors import ConfigurationError

if TYPE_CHECKING:
    from clearway.stores.audit.read import AuditRecord
    from clearway.stores.audit.verify import Verification
    from clearway.stores.erasure import Erased

commands = typer.Typer(help="What was asked, what ran, and what came of it.", no_args_is_help=True)


@commands.command("show")
def show(
    trace_id: Annotated[
        str | None, typer.Argument(help="One request; without it, the newest.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> int:
    """Show the steps of one request, or the newest steps of all."""
    settings, console = entry(), Console()

    async def work() -> list[AuditRecord]:
        from clearway.stores.audit.read import get_audit_records
        from clearway.stores.postgres import open_database

        async with open_database(settings) as database:
            return await get_audit_records(database.pool, correlation_id=trace_id, limit=limit)

    records = run(work())
    if not records and trace_id is not None:
        Console(stderr=True).print(f"There is no request {escape(trace_id)} on record.")
        return 1
    if as_json:
        for each in records:
            typer.echo(json.dumps(vars(each), default=str))
        return 0
    _print(records, console, whole=trace_id is not None)
    return 0


@commands.command("verify")
def verify(
    anchor: Annotated[
        Path | None, typer.Option(help="Heads kept outside, from an earlier verify --heads.")
    ] = None,
    heads: Annotated[Path | None, typer.Option(help="Write the heads here, as anchors.")] = None,
) -> int:
    """Recompute every chain; exit code 1 where something was touched."""
    settings, console = entry(), Console()

    async def work() -> Verification:
        from clearway.stores.audit.verify import read_anchors, verify_audit
        from clearway.stores.keys import load_keys
        from clearway.stores.postgres import open_database

        anchors = read_anchors(_text(anchor)) if anchor else None
        async with open_database(settings) as database:
            keys = await load_keys(database.pool)
            return await verify_audit(database.pool, keys=keys, anchors=anchors)

    found = run(work())
    for problem in found.problems:
        console.print(f"[red]✗[/] chain {problem.shard}, record {problem.seq}: {problem.reason}")
    if heads is not None:
        from clearway.stores.audit.verify import write_anchors

        heads.write_text(write_anchors(found.heads), "utf-8")
    mark = "[green]✓[/] intact" if found.intact else "[red]✗[/] touched"
    console.print(f"{mark}: {found.records} records in {len(found.heads)} chains", highlight=False)
    return 0 if found.intact else 1


@commands.command("heads")
def heads_(
    to: Annotated[Path | None, typer.Argument(help="A file; stdout without one.")] = None,
) -> int:
    """Write where every chain ends now, to be kept elsewhere and given to `verify --anchor`."""
    settings = entry()

    async def work() -> str:
        from clearway.stores.audit.verify import audit_heads, write_anchors
        from clearway.stores.postgres import open_database

        async with open_database(settings) as database:
            return write_anchors(await audit_heads(database.pool))

    text = run(work())
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text, "utf-8")
    return 0


@commands.command("erase")
def erase(
    user: Annotated[str, typer.Argument(help="Whose name, questions and SQL are erased.")],
    tenant: Annotated[str, typer.Option(help="The user's tenant.")] = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> int:
    """Erase what is personal about one user; the chains stay whole and say that it was done.

    With the records go their feedback, their conversations and the examples of what they chose.
    """
    settings, console = entry(), Console()
    if not yes:
        typer.confirm(f"Erase what is on record of {user!r} in {tenant!r}, for good?", abort=True)

    async def work() -> Erased:
        from clearway.callers import operating_system_user
        from clearway.llm.guards.guardrails import PatternRedactor
        from clearway.resilience.clock import SystemClock
        from clearway.stores.audit.facts import Recorder
        from clearway.stores.connect import connect
        from clearway.stores.erasure import erase_person
        from clearway.stores.keys import load_keys
        from clearway.stores.postgres import VARIABLE, open_database

        async with open_database(settings) as database:
            recorder = Recorder(await load_keys(database.pool), PatternRedactor())
            async with await connect(database.addresses.owner, VARIABLE) as connection:
                return await erase_person(
                    database.pool,
                    connection,
                    recorder,
                    user=user,
                    tenant=tenant,
                    by=operating_system_user().user,
                    now=SystemClock().now(),
                )

    erased = run(work())
    console.print(
        f"[green]✓[/] {_count(erased.records, 'record')} of {escape(user)} erased, with "
        f"{_count(erased.feedback, 'mark')}, {_count(erased.meanings, 'chosen meaning')} and "
        f"{_count(erased.conversations, 'conversation')}",
        highlight=False,
    )
    return 0


@commands.command("export")
def export(
    to: Annotated[Path | None, typer.Argument(help="A file; stdout without one.")] = None,
) -> int:
    """Write every record, with its chain, as JSON lines."""
    settings = entry()

    async def work() -> int:
        from clearway.stores.audit.read import export_audit
        from clearway.stores.postgres import open_database

        count = 0
        with to.open("w", encoding="utf-8") if to else nullcontext() as out:
            async with open_database(settings) as database:
                async for link in export_audit(database.pool):
                    typer.echo(link, file=out)
                    count += 1
        return count

    count = run(work())
    if to:
        Console().print(f"[green]✓[/] {count} records in {escape(str(to))}", highlight=False)
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read.") from error


def _print(records: list[AuditRecord], console: Console, *, whole: bool) -> None:
    """Print request by request, oldest first, one line a step unless the `whole` text is wanted."""
    requests: dict[str, list[AuditRecord]] = {}
    for each in reversed(records):
        requests.setdefault(each.correlation_id, []).append(each)
    for trace_id, steps in requests.items():
        began, user = steps[0].created_at, steps[0].user_id or "erased"
        console.print(f"[bold]{began:%Y-%m-%d %H:%M:%S}[/] UTC  {trace_id}  {escape(user)}")
        for step in steps:
            what = " ".join((step.input or "").split())
            console.print(
                _line(step, what), no_wrap=not whole, overflow="ellipsis", highlight=False
            )


def _line(step: AuditRecord, what: str) -> str:
    took = "" if step.duration_ms is None else f"{step.duration_ms:.0f} ms"
    count = step.row_count
    rows = "" if count is None else f"{count} row{'' if count == 1 else 's'}"
    return f"  {step.step:<10} {step.status:<12} {took:>8} {rows:>10}  {escape(what)}"
