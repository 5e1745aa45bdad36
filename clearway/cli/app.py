"""The commands, and what becomes of an error or a Ctrl-C."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli import (
    ask,
    audit,
    cache,
    calibrate,
    catalog,
    chat,
    dev,
    docs,
    drill,
    explain,
    feedback,
    glossary,
    health,
    interrupt,
    llm,
    maintain,
    models,
    policy,
    schema,
    services,
    spend,
    sql,
    warehouse,
)
from clearway.errors import ClearwayError

INTERRUPTED = interrupt.CODE

cli = typer.Typer(
    name="clearway",
    help="Ask your databases in plain words; get a right answer or an honest no.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"clearway {version('clearway')}")
        raise typer.Exit


@cli.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Ask your databases in plain words; get a right answer or an honest no."""


cli.command("ask")(ask.ask)
cli.command("chat")(chat.chat)
cli.command("explain")(explain.explain)
cli.command("health")(health.health)
cli.command("dev")(dev.dev)
cli.command("calibrate")(calibrate.calibrate)
cli.command("feedback")(feedback.feedback)
cli.command("maintain")(maintain.maintain)
cli.command("schema")(schema.schema)
cli.add_typer(catalog.commands, name="catalog")
cli.add_typer(docs.commands, name="docs")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(cache.cache, name="cache")
cli.add_typer(cache.history, name="history")
cli.command("drill")(drill.drill)
cli.add_typer(models.commands, name="models")
cli.add_typer(llm.commands, name="llm")
cli.add_typer(policy.commands, name="policy")
cli.add_typer(glossary.commands, name="glossary")
cli.add_typer(services.commands, name="services")
cli.add_typer(spend.commands, name="spend")
cli.add_typer(sql.commands, name="sql")
cli.add_typer(warehouse.commands, name="warehouse")


def run() -> int:
    """Return the exit code: 0 for any typed outcome, 1 where the system failed, 2 for misuse."""
    stderr = Console(stderr=True)
    interrupt.listen(interrupt.unwind)
    try:
        result = cli(standalone_mode=False)
    except ClearwayError as error:
        stderr.print(f"[red]✗[/] {escape(error.message)}", highlight=False, soft_wrap=True)
        if script := error.details.get("sql"):
            stderr.print(str(script), markup=False, highlight=False)
        return 1
    except typer.Exit as stop:
        return stop.exit_code
    except KeyboardInterrupt:
        return _stopped(stderr)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        return _misuse(error, stderr)
    code = result if isinstance(result, int) else 0
    return INTERRUPTED if interrupt.heard() else code


def _stopped(stderr: Console) -> int:
    if not interrupt.heard():  # that was said when it happened
        stderr.print("Stopped. Nothing is left running; the audit shows how far it came.")
    return INTERRUPTED


def _misuse(error: Exception, stderr: Console) -> int:
    """Show a usage error the way click does; anything else is a defect and says so.

    What an interrupt became on its way up is neither.
    """
    if interrupt.heard():
        return INTERRUPTED
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    if type(error).__name__ == "Abort":  # the parser's word for Ctrl-C, and for a "no"
        interrupted = isinstance(error.__cause__, KeyboardInterrupt)
        return _stopped(stderr) if interrupted else INTERRUPTED
    stderr.print(f"[red]✗[/] Clearway failed unexpectedly ({type(error).__name__}).")
    return 1
