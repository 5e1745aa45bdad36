"""The ASGI application of `clearway llm serve`: the routes, and the router tended meanwhile."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clearway.llm.face.face import Face
from clearway.llm.face.routes import routes_of
from clearway.llm.face.wire import http_error_json
from clearway.llm.tending import tended

log = logging.getLogger(__name__)


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
        routes=routes_of(face),
    )


async def _no_such_thing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    said = f"There is no {request.method} {request.url.path} here."
    return JSONResponse(http_error_json(status, said), status_code=status)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.exception("llm_serve_failed", exc_info=error)
    return JSONResponse(http_error_json(500, "Clearway failed unexpectedly."), status_code=500)
