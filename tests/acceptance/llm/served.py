"""`clearway llm serve` on a free port, which it prints; the tests' own way to find it."""

from __future__ import annotations

import socket
import sys

import uvicorn

from clearway.cli import main


def announced() -> None:
    """Hand uvicorn a socket that is bound already, and print where it listens."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()  # from here on a client waits until the server accepts
    sys.stdout.write(f"http://127.0.0.1:{bound.getsockname()[1]}\n")
    sys.stdout.flush()
    plain = uvicorn.Server.serve
    uvicorn.Server.serve = lambda self, sockets=None: plain(self, [bound])  # type: ignore[method-assign]


if __name__ == "__main__":
    announced()
    sys.argv = ["clearway", "llm", "serve", "--config", *sys.argv[1:]]
    main()
