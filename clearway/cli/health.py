"""`clearway health`: what is there, what is missing, and what that means."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from clearway.cli.run import entry, run


def health(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Check every part; exit code 1 when questions cannot be answered."""
    settings = entry()

    async def work() -> dict[str, str]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            return await cw.health()

    found = run(work())
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return 0
    console = Console()
    for part, state in found.items():
        console.print(f"[green]✓[/] {part:<10} {state}", highlight=False, soft_wrap=True)
    return 0
