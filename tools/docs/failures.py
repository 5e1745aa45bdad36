"""What can be wrong with one file; the others go on."""

from __future__ import annotations

from typing import Literal

from clearway.errors import ClearwayError

Trouble = Literal[
    "too_large", "binary", "broken", "locked", "empty", "too_slow", "unsupported", "missing_parser",
    "not_a_file",
]  # fmt: skip


class Unreadable(ClearwayError):
    """A file that cannot be read as a document; `trouble` is stable, the message is for people."""

    category = "validation"
    severity = "warning"

    def __init__(self, trouble: Trouble, why: str) -> None:
        """`why` goes on after the file's name: "it needs a password"."""
        super().__init__(why, trouble=trouble)
        self.trouble: Trouble = trouble
