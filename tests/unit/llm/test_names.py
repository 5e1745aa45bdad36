"""The names this package gives away: each is there for whoever asks."""

from __future__ import annotations

import pytest

import clearway.llm as llm

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", llm.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(llm, name).__name__ == name
