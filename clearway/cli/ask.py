"""`clearway ask`: one question, one answer, the steps shown while it works."""

from __future__ import annotations

import shlex
import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from clearway.cli.run import entry, run
from clearway.errors import ClearwayError
from clearway.outcome import Outcome

if TYPE_CHECKING:
    from clearway.app import Clearway

STDIN = "-"


def ask(  # noqa: PLR0917  # typer reads the options from the signature
    question: Annotated[str, typer.Argument(help='The question; "-" reads it from stdin.')],
    as_json: Annotated[bool, typer.Option("--json", help="Print the Outcome as JSON.")] = False,
    trace: Annotated[bool, typer.Option(help="Show every step and all evidence.")] = False,
    user: Annotated[str | None, typer.Option(help="Ask as this user.")] = None,
    bypass_cache: Annotated[bool, typer.Option(help="Plan afresh.")] = False,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Confidence to ask for.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(min=0.001, help="Seconds allowed.")] = None,
    thread: Annotated[str | None, typer.Option(help="Continue this conversation.")] = None,
) -> int:
    """Ask one question."""
    for name, value in (("--user", user), ("--thread", thread)):
        if value is not None and not value.isprintable():
            raise typer.BadParameter("only printable text", param_hint=name)
    settings = entry()
    conversation = thread or uuid.uuid4().hex
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if question == STDIN else question
    stdout, stderr = Console(), Console(stderr=True)

    opened: list[Clearway] = []

    async def work() -> Outcome:
        from clearway.app import Clearway
        from clearway.asking import AskOptions, Step

        options: AskOptions = {
            "user": user,
            "confidence_threshold": threshold,
            "timeout": timeout,
            "bypass_cache": bypass_cache,
            "thread_id": conversation,
        }
        events: list[Outcome] = []
        async with Clearway.open(settings) as cw:
            opened.append(cw)
            with stderr.status("reading…") as status:
                async for event in cw.stream(text, **options):
                    if isinstance(event, Step):
                        status.update(f"{event.node} ✓ [dim]{event.detail}[/]")
                    else:
                        events.append(event)
        return events[-1]

    try:
        outcome = run(work(), drain=lambda: sum(cw.drain() for cw in opened))
    except ClearwayError as error:
        if not as_json:
            raise
        outcome = unopened(error)
    if as_json:
        typer.echo(outcome.model_dump_json(indent=2))
    else:
        from clearway.cli.show import show

        show(outcome, stdout, trace=trace)
    if answer := answered_with(outcome):
        named = f" --user {shlex.quote(user)}" if user else ""
        stderr.print(
            f"Answer with: clearway ask --thread {shlex.quote(conversation)}{named} {answer}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return 1 if outcome.kind == "failed" else 0


def answered_with(outcome: Outcome) -> str:
    """Return what may be said next in the conversation; nothing where it does not wait."""
    if outcome.kind == "clarify":
        return '"…"'
    return "yes   (or no)" if outcome.kind == "needs_review" and outcome.approvals else ""


def unopened(error: ClearwayError) -> Outcome:
    """Return the Outcome of a question that could not even be put: JSON stays JSON."""
    from clearway.outcome import Failed, Problem

    problem = Problem.model_validate(error.to_dict())
    return Failed(trace_id=uuid.uuid4().hex, message=error.message, error=problem)
