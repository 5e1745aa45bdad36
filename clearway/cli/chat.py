"""`clearway chat`: a conversation; follow-ups and answers to clarifications on one thread."""

from __future__ import annotations

import asyncio
import io
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.app import Clearway

GOODBYE = ("exit", "quit", ":q")
Read = Callable[[], str]
"""The next line without its end; EOFError where there is none."""


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
    """Answer every line of stdin with an Outcome as one line of JSON; empty lines are passed."""
    read = lines(sys.stdin.fileno())
    with suppress(EOFError):
        while True:
            question = (await patiently(read)).strip()
            if question:
                outcome = await cw.ask(question, user=user, thread_id=thread_id)
                typer.echo(outcome.model_dump_json())


async def converse(cw: Clearway, console: Console, thread_id: str, user: str | None) -> None:
    """Ask and answer until the person has had enough."""
    from clearway.cli.show import show

    typed = lines(sys.stdin.fileno()) if not sys.stdin.isatty() else input
    while True:
        console.print("[bold]>[/] ", end="")
        try:
            text = await patiently(typed)
        except EOFError:
            console.print()
            return
        if not text.strip() or text.strip().casefold() in GOODBYE:
            return
        with console.status("…"):
            outcome = await cw.ask(text, user=user, thread_id=thread_id)
        show(outcome, console)


def lines(descriptor: int) -> Read:
    """Return a reader of lines that holds no lock while it waits, so that the process can end."""
    raw = io.FileIO(descriptor, closefd=False)

    def read() -> str:
        line = raw.readline()
        if not line:
            raise EOFError
        return line.decode("utf-8", "replace").rstrip("\r\n")

    return read


async def patiently(read: Read) -> str:
    """Return what a blocking read gives; whoever stops waiting for it is not held up by it."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def settle(text: str | None, error: Exception | None) -> None:
        if line.done():
            return
        if error is not None:
            line.set_exception(error)
        else:
            line.set_result(text or "")

    def wait() -> None:
        text, trouble = None, None
        try:
            text = read()
        except Exception as error:
            trouble = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, text, trouble)

    # A daemon: asyncio's own threads would be waited for at the end, Ctrl-C or not.
    threading.Thread(target=wait, daemon=True).start()
    return await line
