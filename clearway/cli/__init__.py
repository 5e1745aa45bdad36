"""The command line: `clearway ask "…"` and its neighbours. Exit code 1 means the system failed."""

from __future__ import annotations

import sys
from contextlib import suppress

from clearway.cli import interrupt


def main() -> None:
    """Run the command line; a Clearway error is one sentence on stderr, never a traceback.

    Nor is Ctrl-C, while everything is still being imported and when all is done included.
    """
    interrupt.listen(interrupt.leave)
    from clearway.cli.app import run

    code = run()
    with suppress(OSError, ValueError):  # the reader went away, or it was closed
        sys.stdout.flush()
    interrupt.listen(interrupt.leave)
    sys.exit(code)
