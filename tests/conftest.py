"""Fixtures every kind of test may use, and how properties are searched."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The same examples on every run and every machine, however slow. `--hypothesis-profile=default`
# searches at random instead, which is how new counterexamples are found.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
