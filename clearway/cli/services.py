"""`clearway services`: what services can be asked, how they are, and their documents."""

from __future__ import annotations

import json
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
    from clearway.identity import Principal
    from clearway.settings import Settings
    from clearway.tools.rest.declared.registry import Registry
    from clearway.tools.rest.declared.types import Health, Operation

commands = typer.Typer(help="Services that can be asked.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
AsUser = Annotated[str | None, typer.Option("--user", help="What this user may ask.")]


@commands.command("list")
def list_operations(user: AsUser = None, as_json: AsJson = False) -> int:
    """List the operations you may ask for, by service."""
    seen = _registry(entry()).visible_to(_asker(user))
    if as_json:
        for each in seen.operations:
            typer.echo(json.dumps(_told(each)))
        return 0
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("operation", "call", "what it does", "needs"):
        grid.add_column(heading, overflow="fold")
    for each in seen.operations:
        call = f"{each.method} {each.path}" + ("" if each.reads else "  (needs approval)")
        needs = ", ".join(parameter.name for parameter in each.required)
        grid.add_row(*map(escape, (each.id, call, each.summary, needs)))
    Console().print(grid if seen.operations else "No services: set CLEARWAY_SERVICES_PATH.")
    return 0


@commands.command("show")
def show(
    operation: Annotated[str, typer.Argument(help="Its id, as listed.")],
    user: AsUser = None,
    as_json: AsJson = False,
) -> int:
    """Show one operation: its parameters and what it returns."""
    found = _registry(entry()).visible_to(_asker(user)).get(operation)
    if found is None:
        raise ConfigurationError(
            f"There is no operation {operation}; `clearway services list` shows those there are."
        )
    if as_json:
        typer.echo(json.dumps(_told(found)))
        return 0
    console = Console()
    console.print(f"[bold]{escape(found.id)}[/]  {escape(found.method)} {escape(found.path)}")
    console.print(escape(found.summary or found.description), highlight=False)
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("parameter", "in", "needed", "type", "about"):
        grid.add_column(heading, overflow="fold")
    for each in found.parameters:
        kind = str(each.schema.get("enum") or each.schema.get("type") or "")
        needed = "yes" if each.required else ""
        grid.add_row(*map(escape, (each.name, each.place, needed, kind, each.description)))
    if found.parameters:
        console.print(grid)
    if found.returns:
        names = ", ".join(each.path for each in found.returns[:40])
        console.print(f"returns {escape(names)}", highlight=False)
    return 0


@commands.command("plan")
def plan(
    question: Annotated[str, typer.Argument(help="What you would ask.")],
    user: AsUser = None,
) -> int:
    """Show the calls a question would make; none is made. Exit code 1 where there are none."""
    from clearway.semantics.types import Abstention
    from clearway.tools.rest.planning.planner import RulesPlanner

    console, planner = Console(), RulesPlanner(_registry(entry()))
    found = planner.plan(question, _asker(user))
    if isinstance(found, Abstention):
        console.print(f"[yellow]?[/] {escape(found.reason)} {escape(found.remedy)}")
        for reading in found.readings:
            console.print(f"  {escape(reading.id)}. {escape(reading.label)}", highlight=False)
        return 1
    for number, step in enumerate(found.steps, start=1):
        console.print(f"{number}. {escape(step.shown)}", highlight=False)
    for assumption in found.assumptions:
        console.print(f"  · {escape(assumption)}", highlight=False)
    return 0


@commands.command("check")
def check(
    path: Annotated[
        Path | None, typer.Argument(help="A services.yaml; else the one in use.")
    ] = None,
) -> int:
    """Check services.yaml and its documents; a mistake is told with file, line and field."""
    from clearway.services import snapshots
    from clearway.tools.rest.declared.json_schema import compiled
    from clearway.tools.rest.declared.registry import load_registry

    settings = entry()
    chosen = path or settings.services_path
    registry = (
        _registry(settings)
        if chosen is None
        else load_registry(chosen, snapshots=snapshots(settings))
    )
    for operation in registry.operations:
        for parameter in operation.parameters:
            compiled(json.dumps(parameter.schema, sort_keys=True))
    console = Console()
    console.print(
        f"[green]✓[/] {len(registry.services)} services, {len(registry.operations)} operations",
        highlight=False,
    )
    for each in registry.left_out:
        console.print(f"[yellow]![/] {escape(each.where)} is left out: {escape(each.why)}")
    return 0


@commands.command("health")
def health(
    names: Annotated[list[str] | None, typer.Argument(help="Services; all without a name.")] = None,
    user: AsUser = None,
    as_json: AsJson = False,
) -> int:
    """Run the health checks, all at once. Exit code 1 where one is down."""
    settings, asker = entry(), _asker(user)
    found = run(_looked(settings, asker, names or []))
    if as_json:
        for each in found:
            typer.echo(json.dumps({**vars(each), "checked_at": each.checked_at.isoformat()}))
        return int(not all(each.up for each in found))
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("service", "state", "latency", "checked at", "check", "detail"):
        grid.add_column(heading, overflow="fold")
    for each in found:
        state = "[green]up[/]" if each.up else "[red]down[/]"
        at = f"{each.checked_at:%H:%M:%S} UTC"
        grid.add_row(
            escape(each.service), state, f"{each.latency_ms:.0f} ms", at,
            escape(each.check), escape(each.detail),
        )  # fmt: skip
    Console().print(grid if found else "No service declares a health check.")
    return int(not all(each.up for each in found))


@commands.command("fetch")
def fetch() -> int:
    """Fetch the documents that services.yaml names by URL; asking never does."""
    from clearway.services import snapshots
    from clearway.tools.rest.calling.fetch import fetched
    from clearway.tools.rest.declared.services_file import read_services

    settings = entry()
    if settings.services_path is None:
        raise ConfigurationError("CLEARWAY_SERVICES_PATH names no services.yaml.")
    file = read_services(settings.services_path)
    for name, url in run(fetched(file, snapshots(settings))):
        Console().print(f"[green]✓[/] {escape(name)}: {escape(url)}", highlight=False)
    return 0


def _registry(settings: Settings) -> Registry:
    from clearway.services import open_registry

    async def read() -> Registry:
        async with open_registry(settings) as registry:
            return registry

    return run(read())


async def _looked(settings: Settings, asker: Principal, names: list[str]) -> list[Health]:
    from clearway.environment import process_environment
    from clearway.resilience.clock import SystemClock
    from clearway.services import open_registry
    from clearway.tools.rest.calling.client import Client
    from clearway.tools.rest.calling.health import look

    clock = SystemClock()
    async with open_registry(settings) as registry:
        seen = registry.visible_to(asker)
        for name in names:
            if name not in seen.by_service:
                raise ConfigurationError(f"There is no service {name}.")
        chosen = [each for each in seen.services if not names or each.id in names]
        async with Client(registry, clock, process_environment) as client:
            return await look(chosen, client, clock, timeout_s=settings.request_timeout_s)


def _asker(user: str | None) -> Principal:
    from clearway.callers import operating_system_user

    caller = operating_system_user()
    return caller if user is None else caller.acting_for(user)


def _told(operation: Operation) -> dict[str, object]:
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "summary": operation.summary,
        "tags": list(operation.tags),
        "parameters": [
            {"name": each.name, "in": each.place, "required": each.required, "schema": each.schema}
            for each in operation.parameters
        ],
        "returns": [each.path for each in operation.returns],
    }
