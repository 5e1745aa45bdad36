"""`clearway feedback`: a mark on an answer, and the owner's review of marks and corrections."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.app import Clearway
    from clearway.stores.feedback import Feedback

Result = TypeVar("Result")
REVIEW = "review"
DECISIONS: dict[str, Literal["accepted", "rejected"]] = {"accept": "accepted", "reject": "rejected"}


def feedback(  # noqa: PLR0917  # typer reads the options from the signature
    trace: Annotated[str, typer.Argument(help='The trace id of an answer, or "review".')],
    mark: Annotated[str, typer.Argument(help="up or down; for a review the entry's number.")] = "",
    decision: Annotated[str, typer.Argument(help="For a review: accept or reject.")] = "",
    sql: Annotated[str, typer.Option(help="The statement it should have been.")] = "",
    note: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    user: Annotated[str | None, typer.Option(help="Whose answer it is, if not yours.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Mark an answer: `clearway feedback TRACE up|down [--sql "…"] [--note …]`.

    `clearway feedback review` lists what is unreviewed; `clearway feedback review 7 accept` makes
    entry 7 a verified question: its correction answers it from then on, planners are shown it, and
    `clearway calibrate --feedback` uses it.
    """
    if trace == REVIEW:
        return _review(mark, decision, as_json)
    if mark not in ("up", "down") or decision:
        raise typer.BadParameter("a mark is up or down", param_hint="MARK")
    kept = _opened(
        lambda cw: cw.feedback(
            trace, "up" if mark == "up" else "down", sql=sql, note=note, user=user
        )
    )
    if as_json:
        typer.echo(json.dumps(asdict(kept), default=str))
        return 0
    waits = " The correction waits for review." if kept.sql else ""
    evicted = " Its plan is no longer kept." if kept.mark == "down" else ""
    _say(f"[green]✓[/] kept as entry {kept.feedback_id}.{evicted}{waits}")
    return 0


def _review(number: str, decision: str, as_json: bool) -> int:
    if number:
        if not number.isdigit() or decision not in DECISIONS:
            raise typer.BadParameter("an entry's number, then accept or reject")
        kept = _opened(lambda cw: cw.review_feedback(int(number), DECISIONS[decision]))
        _say(f"[green]✓[/] entry {kept.feedback_id} {kept.status}")
        return 0
    for each in _opened(lambda cw: cw.feedback_entries("unreviewed")):
        if as_json:
            typer.echo(json.dumps(asdict(each), default=str))
        else:
            _show(each)
    return 0


def _show(each: Feedback) -> None:
    mark = "[green]up[/]" if each.mark == "up" else "[red]down[/]"
    when = f"{each.given_at:%Y-%m-%d %H:%M}"
    _say(f"{each.feedback_id:>5}  {mark}  {when}  {escape(each.user_id)}  {escape(each.question)}")
    for name, text in (("ran", each.plan_sql), ("should be", each.sql), ("note", each.note)):
        if text:
            _say(f"       [dim]{name}[/] {escape(text)}")


def _opened(work: Callable[[Clearway], Awaitable[Result]]) -> Result:
    settings = entry()

    async def opened() -> Result:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            return await work(cw)

    return run(opened())


def _say(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True)
