"""`clearway chat`: a conversation; follow-ups and answers to clarifications on one thread."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.app import Clearway

GOODBYE = ("exit", "quit", ":q")


def chat(
    user: Annotated[str | None, typer.Option(help="Ask as this user.")] = None,
    thread: Annotated[str | None, typer.Option(help="Continue this conversation.")] = None,
) -> int:
    """Talk; an empty line, "exit" or Ctrl-D ends it."""
    settings, console = entry(), Console()
    thread_id = thread or uuid.uuid4().hex

    async def work() -> None:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            console.print(f"[dim]Conversation {thread_id}. An empty line ends it.[/]")
            await converse(cw, console, thread_id, user)

    run(work())
    return 0


async def converse(cw: Clearway, console: Console, thread_id: str, user: str | None) -> None:
    """Ask and answer until the person has had enough."""
    import asyncio

    from clearway.cli.show import show

    while True:
        try:
            text = await asyncio.to_thread(console.input, "[bold]>[/] ")
        except EOFError:
            return
        if not text.strip() or text.strip().casefold() in GOODBYE:
            return
        with console.status("…"):
            outcome = await cw.ask(text, user=user, thread_id=thread_id)
        show(outcome, console)
