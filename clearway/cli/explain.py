"""`clearway explain`: what a question says, slot by slot, and what would be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from clearway.cli.run import entry, run
from clearway.semantics.frame import NOWHERE, Span

if TYPE_CHECKING:
    from clearway.parts import Weighed
    from clearway.plans import Evidence, SqlPlan
    from clearway.semantics.frame import Filter
    from clearway.semantics.types import Abstention, Frame, Route


def explain(
    question: Annotated[str, typer.Argument(help="The question.")],
    user: Annotated[str | None, typer.Option(help="Read it as this user.")] = None,
) -> int:
    """Show how a question is read, where it goes, and the plan."""
    settings, console = entry(), Console()

    async def work() -> tuple[Frame, Route, Weighed | Abstention, SqlPlan | None]:
        from clearway.app import Clearway

        async with Clearway.open(settings) as cw:
            found = await cw.weigh(question, user=user)
            vouched = await cw.verified(question, user=user)
            return cw.read(question, user=user), cw.route(question, user=user), found, vouched

    frame, route, weighed, vouched = run(work())
    plan = getattr(weighed, "plan", weighed)
    console.print(_marked(frame))
    console.print(_slots(frame))
    if vouched is not None:
        console.print(
            f"asked, it is answered by a verified statement: {escape(vouched.sql)}\nwithout it:",
            soft_wrap=True,
            highlight=False,
        )
    console.print(f"route  {route.tool} ({route.confidence:.2f}): {escape(route.reason)}")
    sql = getattr(plan, "sql", None)
    if sql is None and hasattr(plan, "tool"):
        console.print(f"plan   {escape(getattr(plan, 'explanation', ''))}", highlight=False)
        for line in evidence_lines(weighed):
            console.print(line, highlight=False, soft_wrap=True)
        return 0
    if sql is None:
        console.print(f"plan   none: {escape(getattr(plan, 'reason', ''))}", highlight=False)
        for number, reading in enumerate(getattr(plan, "readings", ()), start=1):
            console.print(f"       {number}  {escape(reading.label)}", highlight=False)
        return 0
    for path in joins(sql):
        console.print(f"join   {escape(path)}", highlight=False)
    console.print(f"plan   {escape(sql)}", soft_wrap=True, highlight=False)
    for note in getattr(plan, "assumptions", ()):
        console.print(f"       [dim]·[/] {escape(note)}", highlight=False)
    for line in evidence_lines(weighed):
        console.print(line, highlight=False, soft_wrap=True)
    return 0


def evidence_lines(weighed: Weighed | Abstention) -> Iterator[str]:
    """Yield what speaks for and against the plan, one line a fact, and what it comes to."""
    from clearway.plans import SOUND

    evidence: tuple[Evidence, ...] = getattr(weighed, "evidence", ())
    for item in evidence:
        mark = (
            "[green]✓[/]" if item.score >= SOUND else "[yellow]?[/]" if item.score else "[red]✗[/]"
        )
        yield f"{mark} {item.kind:<11} {item.score:.2f}  {escape(item.detail)}"
    if evidence:
        yield f"confidence {getattr(weighed, 'confidence', 0.0):.2f}"


def joins(sql: str) -> list[str]:
    """Return the join path of a statement, one step a line."""
    import sqlglot
    from sqlglot import exp

    steps = sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Join)
    conditions = [(step.this.alias_or_name, step.args.get("on")) for step in steps]
    return [f"{name} on {on.sql(dialect='postgres')}" for name, on in conditions if on is not None]


def _marked(frame: Frame) -> Text:
    """Return the text with every word that matters and is unexplained marked."""
    text = Text(frame.text)
    for left in frame.leftover:
        text.stylize("bold red" if left.matters else "dim", *left.span)
    return text


def _slots(frame: Frame) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("slot", "says", "from the words"):
        grid.add_column(heading)
    for name, value, (start, end) in said(frame):
        grid.add_row(name, escape(value), escape(frame.text[start:end]))
    return grid


def said(frame: Frame) -> list[tuple[str, str, Span]]:
    """Return every slot that was filled: its name, what it says, and the words that fill it."""
    found = [("subject", frame.subject, NOWHERE)] if frame.subject else []
    for measure in frame.measures:
        column = measure.column.name if measure.column else measure.table
        says = measure.named or f"{measure.aggregate or ''} {column}".strip()
        found.append(("measure", says, measure.span))
    found += [("shown", shown.column.name, shown.span) for shown in frame.attributes]
    for by in frame.dimensions:
        found.append(("by", f"{by.column.name} {by.grain or ''}".strip(), by.span))
    found += [("where", _condition(condition), condition.span) for condition in frame.filters]
    if frame.period is not None:
        says = f"{frame.period.start} to {frame.period.end}"
        found.append(("period", says, frame.period.span))
    for order in frame.order:
        key = order.column.name if order.column else "the measure"
        says = f"{key}, {'largest' if order.descending else 'smallest'} first"
        found.append(("order", says, order.span))
    if frame.limit is not None:
        found.append(("limit", str(frame.limit), NOWHERE))
    if frame.skip:
        passed = frame.order[0].span if frame.order else NOWHERE
        found.append(("passed over", f"the first {frame.skip}", passed))
    found += [("left over", left.word, left.span) for left in frame.leftover if left.matters]
    return found


def _condition(condition: Filter) -> str:
    column = condition.column.name if condition.column else "the measure"
    values = ", ".join(str(value) for value in condition.values)
    return f"{'not ' if condition.negated else ''}{column} {condition.comparator} {values}"
