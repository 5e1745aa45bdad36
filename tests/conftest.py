"""Fixtures every kind of test may use, and how properties are searched."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run and every machine, however slow. `--hypothesis-profile=default`
# searches at random instead, which is how new counterexamples are found.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


NewHome = Callable[[], Path]


@pytest.fixture(scope="session")
def new_home() -> Iterator[NewHome]:
    """Return a function that makes folders in which an embedded Postgres may live.

    Not below pytest's own temporary folder: each session of pytest that root starts closes that to
    others, and the account that runs the server of a session under way is one of them.
    """
    with ExitStack() as folders:
        yield lambda: Path(
            folders.enter_context(
                tempfile.TemporaryDirectory(prefix="clearway-test-", ignore_cleanup_errors=True)
            )
        )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
