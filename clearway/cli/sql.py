"""`clearway sql`: what the interlock and the database say of a statement; nothing is run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.parts import Parts
    from clearway.plans import CheckedSql, Proof, Rejection
    from clearway.tools.sql.guard.interlock import LayerReport

commands = typer.Typer(help="The SQL interlock.", no_args_is_help=True)
_REFUSED_BEFORE = "a layer before it refused the statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseWord:
    """What EXPLAIN said of a statement, or why it was not asked."""

    found: Proof | Rejection | None = None
    milliseconds: float = 0.0
    not_asked: str = ""


@commands.command("check")
def check(
    statement: Annotated[str, typer.Argument(help='The SQL; "-" reads it from stdin.')],
    user: Annotated[str | None, typer.Option(help="Check as this user.")] = None,
) -> int:
    """Show each layer's word and time, the database's last; exit code 1 on a refusal."""
    settings, console = entry(), Console()
    sql = sys.stdin.buffer.read().decode("utf-8", "replace") if statement == "-" else statement

    async def work() -> tuple[list[LayerReport], CheckedSql | Rejection, DatabaseWord]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            verdict = cw.check_sql(sql, user=user)
            return cw.trace_sql(sql, user=user), verdict, await ask_database(cw, verdict, user)

    layers, verdict, word = run(work())
    for layer in layers:
        mark = "[green]✓[/]" if layer.verdict == "passed" else "[red]✗[/]"
        console.print(f"{mark} {layer.layer:<12} {layer.milliseconds:7.3f} ms", highlight=False)
    console.print(_database_line(word), highlight=False, soft_wrap=True)
    objection = word.found if hasattr(word.found, "reason") else None
    if objection is None and (verdict_sql := getattr(verdict, "sql", None)):
        console.print(escape(verdict_sql), highlight=False, soft_wrap=True)
        for note in getattr(verdict, "notes", ()):
            console.print(f"  [dim]·[/] {escape(note)}", highlight=False)
        return 0
    console.print(_refusal(objection or verdict), soft_wrap=True)
    return 1


async def ask_database(
    parts: Parts, verdict: CheckedSql | Rejection, user: str | None
) -> DatabaseWord:
    """Return the database's word on what the tree layers let through; never raises for its loss."""
    from clearway.errors import ClearwayError
    from clearway.plans import CheckedSql

    if not isinstance(verdict, CheckedSql):
        return DatabaseWord(not_asked=_REFUSED_BEFORE)
    started = perf_counter()
    try:
        found = await parts.prove_sql(verdict, user=user)
    except ClearwayError as error:
        return DatabaseWord(not_asked=str(error))
    return DatabaseWord(found=found, milliseconds=(perf_counter() - started) * 1000)


def _database_line(word: DatabaseWord) -> str:
    if word.found is None:
        return f"[dim]-[/] {'database':<12} not asked: {escape(word.not_asked)}"
    cost, rows = getattr(word.found, "cost", None), getattr(word.found, "rows", None)
    timed = f"{'database':<12} {word.milliseconds:7.3f} ms"
    if cost is None or rows is None:
        return f"[red]✗[/] {timed}  EXPLAIN: refused"
    return f"[green]✓[/] {timed}  EXPLAIN: accepted, cost {cost:.0f}, about {rows:.0f} rows"


def _refusal(verdict: CheckedSql | Rejection | Proof | None) -> str:
    reason, remedy = getattr(verdict, "reason", ""), getattr(verdict, "remedy", "")
    where = f"layer {getattr(verdict, 'layer', '')}, {getattr(verdict, 'rule', '')}"
    if (position := getattr(verdict, "position", None)) is not None:
        where += f", at character {position + 1}"
    return f"[yellow]✗[/] {escape(reason)} {escape(remedy)} [dim]{where}[/]"
