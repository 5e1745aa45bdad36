"""`clearway explain`: what a question says, slot by slot, and what would be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clearway.cli.run import entry, run

if TYPE_CHECKING:
    from clearway.plans import SqlPlan
    from clearway.semantics.frame import Filter
    from clearway.semantics.types import Abstention, Frame, Route


def explain(
    question: Annotated[str, typer.Argument(help="The question.")],
    user: Annotated[str | None, typer.Option(help="Read it as this user.")] = None,
) -> int:
    """Show how a question is read, where it goes, and the plan."""
    settings, console = entry(), Console()

    async def work() -> tuple[Frame, Route, SqlPlan | Abstention]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            plan = await cw.plan(question, user=user)
            return cw.read(question, user=user), cw.route(question, user=user), plan

    frame, route, plan = run(work())
    console.print(_underlined(frame))
    console.print(_slots(frame))
    console.print(f"route  {route.tool} ({route.confidence:.2f}): {escape(route.reason)}")
    if sql := getattr(plan, "sql", None):
        console.print(f"plan   {escape(sql)}", soft_wrap=True, highlight=False)
        for note in getattr(plan, "assumptions", ()):
            console.print(f"       [dim]·[/] {escape(note)}", highlight=False)
        return 0
    console.print(f"plan   none: {escape(getattr(plan, 'reason', ''))}", highlight=False)
    for number, reading in enumerate(getattr(plan, "readings", ()), start=1):
        console.print(f"       {number}  {escape(reading.label)}", highlight=False)
    return 0


def _underlined(frame: Frame) -> Text:
    """Return the text with every word that matters and is unexplained marked."""
    text = Text(frame.text)
    for left in frame.leftover:
        text.stylize("bold red" if left.matters else "dim", *left.span)
    return text


def _slots(frame: Frame) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False)
    grid.add_column("slot")
    grid.add_column("says")
    for name, value in said(frame):
        grid.add_row(name, escape(value))
    return grid


def said(frame: Frame) -> list[tuple[str, str]]:
    """Return the slots that were filled, in words."""
    found = [("subject", frame.subject or "")]
    for measure in frame.measures:
        column = measure.column.name if measure.column else measure.table
        found.append(("measure", measure.named or f"{measure.aggregate or ''} {column}".strip()))
    found += [("shown", shown.column.name) for shown in frame.attributes]
    found += [("by", f"{by.column.name} {by.grain or ''}".strip()) for by in frame.dimensions]
    found += [("where", _condition(condition)) for condition in frame.filters]
    if frame.period is not None:
        found.append(("period", f"{frame.period.start} to {frame.period.end}"))
    for order in frame.order:
        key = order.column.name if order.column else "the measure"
        found.append(("order", f"{key}, {'largest' if order.descending else 'smallest'} first"))
    if frame.limit is not None:
        found.append(("limit", str(frame.limit)))
    if unread := [left.word for left in frame.leftover if left.matters]:
        found.append(("left over", ", ".join(unread)))
    return [(name, value) for name, value in found if value]


def _condition(condition: Filter) -> str:
    column = condition.column.name if condition.column else "the measure"
    values = ", ".join(str(value) for value in condition.values)
    return f"{'not ' if condition.negated else ''}{column} {condition.comparator} {values}"
