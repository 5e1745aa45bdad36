"""Who calls when Clearway is embedded: the application says so, per block of code."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from clearway.identity import ACT_FOR, APPROVE, REVIEW, Principal


class EmbeddedCaller:
    """Implements `Identity` for the library and the CLI: the process's own principal.

    `acting_as` replaces it for the calls made inside a `with` block, in this task only.
    """

    def __init__(self, principal: Principal) -> None:
        """`principal` is who calls when nobody else is named."""
        self._default = principal
        self._current: ContextVar[Principal | None] = ContextVar("clearway_caller", default=None)

    def caller(self) -> Principal:
        """Return the principal in force."""
        return self._current.get() or self._default

    @contextmanager
    def acting_as(self, principal: Principal) -> Iterator[None]:
        """Make `principal` the caller inside the block."""
        token = self._current.set(principal)
        try:
            yield
        finally:
            self._current.reset(token)


def operating_system_user() -> Principal:
    """Return the user who runs this process: they hold the settings, so they may act for others."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return Principal(user=name, scopes=frozenset({ACT_FOR, APPROVE, REVIEW}))
