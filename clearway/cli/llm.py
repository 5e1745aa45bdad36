"""`clearway llm`: the model router by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clearway.cli.run import entry

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
) -> None:
    """Serve an OpenAI-compatible endpoint over all configured providers until Ctrl-C."""
    from clearway.environment import process_environment
    from clearway.llm.face.serve import serve as run_server

    settings = entry()
    run_server(config, host=host, port=port, environment=process_environment(), home=settings.home)
