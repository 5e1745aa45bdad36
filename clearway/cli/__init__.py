"""The command line: `clearway ask "…"` and its neighbours. Exit code 1 means the system failed."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a Clearway error is one sentence on stderr, never a traceback."""
    from clearway.cli.app import run

    sys.exit(run())
