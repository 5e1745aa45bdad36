"""`clearway sql`: what the interlock says of a statement, layer by layer; nothing is run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.plans import CheckedSql, Rejection
    from clearway.tools.sql.guard.interlock import LayerReport

commands = typer.Typer(help="The SQL interlock.", no_args_is_help=True)


@commands.command("check")
def check(
    statement: Annotated[str, typer.Argument(help='The SQL; "-" reads it from stdin.')],
    user: Annotated[str | None, typer.Option(help="Check as this user.")] = None,
) -> int:
    """Show each layer's word and time; exit code 1 when the statement is refused."""
    settings, console = entry(), Console()
    sql = sys.stdin.buffer.read().decode("utf-8", "replace") if statement == "-" else statement

    async def work() -> tuple[list[LayerReport], CheckedSql | Rejection]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            return cw.trace_sql(sql, user=user), cw.check_sql(sql, user=user)

    layers, verdict = run(work())
    for layer in layers:
        mark = "[green]✓[/]" if layer.verdict == "passed" else "[red]✗[/]"
        console.print(f"{mark} {layer.layer:<12} {layer.milliseconds:7.3f} ms", highlight=False)
    if verdict_sql := getattr(verdict, "sql", None):
        console.print(escape(verdict_sql), highlight=False, soft_wrap=True)
        for note in getattr(verdict, "notes", ()):
            console.print(f"  [dim]·[/] {escape(note)}", highlight=False)
        return 0
    reason, remedy = getattr(verdict, "reason", ""), getattr(verdict, "remedy", "")
    where = f"layer {getattr(verdict, 'layer', '')}, {getattr(verdict, 'rule', '')}"
    if (position := getattr(verdict, "position", None)) is not None:
        where += f", at character {position + 1}"
    console.print(f"[yellow]✗[/] {escape(reason)} {escape(remedy)} [dim]{where}[/]", soft_wrap=True)
    return 1
