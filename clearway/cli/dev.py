"""`clearway dev`: the LangGraph development server over this graph, for Studio and the SDKs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from clearway.errors import ConfigurationError

CONFIG = "langgraph.json"


def dev(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 2024,
    config: Annotated[Path, typer.Option(help="The server's configuration.")] = Path(CONFIG),
) -> None:
    """Serve the graph on the loopback address until Ctrl-C."""
    program = Path(sys.executable).with_name("langgraph")
    found = str(program) if program.exists() else shutil.which("langgraph")
    if found is None:
        raise ConfigurationError(
            "The LangGraph server is a development tool: pip install 'clearway[dev]' to have it."
        )
    if not config.exists():
        raise ConfigurationError(f"{config} is not here: run this in a Clearway checkout.")
    command = [found, "dev", "--no-browser", "--no-reload", "--port", str(port)]
    command += ["--n-jobs-per-worker", "10", "--config", str(config)]
    environment = {"LANGSMITH_TRACING": "false", **os.environ}
    # In our place, not below us: whoever stops this process stops the server.
    os.execve(found, command, environment)  # noqa: S606  # our own interpreter's tool
