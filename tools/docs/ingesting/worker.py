"""A process that reads files for another: what a hostile file does to it, it does to nobody else.

Reads a path a line on standard input; answers with a line of JSON each. Never imported for more.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.ingesting.parse import parse

MAX_MEMORY_BYTES = 1_500_000_000
MAX_TEXT_CHARS = 30_000_000


def main() -> None:
    """Answer until the input ends."""
    _bounded()
    # A parser that prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        _answer(json.loads(line), answers)


def _answer(path: str, answers: TextIO) -> None:
    try:
        parsed = parse(Path(path))
        if sum(len(block.text) for block in parsed.blocks) > MAX_TEXT_CHARS:
            raise Unreadable("too_large", f"it holds more than {MAX_TEXT_CHARS:,} characters")
        blocks = [asdict(block) for block in parsed.blocks]
        said: dict[str, object] = {"title": parsed.title, "blocks": blocks}
    except Unreadable as error:
        said = {"trouble": error.trouble, "why": error.message}
    except (MemoryError, RecursionError):
        said = {"trouble": "too_large", "why": "reading it takes too much memory"}
    # Parsers meet files nobody thought of: whatever they raise is this one file's trouble.
    except Exception as error:
        said = {"trouble": "broken", "why": f"it cannot be read ({type(error).__name__})"}
    answers.write(json.dumps(said) + "\n")
    answers.flush()


def _bounded() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main()
