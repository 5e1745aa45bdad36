"""The chat completions API: answers whole or as a stream, and the models there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from clearway.errors import ClearwayError
from clearway.llm.face.access import Caller
from clearway.llm.face.asking import request_of
from clearway.llm.face.bodies import MAX_CHAT_BYTES, json_of
from clearway.llm.face.face import Face
from clearway.llm.face.wire import (
    error_json,
    event,
    http_error_json,
    journey_json,
    reply_json,
    usage_chunk,
)
from clearway.llm.prompts.lengths import check_typed
from clearway.llm.types import ChatRequest, Delta, Finished, StreamEvent, StreamMode
from clearway.resilience.clock import SystemIds

DONE = b"data: [DONE]\n\n"
TRACE_CHARS = 128
REQUEST_ID = "x-request-id"
"""What OpenAI's own clients tell of a request that went wrong."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Chat:
    """The pages OpenAI's own clients know."""

    face: Face

    async def complete(self, request: Request, caller: Caller) -> Response:
        """Answer, whole or as a stream; errors have OpenAI's form."""
        trace_id = trace_id_of(request) or SystemIds().trace_id()
        try:
            response = await self._answered(request, caller, trace_id)
        except ClearwayError as error:
            response = await self.face.failed(error)
        response.headers["x-clearway-trace-id"] = response.headers[REQUEST_ID] = trace_id
        return response

    async def models(self, request: Request, caller: Caller) -> Response:
        """List the names that may be asked for."""
        return JSONResponse({"object": "list", "data": [*map(_model, self.face.known.all())]})

    async def model(self, request: Request, caller: Caller) -> Response:
        """Return one of the names that may be asked for; 404 for any other."""
        name = request.path_params["name"]
        if name not in self.face.known.all():
            error = http_error_json(404, f"There is no model {name[:100]!r}.")["error"]
            error |= {"code": "model_not_found", "param": "model"}
            return JSONResponse({"error": error}, status_code=404)
        return JSONResponse(_model(name))

    async def _answered(self, request: Request, caller: Caller, trace_id: str) -> Response:
        body = await json_of(request, most=MAX_CHAT_BYTES)
        asked = self._asked(body, caller, trace_id)
        if body.get("stream"):
            return await self._stream(request, body, asked)
        reply = await unless_gone(request, self.face.router.generate(asked))
        if reply.cache_hit:
            await self.face.note("cache_hit")
        return JSONResponse(reply_json(reply), headers={"x-clearway-provider": reply.provider})

    def _asked(self, body: Mapping[str, Any], caller: Caller, trace_id: str) -> ChatRequest:
        who = caller.principal
        asked = request_of(
            body,
            order=self.face.known.order(body.get("model")),
            user=who.user,
            address=caller.address,
            trace_id=trace_id,
        )
        return replace(allowed(self.face, asked), tenant=who.tenant, roles=who.roles)

    async def _stream(
        self, request: Request, body: Mapping[str, Any], asked: ChatRequest
    ) -> Response:
        """Begin the answer only when its first piece is there: until then errors have a status."""
        wanted = request.headers.get("x-clearway-stream-mode", self.face.stream_mode)
        mode: StreamMode = "live" if wanted == "live" else "complete"
        events = self.face.router.stream(asked, mode=mode)
        try:
            first = await unless_gone(request, anext(events))
        except BaseException:
            await events.aclose()
            raise
        options = body.get("stream_options") or {}
        sent = _sent(first, events, with_usage=bool(options.get("include_usage")))
        return StreamingResponse(
            sent, media_type="text/event-stream", headers={"cache-control": "no-store"}
        )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "clearway"}


def allowed(face: Face, asked: ChatRequest) -> ChatRequest:
    """Return the request with what it leaves unsaid; raise `PromptTooLong` where it is too long."""
    if face.input_chars is not None:
        check_typed(asked, face.input_chars)
    unsaid = {name: v for name, v in face.sampling.items() if getattr(asked, name) is None}
    return replace(asked, **unsaid)


def trace_id_of(request: Request) -> str:
    """Return the trace id the caller gave; empty: one is made."""
    return request.headers.get("x-correlation-id", "")[:TRACE_CHARS]


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
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


async def _sent(
    first: StreamEvent, events: AsyncGenerator[StreamEvent, None], *, with_usage: bool
) -> AsyncGenerator[bytes, None]:
    """Yield events as bytes; an error after the first piece ends the stream without [DONE].

    The last chunk waits until the answer is whole, and tells under `clearway` what came of the way.
    """
    held: Mapping[str, Any] | None = None
    last: Mapping[str, Any] = {}
    told = False
    async with aclosing(events):
        try:
            async for each in _all(first, events):
                if isinstance(each, Delta):
                    last, brings_usage = each.chunk, _brings_usage(each.chunk)
                    told = told or brings_usage
                    if brings_usage and not with_usage:
                        continue
                    if held is not None:
                        yield event(held)
                    held = each.chunk if brings_usage or _ends(each.chunk) else None
                    if held is None:
                        yield event(each.chunk)
                elif isinstance(each, Finished):
                    yield event({**(held or _nothing(last)), "clearway": journey_json(each.reply)})
                    if with_usage and not told:
                        yield event(usage_chunk(last, each.reply.usage))
                    yield DONE
        except ClearwayError as error:
            yield event(error_json(error)[1])


def _brings_usage(chunk: Mapping[str, Any]) -> bool:
    return not chunk.get("choices") and bool(chunk.get("usage"))


def _ends(chunk: Mapping[str, Any]) -> bool:
    return any(choice.get("finish_reason") for choice in chunk.get("choices") or ())


def _nothing(last: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chunk that adds nothing to the answer."""
    return {**last, "choices": [{"index": 0, "delta": {}, "finish_reason": None}]}


async def _all(
    first: StreamEvent, events: AsyncGenerator[StreamEvent, None]
) -> AsyncGenerator[StreamEvent, None]:
    yield first
    async for each in events:
        yield each
