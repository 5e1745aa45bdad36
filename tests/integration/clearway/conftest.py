"""Clearway over a database and a demo warehouse of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from clearway import Clearway, Principal, Settings
from clearway.identity import ACT_FOR
from tests.integration.conftest import settings_for

OPERATOR = Principal(user="operator", scopes=frozenset({ACT_FOR}))


@pytest.fixture
def settings(demo: str) -> Settings:
    return settings_for(demo, demo=True)


@pytest.fixture
async def cw(anyio_backend: str, settings: Settings) -> AsyncIterator[Clearway]:
    async with Clearway.open(settings, principal=OPERATOR) as opened:
        yield opened
