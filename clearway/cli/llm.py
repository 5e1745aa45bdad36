"""`clearway llm`: the model router by itself."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clearway.cli.run import entry, run
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.llm.face.serve import Given

commands = typer.Typer(help="The model router by itself.", no_args_is_help=True)


@commands.callback()
def group() -> None:
    """Route model calls without asking a database anything."""


@commands.command("serve")
def serve(
    config: Annotated[
        Path | None, typer.Option(help="Providers, names and limits; see docs/providers.md.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8089,
    shared: Annotated[
        bool, typer.Option("--shared", help="Count in the database, with all other processes.")
    ] = False,
) -> None:
    """Serve an OpenAI-compatible endpoint over all configured providers until Ctrl-C."""
    settings = entry()
    run(_served(settings, config, host=host, port=port, shared=shared))


async def _served(
    settings: Settings, config: Path | None, *, host: str, port: int, shared: bool
) -> None:
    from clearway.llm.face.serve import serve as listen

    async with AsyncExitStack() as stack:
        given = await _given(settings, stack, shared=shared)
        await listen(config, given, host=host, port=port, ready=partial(_say, host, port))


def _say(host: str, port: int) -> None:
    typer.echo(f"Serving on http://{host}:{port}/v1; Ctrl-C ends it.", err=True)


async def _given(settings: Settings, stack: AsyncExitStack, *, shared: bool) -> Given:
    from dataclasses import replace

    from clearway.environment import process_environment
    from clearway.llm.face.serve import Given
    from clearway.model_stores import failure_alerts

    given = Given(
        environment=process_environment(),
        home=settings.home,
        providers_path=settings.providers_path,
        policy_path=settings.policy_path,
        tokenizer_dir=settings.tokenizer_dir,
        hides_personal=settings.hides_personal,
        hides_secrets=settings.hides_secrets,
        limits_lengths=settings.enable_guardrails,
        input_chars=settings.max_question_chars,
        output_chars=settings.max_output_chars,
        unset=_unset(settings),
        unset_named={
            "user_day_usd": settings.user_daily_budget_usd,
            "user_requests": settings.model_user_requests or settings.rate_limit_requests,
        },
        sampling={
            name: value
            for name, value in (
                ("temperature", settings.default_temperature),
                ("top_p", settings.default_top_p),
                ("preference", settings.default_provider),
            )
            if value is not None
        },
    )
    if shared:
        return await _sharing(given, settings, stack)
    failing = failure_alerts(settings)
    if failing is not None:
        stack.push_async_callback(failing.told)
    return replace(given, failing=failing)


def _unset(settings: Settings) -> dict[str, object]:
    """Return what the settings say of money and windows, for a file that does not."""
    from clearway.model_stores import router_settings, told

    known = router_settings(settings)
    return {
        "max_tokens": known.max_tokens,
        "budgeted_tokens": known.budgeted_tokens,
        "unknown_price": known.unknown_price,
        "user_day_usd": told(settings, "user_daily_budget_usd", settings.user_daily_budget_usd),
        "user_requests": settings.model_user_requests
        or told(settings, "rate_limit_requests", settings.rate_limit_requests),
        "address_requests": settings.model_address_requests,
    }


async def _sharing(given: Given, settings: Settings, stack: AsyncExitStack) -> Given:
    """Return the same over what all processes of the database share."""
    from dataclasses import replace

    from clearway.model_stores import open_model_stores
    from clearway.resilience.clock import SystemClock
    from clearway.resilience.limits import SlidingWindow
    from clearway.stores.limits import RequestLimit, SharedLimits, counted_in_postgres
    from clearway.stores.postgres import open_database

    def admits(requests: int, window_s: float) -> SharedLimits:
        alone = SlidingWindow(SystemClock(), requests=requests, window_s=window_s)
        limit = RequestLimit(requests=requests, window_s=window_s)
        return SharedLimits(counted_in_postgres(database.pool, limit), alone)

    database = await stack.enter_async_context(open_database(settings))
    stores = await stack.enter_async_context(open_model_stores(settings, database, SystemClock()))
    return replace(
        given,
        admission=stores.admission,
        records=stores.records,
        admits=admits,
        flights=stores.flights,
        cache=stores.cache,
        look=stores.alerts.look if stores.alerts else None,
    )
