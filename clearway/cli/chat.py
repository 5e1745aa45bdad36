"""`clearway chat`: a conversation; follow-ups and answers to clarifications on one thread."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.app import Clearway

GOODBYE = ("exit", "quit", ":q")


def chat(
    user: Annotated[str | None, typer.Option(help="Ask as this user.")] = None,
    thread: Annotated[str | None, typer.Option(help="Continue this conversation.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Read a question a line; print an Outcome a line.")
    ] = False,
) -> int:
    """Talk; an empty line, "exit" or Ctrl-D ends it."""
    for name, value in (("--user", user), ("--thread", thread)):
        if value is not None and not value.isprintable():
            raise typer.BadParameter("only printable text", param_hint=name)
    settings, console = entry(), Console()
    thread_id = thread or uuid.uuid4().hex

    async def work() -> None:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            if as_json:
                return await exchange(cw, thread_id, user)
            console.print(
                f"[dim]Conversation {escape(thread_id)}. An empty line ends it.[/]",
                highlight=False,
                soft_wrap=True,
            )
            await converse(cw, console, thread_id, user)

    run(work())
    return 0


async def exchange(cw: Clearway, thread_id: str, user: str | None) -> None:
    """Answer every line of stdin with an Outcome as one line of JSON."""
    import asyncio

    while text := await asyncio.to_thread(sys.stdin.buffer.readline):
        question = text.decode("utf-8", "replace").strip()
        if question:
            outcome = await cw.ask(question, user=user, thread_id=thread_id)
            typer.echo(outcome.model_dump_json())


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
