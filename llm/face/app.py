"""The HTTP server of `clearway llm serve`: chat completions, models, health."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route as Path

from clearway.errors import ClearwayError, ValidationError
from clearway.llm.face.names import Names
from clearway.llm.face.wire import (
    error_json,
    event,
    http_error_json,
    reply_json,
    request_of,
    usage_chunk,
)
from clearway.llm.prompts.lengths import check_typed
from clearway.llm.router import Router
from clearway.llm.tending import Look, tended
from clearway.llm.types import ChatRequest, Delta, Finished, StreamEvent, StreamMode

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 20_000_000
GONE = 499
"""Nobody reads it: the client has left."""
DONE = b"data: [DONE]\n\n"
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Face:
    """What the endpoints need."""

    router: Router
    names: Names
    stream_mode: StreamMode = "complete"
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Access key -> who holds it; empty: everybody may ask."""
    look: Look | None = None
    """What tells of the ceilings of the day."""
    input_chars: int | None = None
    """How long a message of a user may be; None: however long."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a request that does not say them itself."""

    async def chat(self, request: Request) -> Response:
        """Answer, whole or as a stream; errors have OpenAI's form."""
        try:
            body = await _body(request)
            asked = self._asked(request, body)
            if body.get("stream"):
                return await self._stream(request, body, asked)
            reply = await _unless_gone(request, self.router.generate(asked))
        except ClearwayError as error:
            return _failed(error)
        except ClientDisconnect:
            return Response(status_code=GONE)
        headers = {"x-clearway-provider": reply.provider, "x-clearway-trace-id": reply.trace_id}
        return JSONResponse(reply_json(reply), headers=headers)

    async def models(self, request: Request) -> Response:
        """List the names that may be asked for."""
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "clearway"}
            for name in self.names.all()
        ]
        return JSONResponse({"object": "list", "data": listed})

    async def health(self, request: Request) -> Response:
        """Say that it lives, and how the circuits of its providers stand."""
        circuits = {
            f"{each.provider}/{each.endpoint}": each.state
            for each in await self.router.admission.health()
        }
        return JSONResponse({"status": "ok", "circuits": circuits})

    def _asked(self, request: Request, body: Mapping[str, Any]) -> ChatRequest:
        who = self._who(request)
        asked = request_of(
            body,
            order=self.names.order(body.get("model")),
            user=who or "anonymous",
            address=None if who or request.client is None else request.client.host,
            trace_id=request.headers.get("x-correlation-id", "")[:128],
        )
        if self.input_chars is not None:
            check_typed(asked, self.input_chars)
        unsaid = {name: v for name, v in self.sampling.items() if getattr(asked, name) is None}
        return replace(asked, **unsaid)

    def _who(self, request: Request) -> str | None:
        """Return who holds the key; None where no key is asked for."""
        if not self.keys:
            return None
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        for key, name in self.keys.items():
            if hmac.compare_digest(key.encode(), given):
                return name
        raise _Unauthorized("The access key is missing or not known.")

    async def _stream(
        self, request: Request, body: Mapping[str, Any], asked: ChatRequest
    ) -> Response:
        """Begin the answer only when its first piece is there: until then errors have a status."""
        wanted = request.headers.get("x-clearway-stream-mode", self.stream_mode)
        mode: StreamMode = "live" if wanted == "live" else "complete"
        events = self.router.stream(asked, mode=mode)
        try:
            first = await _unless_gone(request, anext(events))
        except BaseException:
            await events.aclose()
            raise
        options = body.get("stream_options") or {}
        sent = _sent(first, events, with_usage=bool(options.get("include_usage")))
        return StreamingResponse(
            sent, media_type="text/event-stream", headers={"cache-control": "no-store"}
        )


class _Unauthorized(ClearwayError):
    """No key, or one nobody has."""

    category = "validation"


def app(face: Face) -> Starlette:
    """Return the ASGI application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        try:
            async with tended(face.router, face.look):
                yield
        finally:
            await face.router.aclose()

    return Starlette(
        lifespan=lifespan,
        exception_handlers={HTTPException: _no_such_thing, Exception: _unexpected},
        routes=[
            Path("/v1/chat/completions", face.chat, methods=["POST"]),
            Path("/chat/completions", face.chat, methods=["POST"]),
            Path("/v1/models", face.models),
            Path("/health", face.health),
        ],
    )


async def _sent(
    first: StreamEvent, events: AsyncGenerator[StreamEvent, None], *, with_usage: bool
) -> AsyncGenerator[bytes, None]:
    """Yield events as bytes; an error after the first piece ends the stream without [DONE]."""
    last: Mapping[str, Any] = {}
    told = False
    async with aclosing(events):
        try:
            async for each in _all(first, events):
                if isinstance(each, Delta):
                    brings_usage = not each.chunk.get("choices") and bool(each.chunk.get("usage"))
                    last = each.chunk
                    told = told or brings_usage
                    if with_usage or not brings_usage:
                        yield event(each.chunk)
                elif isinstance(each, Finished):
                    if with_usage and not told:
                        yield event(usage_chunk(last, each.reply.usage))
                    yield DONE
        except ClearwayError as error:
            yield event(error_json(error)[1])


async def _all(
    first: StreamEvent, events: AsyncGenerator[StreamEvent, None]
) -> AsyncGenerator[StreamEvent, None]:
    yield first
    async for each in events:
        yield each


async def _unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """Return what the work brings; cancel it when the client leaves first."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnect
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request) -> dict[str, Any]:
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise ValidationError(f"The body is longer than {MAX_BODY_BYTES} bytes.")
    try:
        body = json.loads(b"".join(parts))
    except ValueError:
        raise ValidationError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValidationError("The body is a JSON object.")
    return body


def _failed(error: ClearwayError) -> Response:
    status, body, headers = error_json(error)
    if isinstance(error, _Unauthorized):
        status = 401
        body["error"] |= {"type": "authentication_error", "code": "invalid_api_key"}
    return JSONResponse(body, status_code=status, headers=headers)


async def _no_such_thing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    said = f"There is no {request.method} {request.url.path} here."
    return JSONResponse(http_error_json(status, said), status_code=status)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.exception("llm_serve_failed", exc_info=error)
    return JSONResponse(http_error_json(500, "Clearway failed unexpectedly."), status_code=500)
