"""The fault dial: make a real provider fail on purpose, for a while, where everybody can see it."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clearway.llm.calls.chunks import Body, choices, delta
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.simulated import failure
from clearway.llm.calls.transport import Chunks, Transport
from clearway.llm.pace import Clock, Pace
from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import FailureKind

log = logging.getLogger(__name__)

PIECES_BEFORE_CUT = 2


class Drill(BaseModel):
    """One provider that is made to fail until a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    kind: FailureKind
    rate: float = Field(gt=0, le=1)
    until: datetime
    by: str = ""


class Dial(Protocol):
    """Which drills are on."""

    def drill(self, provider: str) -> Drill | None:
        """Return the provider's drill unless it is over; cheap enough for every call."""
        ...


class FileDial:
    """Implements `Dial` in a file that all processes of one home read; each change is seen at once.

    A file that cannot be read is no drill: a dial must not be able to break what it tests.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Nothing is read before it is asked."""
        self._path = path
        self._clock = clock
        self._stamp: tuple[int, int] | None = None
        self._drills: Mapping[str, Drill] = {}

    def drill(self, provider: str) -> Drill | None:
        """Return the provider's drill unless it is over."""
        found = self._read().get(provider)
        return found if found is not None and found.until > self._clock.now() else None

    def drills(self) -> list[Drill]:
        """Return all that are on."""
        now = self._clock.now()
        return [drill for drill in self._read().values() if drill.until > now]

    def start(self, drill: Drill) -> None:
        """Put a drill on, in place of the provider's last one."""
        log.warning("drill_started", extra=_facts(drill))
        self._write({**{each.provider: each for each in self.drills()}, drill.provider: drill})

    def stop(self, provider: str | None = None) -> int:
        """End one provider's drill, or all; return how many were on."""
        on = self.drills()
        kept = {d.provider: d for d in on if provider not in (None, d.provider)}
        for ended in on:
            if ended.provider not in kept:
                log.warning("drill_stopped", extra=_facts(ended))
        self._write(kept)
        return len(on) - len(kept)

    def _read(self) -> Mapping[str, Drill]:
        try:
            status = self._path.stat()
        except OSError:
            return {}
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._drills = _parsed(self._path)
            self._stamp = stamp
        return self._drills

    def _write(self, drills: Mapping[str, Drill]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([drill.model_dump(mode="json") for drill in drills.values()], indent=2)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".drills")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self._path)
        except OSError:  # a full disk is not filled further
            os.unlink(name)
            raise


class DialledTransport:
    """Implements `Transport` over another: fails where a drill says so, and logs that it did."""

    def __init__(self, transport: Transport, dial: Dial, pace: Pace) -> None:
        """Without a drill it adds one look at a file's date."""
        self._transport = transport
        self._dial = dial
        self._pace = pace

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Fail, or call."""
        if kind := self._drawn(route):
            raise await self._failure(kind, within_s)
        return await self._transport.complete(route, body, within_s=within_s)

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Fail before the first piece, or after a few of them, or stream."""
        kind = self._drawn(route)
        if kind is not None and kind not in ("cut", "malformed"):
            raise await self._failure(kind, min(within_s, first_s))
        chunks = self._transport.stream(route, body, within_s=within_s, first_s=first_s)
        pieces = 0
        try:
            async for chunk in chunks:
                if kind is not None and pieces >= PIECES_BEFORE_CUT:
                    raise failure(kind)
                pieces += any(delta(choice).get("content") for choice in choices(chunk))
                yield chunk
        finally:
            await chunks.aclose()

    async def aclose(self) -> None:
        """Close what is below."""
        await self._transport.aclose()

    def _drawn(self, route: Route) -> FailureKind | None:
        drill = self._dial.drill(route.provider.id)
        if drill is None or self._pace.draw() >= drill.rate:
            return None
        log.warning("drill_failed_a_call", extra=_facts(drill))
        return drill.kind

    async def _failure(self, kind: FailureKind, within_s: float) -> Fault:
        if kind in ("silent", "slow"):
            await self._pace.sleep(within_s)
        return failure(kind)


def _parsed(path: Path) -> Mapping[str, Drill]:
    try:
        listed = [Drill.model_validate(each) for each in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError, ValidationError):
        log.warning("drills_unreadable", extra={"path": str(path)})
        return {}
    return {drill.provider: drill for drill in listed}


def _facts(drill: Drill) -> dict[str, object]:
    return {
        "provider": drill.provider,
        "kind": drill.kind,
        "rate": drill.rate,
        "until": drill.until.isoformat(),
        "by": drill.by,
    }
