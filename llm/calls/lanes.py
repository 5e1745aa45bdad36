"""Connections to model endpoints: pools small enough to stay fast, as many as are needed."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import httpx2

CALLS_PER_LANE = 32
"""A pool looks at each connection for each call: 500 calls in one pool take five times as long."""


class _Client(httpx2.AsyncClient):
    """Closes itself where nobody did and its loop still runs."""

    def __del__(self) -> None:
        if not self.is_closed:
            with suppress(RuntimeError):
                asyncio.get_running_loop().create_task(self.aclose())


@dataclass
class Lane:
    """One pool, and how many calls are on it."""

    client: httpx2.AsyncClient
    busy: int = 0


class Lanes:
    """The pools of each event loop; a connection belongs to the loop it was made in."""

    def __init__(self, *, connect_s: float) -> None:
        """Nothing is opened before the first call."""
        self._connect_s = connect_s
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Lane]] = WeakKeyDictionary()

    def take(self) -> Lane:
        """Return a lane with room, one call further; whoever takes it counts it down again."""
        lanes = self._lanes.setdefault(asyncio.get_running_loop(), [])
        lane = next((each for each in lanes if each.busy < CALLS_PER_LANE), None)
        if lane is None:
            lane = Lane(self._client())
            lanes.append(lane)
        lane.busy += 1
        return lane

    async def aclose(self) -> None:
        """Close the pools of the running loop."""
        for lane in self._lanes.pop(asyncio.get_running_loop(), []):
            await lane.client.aclose()

    def _client(self) -> httpx2.AsyncClient:
        return _Client(
            verify=_trust(),
            timeout=httpx2.Timeout(None, connect=self._connect_s),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=CALLS_PER_LANE),
        )


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes longer than a call."""
    return httpx2.create_ssl_context()
