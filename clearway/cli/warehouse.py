"""`clearway warehouse`: the role Clearway reads as; make it, and see what it could do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run
from clearway.errors import ConfigurationError

if TYPE_CHECKING:
    from clearway.tools.sql.exposure import Exposure

_PUBLIC = (
    "\n-- Every role, this one too, may through PUBLIC: {}.\n"
    "-- Nothing was taken from it. --revoke-public does, from all roles: grant what others need "
    "to them by name first."
)

commands = typer.Typer(help="The role Clearway reads the data as.", no_args_is_help=True)


@commands.command("grant")
def grant(
    role: Annotated[str, typer.Option(help="The reader role.")] = "clearway_reader",
    apply: Annotated[bool, typer.Option(help="Run it as CLEARWAY_WAREHOUSE_URL's login.")] = False,
    revoke_public: Annotated[
        bool, typer.Option(help="With --apply: take what PUBLIC may do there from every role.")
    ] = False,
    hardening: Annotated[
        bool, typer.Option(help="Also take harmful built-ins from PUBLIC (superuser).")
    ] = False,
) -> int:
    """Print the script that makes a reader role of what the catalog allows, or run it."""
    settings = entry()
    if settings.warehouse_url is None:
        raise ConfigurationError(
            "The demo warehouse has its reader role already; set CLEARWAY_WAREHOUSE_URL first."
        )

    async def work() -> str:
        from clearway.stores.postgres import open_database
        from clearway.tools.sql.grants import apply_reader, reader_script
        from clearway.tools.sql.public_rights import held_by_public
        from clearway.warehouse import load_catalog, open_warehouse

        async with (
            open_database(settings) as database,
            open_warehouse(settings, database, itself=True) as pool,
        ):
            catalog = await load_catalog(settings, pool)
            async with pool.connection() as connection:
                name = connection.info.dbname
                if not apply:
                    return reader_script(catalog, role, name)
                done = await apply_reader(
                    connection, catalog, role, name,
                    revoke_public=revoke_public, hardening=hardening,
                )  # fmt: skip
                left = await held_by_public(connection, catalog)
                readable = sum(table.allow for table in catalog.tables)
                return (
                    f"-- {len(done)} statements run: {role} may read {readable} tables.\n"
                    f"-- Give it a password if it has none, and CLEARWAY_WAREHOUSE_URL its login."
                    + (_PUBLIC.format("; ".join(left)) if left else "")
                )

    typer.echo(run(work()))
    return 0


@commands.command("check")
def check() -> int:
    """Show what the role could do beyond reading the catalog; exit code 1 if it can do more."""
    settings, console = entry(), Console()

    async def work() -> Exposure:
        from clearway.stores.postgres import open_database
        from clearway.tools.sql.exposure import inspect_reader
        from clearway.warehouse import load_catalog, open_warehouse

        async with open_database(settings) as database, open_warehouse(settings, database) as pool:
            return await inspect_reader(pool, await load_catalog(settings, pool))

    found = run(work())
    for flaw in found.privileges:
        console.print(f"[red]✗[/] {found.role} {escape(flaw)}", highlight=False)
    for left in found.remaining:
        console.print(f"[yellow]![/] {found.role} {escape(left)}", highlight=False)
    if not found.privileges:
        console.print(f"[green]✓[/] {found.role} can only read", highlight=False)
    return 1 if found.privileges else 0
