"""Where the server listens: on one port, or for metrics on one of their own."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from clearway.errors import ConfigurationError
from clearway.llm.face.wire import http_error_json

GRACE_S = 10
"""How long answers under way may take after Ctrl-C or SIGTERM."""
METRICS = "/metrics"
BESIDE = (METRICS, "/health")
"""What the port of the metrics answers."""


async def listen(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    metrics_port: int | None,
    proxies: str | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM; raise `ConfigurationError` for a port that cannot be had.

    `proxies`: whose word counts on where a caller calls from, as addresses parted by commas.
    `ready` is told once the ports are ours.
    """
    ports = [port] if metrics_port is None else [port, metrics_port]
    if metrics_port is not None:
        app = parted(app, metrics_port)
    server = server_of(app, host=host, port=port, proxies=proxies)
    with ExitStack() as ours:
        sockets = [ours.enter_context(_bound(host, each)) for each in ports]
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not this thread or system
            # In place of a handler that would cancel us: answers under way have their grace.
            asyncio.get_running_loop().add_signal_handler(
                signal.SIGTERM, server.handle_exit, signal.SIGTERM, None
            )
        ready()
        await server.serve(sockets=sockets)


def server_of(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, proxies: str | None = None
) -> uvicorn.Server:
    """Return the server; without `proxies` an address is the connection's, whatever is said."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            proxy_headers=proxies is not None,
            forwarded_allow_ips=proxies,
        )
    )


def parted(app: ASGIApp, metrics_port: int) -> ASGIApp:
    """Return the application with the metrics on their own port, and nothing else there."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        here = (scope.get("server") or ("", None))[1] == metrics_port
        if scope["type"] != "http" or (path in BESIDE if here else path != METRICS):
            await app(scope, receive, send)
            return
        body = http_error_json(404, f"There is no {scope['method']} {path} here.")
        await JSONResponse(body, status_code=404)(scope, receive, send)

    return answer


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({error.strerror}): choose another port."
        ) from None
