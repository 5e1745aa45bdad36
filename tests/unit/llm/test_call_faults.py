from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.llm.calls.events import EventReader
from clearway.llm.calls.faults import fault_in_stream, fault_of, retry_after_s

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def said(status: int, *, code: str = "", message: str = "", **headers: str) -> tuple[str, str]:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    fault = fault_of(status, headers, body, now=NOW)
    return fault.kind, fault.meaning.verdict


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (429, "", "slow down", ("rate_limited", "ignored")),
        (429, "insufficient_quota", "", ("quota", "ignored")),
        (400, "context_length_exceeded", "", ("context_length", "ignored")),
        (400, "", "prompt is too long: 9 tokens > 8 maximum", ("context_length", "ignored")),
        (413, "", "", ("context_length", "ignored")),
        (400, "content_filter", "", ("content_policy", "success")),
        (403, "", "Your input was flagged by moderation", ("content_policy", "success")),
        (400, "", "temperature must be below 2", ("invalid", "ignored")),
        (422, "", "", ("invalid", "ignored")),
        (401, "invalid_api_key", "", ("auth", "failure")),
        (402, "", "", ("quota", "ignored")),
        (404, "model_not_found", "", ("missing", "failure")),
        (408, "", "", ("unavailable", "failure")),
        (500, "", "", ("unavailable", "failure")),
        (529, "overloaded_error", "Overloaded", ("unavailable", "failure")),
        # A failing server that quotes the prompt says nothing of the prompt.
        (503, "", "content policy service is down", ("unavailable", "failure")),
    ],
)
def test_an_error_is_told_by_code_words_and_status(
    status: int, code: str, message: str, expected: tuple[str, str]
) -> None:
    assert said(status, code=code, message=message) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad</html>", b"[]", b'{"error": "boom"}', b'{"detail": 1}', b"\xff"],
)
def test_any_body_of_an_error_is_an_error(body: bytes) -> None:
    assert fault_of(502, {}, body, now=NOW).kind == "unavailable"
    assert fault_of(418, {}, body, now=NOW).kind == "invalid"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Thu, 15 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 15 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "upstream broke"}, "cut"),
        ({"code": 502, "message": "Provider disconnected"}, "unavailable"),
        ({"code": "rate_limit_exceeded"}, "rate_limited"),
        ({"code": "content_filter"}, "content_policy"),
        ("boom", "cut"),
    ],
)
def test_an_error_within_a_stream(error: object, kind: str) -> None:
    assert fault_in_stream(error).kind == kind


@given(
    events=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), max_size=6
    ),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_events_are_the_same_however_the_bytes_are_cut(
    events: list[str], cuts: list[int], newline: str
) -> None:
    data = "".join(f": comment{newline}data: {each}{newline * 2}" for each in events).encode()
    reader, found, start = EventReader(), [], 0
    for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        found += reader.feed(data[start:cut])
        start = cut
    assert [each.decode() for each in found + reader.finish()] == events


def test_an_event_over_several_lines_is_one() -> None:
    assert EventReader().feed(b"event: x\ndata: a\ndata:b\n\n") == [b"a\nb"]
