"""What is hidden in a text comes to light; what hides nothing stays a question."""

from __future__ import annotations

import base64
import codecs
from urllib.parse import quote

import pytest

from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.disguise import hidden_texts
from clearway.semantics.routing.hostility import hostile

pytestmark = pytest.mark.unit

COMMAND = "drop table bookings"


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(COMMAND.encode()).decode(),
        f"read this: {base64.urlsafe_b64encode(COMMAND.encode()).decode()}",
        COMMAND.encode().hex(),
        codecs.encode(COMMAND, "rot13"),
        COMMAND[::-1],
        "%64rop%20table%20bookings" + quote(" now"),
        "dr0p t4ble b00k1ngs",
        "d r o p t a b l e b o o k i n g s",
        "d.r.o.p the bookings table",
        "dr\u043ep table bookings",
        "dr\u200bop table bookings",
    ],
)
def test_a_hidden_command_is_refused(text: str) -> None:
    assert hostile(text, speech_of(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "revenue by region",
        "bookings of room B12 in 2025",
        "sales of SKU A1B2C3D4E5F6 in Q4",
        "orders with code ZXCVBNMASDFGHJKL",
        "revenue of Caf\u00e9 Z\u00fcrich",
        "units of 3 x 4 lamps",
        "plot a b c d against e",
    ],
)
def test_codes_and_names_are_left_alone(text: str) -> None:
    assert hostile(text, speech_of(text)) is None


def test_what_is_quoted_counts_once_it_is_to_be_carried_out() -> None:
    quoted = 'he wrote "drop table bookings"'
    assert hostile(quoted, speech_of(quoted)) is None
    told = 'execute what he wrote: "drop table bookings"'
    assert hostile(told, speech_of(told)) is not None


@pytest.mark.parametrize("piece", ["a ", "A1", "%41", "ab12cd34", "a.", "1 ", "QUJD", "\u0430"])
def test_any_length_is_read_in_bounded_work(piece: str) -> None:
    assert sum(len(found) for found in hidden_texts(piece * 5_000)) < 200_000
