"""`clearway glossary`: what words were taken to mean, for the owner to accept or reject."""

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
    from clearway.stores.glossary import GlossaryEntry, PostgresGlossary, Status

Result = TypeVar("Result")

commands = typer.Typer(
    help="What words were taken to mean; nothing is learned unless accepted.", no_args_is_help=True
)

EntryId = Annotated[int, typer.Argument(help="The number `clearway glossary list` shows.")]


@commands.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """List the meanings people chose, the undecided first."""
    entries = _with_glossary(lambda glossary: glossary.entries())
    if as_json:
        for each in entries:
            typer.echo(json.dumps(asdict(each), default=str))
        return 0
    console = Console()
    for each in entries:
        console.print(_line(each), highlight=False, soft_wrap=True)
    return 0


@commands.command("accept")
def accept(entry_id: EntryId) -> int:
    """Make a word a synonym, from the next start on; kept plans are made anew then."""
    return _decided(entry_id, "accepted")


@commands.command("reject")
def reject(entry_id: EntryId) -> int:
    """Refuse a meaning; an accepted one is taken back."""
    return _decided(entry_id, "rejected")


@commands.command("review")
def review() -> int:
    """Go through the undecided meanings, one by one."""
    console = Console()
    for each in _with_glossary(lambda glossary: glossary.entries("proposed")):
        console.print(_line(each), highlight=False, soft_wrap=True)
        console.print(f"  [dim]{escape(each.example)}[/]", highlight=False, soft_wrap=True)
        answer = typer.prompt("  accept, reject, skip or quit", default="skip")[:1].casefold()
        if answer == "q":
            return 0
        if answer in ("a", "r"):
            _decided(each.entry_id, "accepted" if answer == "a" else "rejected")
    console.print("Nothing is left to decide.")
    return 0


def _decided(entry_id: int, status: Status) -> int:
    from clearway.callers import operating_system_user
    from clearway.resilience.clock import SystemClock

    by, at = operating_system_user().user, SystemClock().now()
    found = _with_glossary(lambda glossary: glossary.decide(entry_id, status, by=by, at=at))
    if not found:
        raise typer.BadParameter(f"there is no entry {entry_id}")
    Console().print(f"[green]✓[/] {entry_id} {status}", highlight=False)
    return 0


def _with_glossary(work: Callable[[PostgresGlossary], Awaitable[Result]]) -> Result:
    settings = entry()

    async def opened() -> Result:
        from clearway.llm.guards.guardrails import PatternRedactor
        from clearway.stores.glossary import PostgresGlossary
        from clearway.stores.postgres import open_database

        async with open_database(settings) as database:
            return await work(PostgresGlossary(database.pool, PatternRedactor()))

    return run(opened())


def _line(each: GlossaryEntry) -> str:
    mark = {"proposed": "[yellow]?[/]", "accepted": "[green]✓[/]", "rejected": "[red]✗[/]"}
    used = "once" if each.uses == 1 else f"{each.uses} times"
    said = f"“{escape(each.term)}” means {escape(each.target)}"
    who = f"{escape(each.proposed_by)}, {each.last_at:%Y-%m-%d}"
    return f"{each.entry_id:>4} {mark[each.status]} {said}  [dim]chosen {used}, last {who}[/]"
