"""`clearway drill`: make a provider fail on purpose, for a while, and see what happens."""

from __future__ import annotations

import getpass
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console

from clearway.cli.run import entry

if TYPE_CHECKING:
    from clearway.llm.calls.dial import FileDial

MOST = timedelta(hours=24)
UNITS = {"s": 1, "m": 60, "h": 3600}


def drill(
    provider: Annotated[str | None, typer.Argument(help="Its id; none lists what is on.")] = None,
    kind: Annotated[
        str, typer.Option(help="429 500 503 reset silent slow cut malformed refusal")
    ] = "503",
    rate: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of calls that fail.")] = 1.0,
    for_: Annotated[
        str, typer.Option("--for", help="Until it ends by itself: 30s, 5m, 2h.")
    ] = "5m",
    *,
    stop: Annotated[
        bool, typer.Option("--stop", help="End it, or all without a provider.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="The file of `clearway llm serve` that has the provider.")
    ] = None,
) -> int:
    """Fail calls of a provider in every process of this home; logged, and over by itself.

    `configured` is the model that plans are made with.
    """
    from clearway.llm.calls.dial import Drill, FileDial
    from clearway.llm.providers.registry import load_registry
    from clearway.llm.providers.specs import FailureKind
    from clearway.model_routes import CONFIGURED
    from clearway.resilience.clock import SystemClock

    settings, clock = entry(), SystemClock()
    dial = FileDial(settings.home / "drills.json", clock)
    if stop:
        typer.echo(f"{dial.stop(provider)} ended")
        return 0
    if provider is None:
        return _listed(dial)
    if provider != CONFIGURED and provider not in _listed_in(config):
        load_registry(settings.providers_path).named(provider)
    if kind not in get_args(FailureKind) or rate == 0:
        raise typer.BadParameter(f"--kind is one of {', '.join(get_args(FailureKind))}")
    until = clock.now() + duration(for_)
    dial.start(Drill(provider=provider, kind=kind, rate=rate, until=until, by=getpass.getuser()))
    Console().print(
        f"[yellow]![/] {provider} fails with {kind} in {rate:.0%} of calls until "
        f"{until:%H:%M:%S} UTC; `clearway drill {provider} --stop` ends it",
        highlight=False,
        soft_wrap=True,
    )
    return 0


def _listed_in(config: Path | None) -> set[str]:
    if config is None:
        return set()
    from clearway.llm.face.config import load_config

    return {str(entry.get("id")) for entry in load_config(config).providers}


def duration(text: str) -> timedelta:
    """Return what `5m` means; raise `BadParameter` for anything else and for more than a day."""
    found = re.fullmatch(r"(\d{1,5})([smh])", text)
    length = timedelta(seconds=int(found[1]) * UNITS[found[2]]) if found else timedelta()
    if not timedelta() < length <= MOST:
        raise typer.BadParameter("--for is a time such as 30s, 5m or 2h, of a day at most")
    return length


def _listed(dial: FileDial) -> int:
    for each in dial.drills():
        typer.echo(
            f"{each.provider}  {each.kind}  {each.rate:.0%}  until {each.until:%H:%M:%S} UTC"
        )
    return 0
