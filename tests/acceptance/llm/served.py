"""`clearway llm serve` on a free port, which it prints; the tests' own way to find it."""

from __future__ import annotations

import socket
import sys

from clearway.cli import main
from clearway.llm.face import listening


def announced() -> None:
    """Have it listen on a socket that is bound already, and print where that is."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()  # from here on a client waits until the server accepts
    sys.stdout.write(f"http://127.0.0.1:{bound.getsockname()[1]}\n")
    sys.stdout.flush()
    listening._bound = lambda host, port: bound


if __name__ == "__main__":
    announced()
    sys.argv = ["clearway", "llm", "serve", "--config", *sys.argv[1:]]
    main()
