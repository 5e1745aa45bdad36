"""`clearway calibrate`: how true the confidence is on the owner's questions, and a truer one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry, run
from clearway.errors import ConfigurationError

if TYPE_CHECKING:
    from clearway.evals.fit import Example
    from clearway.evals.refit import Refit
    from clearway.evals.verified import Unused, Verified
    from clearway.settings import Settings

ROWS_COMPARED = 100_000


def calibrate(  # noqa: PLR0917 - typer reads the options from the signature
    cases: Annotated[Path | None, typer.Option(help="Verified questions, JSON lines.")] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Accepted feedback too; needs the scope review.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where the parameters go; the user's folder by default.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(help="Where the diagram goes; beside the parameters by default.")
    ] = None,
    max_wrong: Annotated[
        float | None, typer.Option(help="Find the threshold for at most this share wrong (0.02).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> int:
    """Refit the confidence on verified questions and show how reliable it is.

    Exit code 1 where a promise was asked for that the questions cannot support.
    """
    if max_wrong is not None and not 0 < max_wrong < 1:
        raise typer.BadParameter("a share between 0 and 1, such as 0.02", param_hint="--max-wrong")
    if cases is None and not feedback:
        raise typer.BadParameter("name --cases FILE, or --feedback")
    from clearway.evals.verified import read_verified

    settings = entry()
    verified = read_verified(cases) if cases is not None else []
    examples, unused = run(_judged(settings, verified, feedback=feedback))
    name = "feedback" if cases is None else cases.name
    if not examples and cases is None and not unused:
        raise ConfigurationError(
            "No feedback is accepted yet: `clearway feedback review` lists what waits."
        )
    if not examples:
        raise ConfigurationError(f"{name}: no case could be used. {_told(unused[:3])}".strip())
    from clearway.calibration import load_calibration
    from clearway.evals.refit import refit

    found = refit(examples, load_calibration(settings))
    target = out or _default_out()
    picture = png or target.with_suffix(".png")
    _write(found, examples, target, picture, name)
    if as_json:
        typer.echo(json.dumps(_figures(found, unused, max_wrong), indent=2))
    else:
        _show(found, unused, target, picture, max_wrong)
    return int(max_wrong is not None and _promised(found, max_wrong) is None)


async def _judged(
    settings: Settings, verified: list[tuple[int, Verified]], *, feedback: bool
) -> tuple[list[Example], list[Unused]]:
    from clearway.app import Clearway
    from clearway.evals.verified import judged_examples, reviewed

    # One person asks all of it at once, and compares whole results.
    roomy = settings.model_copy(
        update={
            "rate_limit_requests": 1_000_000,
            "row_limit": max(ROWS_COMPARED, settings.row_limit),
        }
    )
    async with Clearway.open(roomy) as cw:
        given = reviewed(await cw.feedback_entries("accepted")) if feedback else []
        return await judged_examples(cw, [*verified, *given])


def _default_out() -> Path:
    from platformdirs import user_config_path

    return user_config_path("clearway", appauthor=False) / "calibration.json"


def _write(found: Refit, examples: list[Example], target: Path, picture: Path, name: str) -> None:
    from clearway.evals.diagram import png
    from clearway.evals.fit import recorded_in

    kept = recorded_in(
        found.calibration,
        found.judged,
        n=len(examples),
        sources={f"{name}, {found.method}": len(examples)},
        date=datetime.now(UTC).date().isoformat(),
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(kept.model_dump_json(indent=2) + "\n", "utf-8")
        picture.write_bytes(png(found.judged))
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be written ({error.strerror}); name another with --out."
        ) from None


def _promised(found: Refit, max_wrong: float) -> object:
    from clearway.evals.reliability import promise

    return promise(found.judged, max_wrong)


def _figures(found: Refit, unused: list[Unused], max_wrong: float | None) -> dict[str, object]:
    from clearway.evals.reliability import auroc, bins, brier, ece, promise, risk_coverage

    kept = promise(found.judged, max_wrong) if max_wrong is not None else None
    return {
        "n": len(found.judged),
        "right": sum(each.right for each in found.judged),
        "method": found.method,
        "ece": ece(found.judged),
        "brier": brier(found.judged),
        "auroc": auroc(found.judged),
        "reliability": [asdict(each) for each in bins(found.judged)],
        "risk_coverage": [asdict(each) for each in risk_coverage(found.judged)],
        "promise": None if kept is None else asdict(kept),
        "unused": [asdict(each) for each in unused],
    }


def _show(
    found: Refit, unused: list[Unused], target: Path, picture: Path, max_wrong: float | None
) -> None:
    from clearway.evals.diagram import risk_lines, terminal_lines
    from clearway.evals.reliability import auroc, brier, ece, risk_coverage

    console, judged = Console(highlight=False, soft_wrap=True), found.judged
    right, area = sum(each.right for each in judged), auroc(judged)
    console.print(f"{len(judged)} plans judged, {right} of them right; {found.method}")
    for each in unused:
        console.print(f"  [dim]·[/] line {each.line} not used: {escape(each.why)}")
    for line in (*terminal_lines(judged), "", *risk_lines(risk_coverage(judged)), ""):
        console.print(line, markup=False)
    ranking = "not known, all are alike" if area is None else f"{area:.3f}"
    console.print(f"ECE {ece(judged):.3f}   Brier {brier(judged):.3f}   AUROC {ranking}")
    if max_wrong is not None:
        console.print(_sentence(found, max_wrong))
    console.print(f"[green]✓[/] {escape(str(target))} and {escape(str(picture))}")
    console.print(f"  put it in force with CLEARWAY_CALIBRATION={escape(str(target))}")


def _sentence(found: Refit, max_wrong: float) -> str:
    """Return the threshold for a promise, or how many more questions one needs."""
    from clearway.evals.reliability import needed, promise

    kept = promise(found.judged, max_wrong)
    if kept is None:
        return (
            f"[yellow]✗[/] at most {max_wrong:.1%} wrong cannot be promised from "
            f"{len(found.judged)} plans: it takes at least {needed(max_wrong)} answers above a "
            "threshold, all of them right, or more with few wrong"
        )
    return (
        f"[green]✓[/] at most {max_wrong:.1%} wrong: CLEARWAY_CONFIDENCE_THRESHOLD="
        f"{kept.threshold:.4f} answers {kept.coverage:.1%} of them; {kept.wrong} of "
        f"{kept.answered} were wrong, at most {kept.bound:.1%} with 95 % confidence"
    )


def _told(unused: list[Unused]) -> str:
    return " ".join(f"Line {each.line}: {each.why}" for each in unused)
