"""`clearway models`: which models there are, what each could do, and whether it answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.circuits import circuits
from clearway.cli.run import entry, run
from clearway.errors import ClearwayError

if TYPE_CHECKING:
    from clearway.llm.ports import Admission
    from clearway.llm.providers.registry import Registry
    from clearway.llm.providers.routes import Route, Unavailable
    from clearway.llm.providers.specs import Provider
    from clearway.settings import Settings

commands = typer.Typer(help="The models behind the router.", no_args_is_help=True)
commands.command("circuits")(circuits)
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Known = tuple["Registry", Mapping[str, Sequence["Route"]], Mapping[str, "Unavailable"]]
TEST_TIMEOUT_S = 20.0
TESTER = "models-test"
"""Whose calls these are on the ledger."""


@commands.command("list")
def list_models(as_json: AsJson = False) -> int:
    """List every provider, its price, and why it cannot be used where it cannot.

    `configured` is the model that CLEARWAY_MODEL names and plans are made with.
    """
    registry, routes, closed = _known()
    rows = [_facts(provider, routes, closed) for provider in registry]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return 0
    console = Console()
    for row in rows:
        console.print(_line(row), no_wrap=True, overflow="ellipsis", highlight=False)
    return 0


@commands.command("show")
def show(provider: Annotated[str, typer.Argument(help="Its id.")], as_json: AsJson = False) -> int:
    """Show everything that is declared of one provider."""
    registry, routes, closed = _known()
    found = registry.named(provider)
    facts = {**_facts(found, routes, closed), **found.model_dump(mode="json")}
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return 0
    console = Console()
    for name, value in facts.items():
        plain = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        console.print(f"{name:<20} {escape(plain)}", highlight=False, soft_wrap=True)
    return 0


@commands.command("test")
def test(
    provider: Annotated[str | None, typer.Argument(help="Its id; without one, all.")] = None,
    as_json: AsJson = False,
) -> int:
    """Ask each endpoint for one word; this costs a fraction of a cent, and is on the ledger.

    Where a drill is on it fails like any other call.
    """
    settings = entry()
    registry, routes, closed = _known()
    if provider is not None and provider not in routes:
        gone = closed.get(registry.named(provider).id)
        typer.echo(f"{provider} cannot be asked: {gone.reason if gone else 'no route'}.", err=True)
        return 1
    wanted = {provider: routes[provider]} if provider else routes
    results = run(_tested(settings, registry, wanted)) if wanted else []
    if as_json:
        typer.echo(json.dumps(results, indent=2))
    for result in [] if as_json else results:
        mark = "[green]✓[/]" if result["ok"] else "[red]✗[/]"
        said = f"{result['ms']:.0f} ms, {result['said']}"
        Console().print(f"{mark} {result['route']:<36} {escape(said)}", soft_wrap=True)
    if not results:
        typer.echo("No provider has a key: `clearway models list` says what each wants.", err=True)
    return 0 if results and all(result["ok"] for result in results) else 1


def _line(row: Mapping[str, Any]) -> str:
    mark = "[green]✓[/]" if row["available"] else "[dim]·[/]"
    price = row["price"]
    told = f"${price['input']} / ${price['output']}" if price else "price unknown"
    where = ", ".join(row["routes"]) or row["reason"]
    return f"{mark} {row['id']:<18} {told:<17} {row['context']:>9,}  {escape(where)}"


def _known() -> Known:
    from clearway.environment import process_environment
    from clearway.llm.providers.registry import Registry, load_registry
    from clearway.llm.providers.routes import Environment, all_routes
    from clearway.model_routes import configured

    settings = entry()
    registry = load_registry(settings.providers_path)
    routes, closed = all_routes(registry, Environment(process_environment()))
    if own := configured(settings):
        registry = Registry([own.provider, *registry])
        routes = {own.provider.id: [own], **routes}
    return registry, routes, closed


def _facts(
    provider: Provider,
    routes: Mapping[str, Sequence[Route]],
    closed: Mapping[str, Unavailable],
) -> dict[str, Any]:
    own = routes.get(provider.id, ())
    price = own[0].price if own else provider.price
    return {
        "id": provider.id,
        "model": own[0].model if own else provider.model,
        "available": bool(own),
        "reason": closed[provider.id].reason if provider.id in closed else "",
        "routes": [route.endpoint for route in own],
        "price": None if price is None else price.model_dump(mode="json"),
        "context": own[0].context if own else provider.context,
    }


async def _tested(
    settings: Settings, registry: Registry, routes: Mapping[str, Sequence[Route]]
) -> list[dict[str, Any]]:
    """Return what each route said; every call counts where those of all processes do."""
    from clearway.model_stores import open_model_stores
    from clearway.resilience.clock import SystemClock
    from clearway.stores.postgres import open_database

    each = [route for several in routes.values() for route in several]
    async with (
        open_database(settings) as database,
        open_model_stores(settings, database, SystemClock()) as stores,
    ):
        asked = (_one(settings, registry, route, stores.admission) for route in each)
        return list(await asyncio.gather(*asked))


async def _one(
    settings: Settings, registry: Registry, route: Route, admission: Admission
) -> dict[str, Any]:
    from clearway.llm import ChatRequest, open_router
    from clearway.llm.calls.dial import FileDial
    from clearway.model_stores import router_settings
    from clearway.resilience.clock import SystemClock

    router = open_router(
        registry=registry,
        routes={route.provider.id: [route]},
        settings=router_settings(settings),
        admission=admission,
        dial=FileDial(settings.home / "drills.json", SystemClock()),
    )
    asked = ChatRequest(
        messages=[{"role": "user", "content": "Answer with the word: clear"}],
        order=(route.provider.id,),
        task="explanation",
        max_tokens=64,
        user=TESTER,
        workflow="test",
        deadline_s=TEST_TIMEOUT_S,
    )
    began = time.monotonic()
    try:
        reply = await router.generate(asked)
        ok, said = True, reply.text.strip()[:60]
    except ClearwayError as error:
        ok, said = False, error.message
    finally:
        await router.aclose()
    return {
        "route": route.name,
        "ok": ok,
        "ms": (time.monotonic() - began) * 1000,
        "said": said,
    }
