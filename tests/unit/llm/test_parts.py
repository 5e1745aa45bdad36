"""A text in parts: all of it, in order, each small enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.llm.prompts.parts import cut

pytestmark = pytest.mark.unit


@given(st.text(alphabet="ab .\n", max_size=300), st.integers(1, 40))
def test_the_parts_are_the_text_and_none_is_too_long(text: str, room: int) -> None:
    parts = cut(text, room, len)
    assert "".join(parts) == text
    assert all(0 < len(part) <= room for part in parts)


def test_it_is_cut_where_it_pauses() -> None:
    assert cut("One two. Three four. Five", 14, len) == ["One two. ", "Three four. ", "Five"]
