"""Screening in pieces finds what screening of the whole finds, wherever the pieces are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.guards.screening import PieceScreen, Screen

pytestmark = pytest.mark.unit

GUARDS = PatternGuardrails()
KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *["QUJD" * 16] * 8, "-----END PRIVATE KEY-----"])
WORDS = "nothing of note happened here and there;"
FOUND = ["ada@example.test", "password is hunter2hunter2", "<EMAIL_1>", KEY]


@given(
    st.lists(st.sampled_from([WORDS, WORDS, *FOUND]), max_size=30),
    st.lists(st.integers(1, 90), min_size=1, max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_pieces_are_screened_as_the_whole_is(texts: list[str], sizes: list[int]) -> None:
    text, told, at = " ".join(texts), "", 0
    pieces = PieceScreen(Screen(GUARDS), json=False)
    turn = 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        told += pieces.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    assert told + pieces.finish() == Screen(GUARDS).text(text)
    assert not any(f in told for f in FOUND if not f.startswith("<"))


def test_a_document_without_finds_is_returned_as_it_was_written() -> None:
    assert Screen(GUARDS).document('{"a":  1}') == '{"a":  1}'
    assert Screen(GUARDS).document('{"a": ["ada@example.test"]}') == '{"a": ["[EMAIL]"]}'
    assert Screen(GUARDS).document("ada@example.test {") == "[EMAIL] {"
