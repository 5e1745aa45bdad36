"""`clearway catalog`: what can be asked; write it down, look at it, check it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from clearway.cli.run import entry, run
from clearway.errors import ConfigurationError

if TYPE_CHECKING:
    from clearway.semantics.types import Catalog
    from clearway.settings import Settings

commands = typer.Typer(help="The semantic layer: what can be asked.", no_args_is_help=True)
DEFAULT = Path("catalog.yaml")


@commands.command("init")
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = DEFAULT,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> int:
    """Introspect the warehouse and write catalog.yaml to refine by hand."""
    from clearway.semantics.catalog import to_yaml

    if path.exists() and not force:
        raise ConfigurationError(f"{path} is there already; --force replaces it.")
    found = run(_introspected(entry()))
    path.write_text(to_yaml(found), "utf-8")
    Console().print(
        f"[green]✓[/] {len(found.tables)} tables in {path}. Refine it, then set "
        f"CLEARWAY_CATALOG_PATH={path} and run `clearway catalog check`.",
        highlight=False,
        soft_wrap=True,
    )
    return 0


@commands.command("show")
def show(
    table: Annotated[str | None, typer.Argument(help="One table, column by column.")] = None,
) -> int:
    """Show what may be asked; what is not allowed is not shown."""
    settings, console = entry(), Console()
    catalog = run(_visible(settings))
    if table is None:
        console.print(_overview(catalog))
        return 0
    wanted = table.casefold()
    for each in catalog.tables:
        if wanted in (each.name.casefold(), each.qualified.casefold()):
            console.print(_columns(catalog, each.qualified))
            return 0
    console.print(f"There is no table {escape(table)}. `clearway catalog show` lists them.")
    return 0


@commands.command("check")
def check() -> int:
    """Compare catalog.yaml with the database; exit code 1 on a finding."""
    from clearway.semantics.catalog import check as findings_of
    from clearway.warehouse import catalog_file

    settings, console = entry(), Console()
    described = catalog_file(settings)
    if described is None:
        console.print("No catalog.yaml is in use: every readable table is allowed.")
        return 0
    findings = findings_of(run(_introspected(settings)), described)
    for finding in findings:
        mark = "[red]✗[/]" if finding.level == "error" else "[yellow]![/]"
        where = f"line {finding.line}: {finding.message}"
        console.print(f"{mark} {escape(where)}", highlight=False, soft_wrap=True)
    wrong = any(finding.level == "error" for finding in findings)
    if not wrong:
        console.print("[green]✓[/] the catalog agrees with the database")
    return 1 if wrong else 0


async def _introspected(settings: Settings) -> Catalog:
    from clearway.stores.postgres import open_database
    from clearway.tools.sql.introspect import introspect
    from clearway.warehouse import open_warehouse

    async with (
        open_database(settings) as database,
        open_warehouse(settings, database) as pool,
        pool.connection() as connection,
    ):
        return await introspect(connection, source_id=settings.source_id)


async def _visible(settings: Settings) -> Catalog:
    from clearway.callers import operating_system_user
    from clearway.warehouse import open_catalog

    async with open_catalog(settings) as catalog:
        return catalog.visible_to(operating_system_user())


def _overview(catalog: Catalog) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("table", "kind", "columns", "rows (about)", "what it is"):
        grid.add_column(heading, overflow="fold")
    for table in catalog.tables:
        rows = "" if table.row_estimate is None else f"{table.row_estimate:,.0f}"
        about = escape(table.description)
        grid.add_row(table.qualified, table.kind, str(len(table.columns)), rows, about)
    return grid


def _columns(catalog: Catalog, qualified: str) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, title=qualified)
    for heading in ("column", "type", "role", "sensitivity", "also called", "what it is"):
        grid.add_column(heading, overflow="fold")
    for column in catalog.by_name[qualified].columns:
        also = escape(", ".join(column.synonyms))
        about = escape(column.description)
        grid.add_row(column.name, column.type, column.role, column.sensitivity, also, about)
    return grid
