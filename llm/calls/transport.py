"""Calls over HTTP: any endpoint that speaks OpenAI's chat completions, whole or as a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import httpx2

from clearway.llm.calls.chunks import Progress, reply_as_chunk
from clearway.llm.calls.events import DONE, EventReader
from clearway.llm.calls.faults import Fault, fault_in_stream, fault_of
from clearway.llm.calls.lanes import Lane, Lanes
from clearway.llm.calls.patience import Patience
from clearway.llm.providers.routes import Route

MAX_REPLY_BYTES = 32_000_000
MAX_ERROR_BYTES = 64_000
DRAIN_S = 0.05
"""After the last event, for the end of the body: only then can the connection be used again."""

Body = Mapping[str, Any]
Chunks = AsyncGenerator[Body, None]


class Transport(Protocol):
    """Makes one call of one route. Every failure is a `Fault`."""

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return the provider's whole reply, which has a message and a finish reason."""
        ...

    def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield chunks as they come; ends without `Fault` only after a finish reason."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Now(Protocol):
    """The part of a clock that knows the time of day."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...


class HttpTransport:
    """Implements `Transport` on httpx2, the client the openai SDK is built on; one per loop.

    It does not go through the SDK itself: its models and its retries are what a router must not
    have twice.
    """

    def __init__(self, clock: Now, patience: Patience | None = None) -> None:
        """Nothing is connected before the first call."""
        self._clock = clock
        self._patience = patience or Patience()
        self._lanes = Lanes(connect_s=self._patience.connect_s)

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return the provider's whole reply, within so many seconds."""
        lane = self._lanes.take()
        try:
            async with asyncio.timeout(within_s):
                response = await self._send(lane, route, body)
                try:
                    if response.status_code >= 400:
                        raise await self._refused(response)
                    return whole(await _read(response, MAX_REPLY_BYTES))
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Fault("silent") from None
        finally:
            lane.busy -= 1

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield chunks; `first_s` for the first piece, `within_s` for all of it."""
        started = asyncio.get_running_loop().time()
        progress = Progress(self._patience, started=started, within_s=within_s, first_s=first_s)
        lane = self._lanes.take()
        try:
            async with asyncio.timeout_at(progress.limit_at):
                response = await self._send(lane, route, body)
            try:
                async for chunk in self._received(response, progress):
                    yield chunk
            finally:
                await response.aclose()
        except TimeoutError:
            raise Fault(progress.lateness) from None
        finally:
            lane.busy -= 1

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        await self._lanes.aclose()

    async def _received(self, response: httpx2.Response, progress: Progress) -> Chunks:
        """Yield what a response brings, be it an error, a whole reply or a stream."""
        if response.status_code >= 400:
            async with asyncio.timeout_at(progress.limit_at):
                raise await self._refused(response)
        if "json" in response.headers.get("content-type", ""):
            async with asyncio.timeout_at(progress.limit_at):
                reply = whole(await _read(response, MAX_REPLY_BYTES))
            yield reply_as_chunk(reply)
            return
        async for chunk in _chunks(response, progress):
            yield chunk

    async def _send(self, lane: Lane, route: Route, body: Body) -> httpx2.Response:
        """Return the response with its headers read; what failed before them was not billed."""
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if route.key is not None:
            headers["authorization"] = f"Bearer {route.key.get_secret_value()}"
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        request = lane.client.build_request(
            "POST", f"{route.base_url}/chat/completions", content=content, headers=headers
        )
        try:
            return await lane.client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol):
            raise Fault("unreachable", sent=False) from None
        except httpx2.HTTPError:
            raise Fault("reset", sent=False) from None

    async def _refused(self, response: httpx2.Response) -> Fault:
        try:
            body = await _read(response, MAX_ERROR_BYTES)
        except Fault:
            body = b""
        return fault_of(response.status_code, response.headers, body, now=self._clock.now())


async def _chunks(response: httpx2.Response, progress: Progress) -> AsyncIterator[Body]:
    """Yield the chunks of an event stream; raise `Fault` where it is not one, or not whole."""
    reader, received = EventReader(), response.aiter_bytes()
    while not progress.done:
        data = await _next(received, progress)
        for event in reader.finish() if data is None else reader.feed(data):
            if event.strip() == DONE:
                progress.done = True
                break
            chunk = _chunk(event)
            progress.saw(chunk, at=asyncio.get_running_loop().time())
            yield chunk
        if data is None:
            break
    if not progress.finished:
        raise Fault("unfinished" if progress.done else "cut")
    await _drain(received)


async def _next(received: AsyncIterator[bytes], progress: Progress) -> bytes | None:
    """Return the next bytes, or None at the end; a loss after the finish reason is no loss."""
    try:
        async with asyncio.timeout_at(progress.limit_at):
            return await anext(received, None)
    except (httpx2.HTTPError, TimeoutError) as error:
        if progress.finished:
            return None
        late = isinstance(error, TimeoutError)
        raise Fault(progress.lateness if late else "cut") from None


async def _drain(received: AsyncIterator[bytes]) -> None:
    try:
        async with asyncio.timeout(DRAIN_S):
            await anext(received, None)
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError):
        return


def _chunk(event: bytes) -> Body:
    try:
        chunk = json.loads(event)
    except ValueError:
        raise Fault("malformed") from None
    if not isinstance(chunk, dict):
        raise Fault("malformed")
    if chunk.get("error"):
        raise fault_in_stream(chunk["error"])
    if not isinstance(chunk.get("choices", []), list):
        raise Fault("malformed")
    return chunk


def whole(body: bytes) -> Body:
    """Return a reply that has a message and a finish reason; raise `Fault` otherwise."""
    try:
        reply = json.loads(body)
        if isinstance(reply, dict) and reply.get("error"):
            raise fault_in_stream(reply["error"])
        choice = reply["choices"][0]
        complete = bool(choice["message"]) and isinstance(choice["message"], dict)
    except (ValueError, KeyError, IndexError, TypeError):
        raise Fault("malformed", status=200) from None
    if not complete:
        raise Fault("malformed", status=200)
    if not choice.get("finish_reason"):
        raise Fault("unfinished", status=200)
    found: Body = reply
    return found


async def _read(response: httpx2.Response, most: int) -> bytes:
    parts, size = [], 0
    try:
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > most:
                raise Fault("malformed", status=response.status_code)
    except httpx2.HTTPError:
        raise Fault("cut", status=response.status_code) from None
    return b"".join(parts)
