"""How `clearway docs` shows what it did and found."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from clearway.outcome import DocsAnswer
    from clearway.tools.docs.ingesting.ingest import Step
    from clearway.tools.docs.types import Found, Listed

_SIGNS = {"added": "[green]+[/]", "updated": "[green]~[/]", "removed": "[yellow]-[/]"}
_SHOWN = 20


def told(steps: list[Step], *, as_json: bool) -> int:
    """Print what became of each file; return 1 where one could not be read."""
    if as_json:
        for step in steps:
            typer.echo(json.dumps({"change": step.change, "document": step.label, "why": step.why}))
    else:
        _show_steps(steps)
    return 1 if any(step.change == "skipped" for step in steps) else 0


def _show_steps(steps: list[Step]) -> None:
    console, stderr = Console(), Console(stderr=True)
    changed = [step for step in steps if step.change in _SIGNS]
    for step in changed[:_SHOWN]:
        sign = _SIGNS[step.change]
        line = f"{sign} {escape(step.label)} [dim]{counted(step.chunks, 'passage')}[/]"
        console.print(line, highlight=False, soft_wrap=True)
    if len(changed) > _SHOWN:
        console.print(f"  … and {len(changed) - _SHOWN} more", highlight=False)
    for step in steps:
        if step.change == "skipped":
            line = f"[red]✗[/] {escape(step.label)}: {escape(step.why)}"
            stderr.print(line, highlight=False, soft_wrap=True)
    counts = Counter(step.change for step in steps)
    summary = ", ".join(f"{count} {change}" for change, count in counts.items()) or "no file found"
    console.print(f"[green]✓[/] {summary}", highlight=False)


def tell_left_out(kinds: dict[str, int]) -> None:
    """Say on stderr which files of a folder were not read, for they are of other kinds."""
    if kinds:
        from clearway.tools.docs.ingesting.parse import KINDS

        named = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        line = (
            f"{counted(sum(kinds.values()), 'file')} left out ({named}); read are {' '.join(KINDS)}"
        )
        Console(stderr=True).print(f"[yellow]![/] {escape(line)}", highlight=False, soft_wrap=True)


def show_hits(found: Found, *, as_json: bool) -> None:
    """Print passages with their places, the best first."""
    if as_json:
        for hit in found.hits:
            shown = {
                "document": hit.label, "collection": hit.collection, "section": list(hit.section),
                "line": hit.line, "end_line": hit.end_line, "page": hit.page, "text": hit.text,
                "score": hit.score,
            }  # fmt: skip
            typer.echo(json.dumps(shown))
        return
    console = Console()
    for number, hit in enumerate(found.hits, start=1):
        place = _place(hit.label, hit.line, hit.end_line, hit.page)
        section = " › ".join(hit.section) or hit.title  # noqa: RUF001
        console.print(
            f"[bold]{number}[/] [cyan]{escape(place)}[/]  {escape(section)}", highlight=False
        )
        console.print(escape(_shortened(hit.text)), style="dim", highlight=False)
    if not found.hits:
        console.print("Nothing in the documents you may see fits.")
    if found.trouble:
        Console(stderr=True).print(f"[dim]{escape(found.trouble)}[/]", highlight=False)


def show_answer(answer: DocsAnswer, *, as_json: bool) -> int:
    """Print an answer and where each part of it stands."""
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
        return 0
    console = Console()
    console.print(escape(answer.text), highlight=False)
    for each in answer.citations:
        place = _place(each.document, each.line, each.end_line, each.page)
        section = " › ".join(each.section) or each.title  # noqa: RUF001
        console.print(
            f"[dim][{each.number}] {escape(place)}  {escape(section)}[/]", highlight=False
        )
    return 0


def _place(label: str, line: int, end_line: int, page: int | None) -> str:
    lines = f"{line}" if line == end_line else f"{line}-{end_line}"
    return f"{label}:{lines}" if page is None else f"{label} p. {page}:{lines}"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 300 else f"{flat[:299]}…"


def listed(each: Listed) -> dict[str, object]:
    """Return a kept document, JSON-plain."""
    return {
        "document": each.label, "path": each.path, "title": each.title,
        "collection": each.collection, "acl": list(each.acl), "passages": each.chunk_count,
        "size_bytes": each.size_bytes, "modified_at": each.modified_at.isoformat(),
    }  # fmt: skip


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
