"""How an Outcome looks in a terminal."""

from __future__ import annotations

from decimal import Decimal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from clearway.display import place, readable_rows
from clearway.outcome import Answered, Clarify, DocsAnswer, Outcome, Result
from clearway.plans import SOUND

MAX_ROWS = 50
NUMERIC = ("int", "numeric", "double", "real", "bigint", "smallint", "money")
PLANNED = {
    "rules": "planned by rules",
    "model": "planned by a model",
    "cache": "a plan that ran before",
    "raw": "your own SQL",
    "verified": "a verified statement",
}
MARKS = {
    "answered": "[green]✓[/]",
    "clarify": "[yellow]?[/]",
    "refused": "[yellow]✗[/]",
    "denied": "[yellow]✗[/]",
    "limited": "[yellow]…[/]",
    "needs_review": "[yellow]![/]",
    "failed": "[red]✗[/]",
}


def show(outcome: Outcome, console: Console, *, trace: bool = False) -> None:
    """Print the answer, what was run, how sure we are, and what speaks against it."""
    if outcome.parts:
        _show_parts(outcome, console, trace=trace)
        return
    if isinstance(outcome, Answered) and outcome.docs is not None:
        _show_cited(outcome.docs, console)
    if isinstance(outcome, Answered) and outcome.result is not None:
        console.print(table(outcome.result))
        if outcome.sql:
            sql = Syntax(outcome.sql, "postgresql", word_wrap=True, background_color="default")
            console.print(Padding(sql, (0, 0, 0, 2)))
    console.print(f"{MARKS[outcome.kind]} {escape(_said(outcome))}", highlight=False)
    if isinstance(outcome, Clarify):
        for number, choice in enumerate(outcome.choices, start=1):
            meant = f"  [dim]{escape(choice.effect)}[/]" if choice.effect else ""
            console.print(f"  [bold]{number}[/]  {escape(choice.label)}{meant}", highlight=False)
    for note in (*_assumptions(outcome), *(item.detail for item in outcome.degradations)):
        console.print(f"  [dim]·[/] {escape(note)}", highlight=False)
    for doubt in (item for item in outcome.evidence if item.score < SOUND and not trace):
        console.print(f"  [dim]![/] {escape(doubt.detail)}", highlight=False)
    console.print(f"[dim]{escape(footer(outcome))}[/]", highlight=False, soft_wrap=True)
    if trace:
        console.print(trace_table(outcome))


def _show_cited(answer: DocsAnswer, console: Console) -> None:
    """Print what documents say, and where each sentence stands."""
    for sentence in answer.sentences:
        numbers = "".join(f"[{number}]" for number in sentence.citations)
        console.print(f"{escape(sentence.text)} [cyan]{escape(numbers)}[/]", highlight=False)
    for citation in answer.citations:
        line = escape(f"[{citation.number}] {place(citation)}")
        console.print(f"  [dim]{line}[/]", highlight=False, soft_wrap=True)


def _show_parts(outcome: Outcome, console: Console, *, trace: bool) -> None:
    """Print each part as the answer it is; the last line is of the whole."""
    for part in outcome.parts:
        console.print(f"[bold]{escape(part.question)}[/]", highlight=False)
        show(part.outcome, console, trace=trace)
        console.print()
    console.print(f"{MARKS[outcome.kind]} {escape(outcome.message)}", highlight=False)
    console.print(f"[dim]{escape(footer(outcome))}[/]", highlight=False, soft_wrap=True)


def _said(outcome: Outcome) -> str:
    """Return the one line about an answer: what documents say stands above it already."""
    if isinstance(outcome, Answered) and outcome.docs is not None:
        count = len(outcome.docs.citations)
        return f"{count} passage{'' if count == 1 else 's'} quoted."
    return outcome.message


def _assumptions(outcome: Outcome) -> tuple[str, ...]:
    return outcome.assumptions if isinstance(outcome, Answered) else ()


def footer(outcome: Outcome) -> str:
    """Return confidence, planner, cost, time and trace id in one line."""
    parts = []
    if outcome.evidence:
        parts.append(f"confidence {outcome.confidence:.2f}")
    if isinstance(outcome, Answered):
        parts.append(PLANNED[outcome.plan_source])
    parts.append(money(outcome.usage.cost_usd))
    parts.append(f"{sum(outcome.timings_ms.values()):.0f} ms")
    parts.append(f"trace {outcome.trace_id}")
    return " · ".join(parts)


def money(cost_usd: Decimal | None) -> str:
    """Return a cost in words; unknown is said."""
    if cost_usd is None:
        return "cost unknown"
    return "no cost" if cost_usd == 0 else f"${cost_usd:.4f}"


def table(result: Result) -> Table:
    """Return the rows as a table, at most `MAX_ROWS` of them."""
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=True)
    for column in result.columns:
        numeric = column.type.startswith(NUMERIC)
        grid.add_column(escape(column.name), justify="right" if numeric else "left")
    for row in readable_rows(result, MAX_ROWS):
        grid.add_row(*map(escape, row))
    if result.row_count > MAX_ROWS:
        grid.caption = f"{result.row_count - MAX_ROWS} more rows: use --json to see all"
    return grid


def trace_table(outcome: Outcome) -> Table:
    """Return every step with its time, and every piece of evidence with its score."""
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False)
    grid.add_column("step")
    grid.add_column("ms", justify="right")
    for node, elapsed_ms in outcome.timings_ms.items():
        grid.add_row(node, f"{elapsed_ms:.1f}")
    for item in outcome.evidence:
        grid.add_row(f"evidence: {escape(item.detail)}", f"{item.score:.2f}")
    return grid
