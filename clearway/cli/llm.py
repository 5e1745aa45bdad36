"""`clearway llm`: the model router by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clearway.cli.run import entry
from clearway.settings import Settings

if TYPE_CHECKING:
    from clearway.llm.ports import Admission

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
    asyncio.run(_served(settings, config, host=host, port=port, shared=shared))


async def _served(
    settings: Settings, config: Path | None, *, host: str, port: int, shared: bool
) -> None:
    from clearway.environment import process_environment
    from clearway.llm.face.serve import serve as listen

    async with AsyncExitStack() as stack:
        admission = await stack.enter_async_context(_shared(settings)) if shared else None
        await listen(
            config,
            host=host,
            port=port,
            environment=process_environment(),
            home=settings.home,
            admission=admission,
        )


@asynccontextmanager
async def _shared(settings: Settings) -> AsyncIterator[Admission]:
    from clearway.resilience.clock import SystemClock
    from clearway.stores.admission import open_admission
    from clearway.stores.postgres import open_database

    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    async with (
        open_database(settings) as database,
        open_admission(
            database.pool, database.addresses.app, SystemClock(), redis_url=redis
        ) as admission,
    ):
        yield admission
