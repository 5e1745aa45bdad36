"""Providers that do not speak OpenAI's chat completions: adapters, found by their URL's scheme.

A provider whose `base_url` begins with `house://` is called with the adapter `house`: one that is
handed to `open_router(adapters=...)`, or one that an installed package declares:

    [project.entry-points."clearway.adapters"]
    house = "our_package:HouseAdapter"
"""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from clearway.errors import ConfigurationError
from clearway.llm.calls.chunks import Body, Progress, reply_as_chunk
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.patience import Patience
from clearway.llm.calls.transport import Chunks, Transport, whole
from clearway.llm.providers.routes import Route

log = logging.getLogger(__name__)

GROUP = "clearway.adapters"


class WholeAdapter(ABC):
    """A base for adapters that answer whole: write `complete`, and streams have one piece.

    `complete` gets the body of a chat completion and returns one, with a finish reason; where it
    cannot, it raises `Fault`, whose kind says what is to be done about it.
    """

    @abstractmethod
    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return the whole reply in the form of a chat completion."""

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield the reply as the only piece."""
        plain = {k: v for k, v in body.items() if k not in ("stream", "stream_options")}
        yield reply_as_chunk(await self.complete(route, plain, within_s=min(within_s, first_s)))

    async def aclose(self) -> None:  # noqa: B027  # most have nothing to close
        """Close what was opened; nothing by itself."""


class Adapted:
    """Implements `Transport` over somebody's adapter, and holds it to what a transport promises.

    It is in time, its answers are whole, and whatever it raises is a failure of the provider.
    """

    def __init__(self, adapter: Transport, name: str, patience: Patience) -> None:
        """`name` is what logs call it."""
        self._adapter = adapter
        self._name = name
        self._patience = patience

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return the adapter's reply where it is whole."""
        try:
            async with asyncio.timeout(within_s):
                reply = await self._adapter.complete(route, body, within_s=within_s)
            return whole(json.dumps(reply).encode())
        except TimeoutError:
            raise Fault("silent") from None
        except Fault:
            raise
        except Exception as error:
            raise self._broken(error) from error

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield the adapter's chunks; one that ends without a finish reason was cut."""
        loop = asyncio.get_running_loop()
        progress = Progress(self._patience, started=loop.time(), within_s=within_s, first_s=first_s)
        chunks = self._adapter.stream(route, body, within_s=within_s, first_s=first_s)
        try:
            while (chunk := await self._next(chunks, progress)) is not None:
                progress.saw(chunk, at=loop.time())
                yield chunk
            if not progress.finished:
                raise Fault("cut")
        finally:
            await chunks.aclose()

    async def aclose(self) -> None:
        """Close the adapter."""
        await self._adapter.aclose()

    async def _next(self, chunks: Chunks, progress: Progress) -> Body | None:
        """Return the next chunk, or None at the end; a loss after the finish reason is no loss."""
        try:
            async with asyncio.timeout_at(progress.limit_at):
                chunk = await anext(chunks, None)
            # As it would come over a wire: what is no JSON fails here and not at the caller.
            chunk = json.loads(json.dumps(chunk))
        except Exception as error:
            if progress.finished:
                return None
            if isinstance(error, Fault):
                raise
            if isinstance(error, TimeoutError):
                raise Fault(progress.lateness) from None
            raise self._broken(error) from error
        if chunk is None:
            return None
        if not isinstance(chunk, dict) or not isinstance(chunk.get("choices", []), list):
            raise Fault("malformed")
        return chunk

    def _broken(self, error: Exception) -> Fault:
        # Its words may hold what was asked, or a key.
        log.error("adapter_failed", extra={"adapter": self._name, "error": type(error).__name__})
        return Fault("unavailable")


def adapters_for(
    routes: Iterable[Route],
    own: Mapping[str, Transport],
    patience: Patience,
    *,
    ours: Iterable[str],
) -> dict[str, Adapted]:
    """Return the adapters these routes are called with, by scheme; `ours` need none.

    Raises `ConfigurationError` naming the provider for a scheme nobody has an adapter for.
    """
    found: dict[str, Adapted] = {}
    for route in routes:
        scheme = scheme_of(route)
        if scheme in found or scheme in ours:
            continue
        adapter = own.get(scheme) or _installed(scheme)
        if adapter is None:
            known = ", ".join(sorted({*ours, *own, *(e.name for e in entry_points(group=GROUP))}))
            raise ConfigurationError(
                f"Provider {route.provider.id!r} has the base_url {scheme}://..., and there is no "
                f"adapter {scheme!r}; there are {known}."
            )
        found[scheme] = Adapted(adapter, scheme, patience)
    return found


def scheme_of(route: Route) -> str:
    """Return what stands before the `://` of a route's address."""
    return route.base_url.partition(":")[0].lower()


def _installed(scheme: str) -> Transport | None:
    """Return a new adapter of a package that declares one by this name."""
    for entry in entry_points(group=GROUP, name=scheme):
        made: Transport = entry.load()()
        return made
    return None
