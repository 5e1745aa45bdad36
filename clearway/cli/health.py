"""`clearway health`: what is there, what is missing, and what that means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.health import Part


def health(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Check every part; exit code 1 when one is not as the settings ask for it."""
    settings = entry()

    async def work() -> Mapping[str, Part]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            return await cw.health()

    found = run(work())
    ready = all(part.ok for part in found.values())
    if as_json:
        parts = {name: asdict(part) for name, part in found.items()}
        typer.echo(json.dumps({"ok": ready, "parts": parts}, indent=2))
    else:
        console = Console()
        for name, part in found.items():
            mark = "[green]✓[/]" if part.ok else "[red]✗[/]"
            console.print(f"{mark} {name:<10} {part.state}", highlight=False, soft_wrap=True)
    return 0 if ready else 1
