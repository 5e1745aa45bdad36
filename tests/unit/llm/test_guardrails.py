from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.llm.guards.guardrails import PatternRedactor

pytestmark = pytest.mark.unit

redact = PatternRedactor().redact

KEY_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail zoe.o+x@sub.example.co.uk now", "mail [EMAIL] now"),
        ("<zoe@example.com>,max@example.org", "<[EMAIL]>,[EMAIL]"),
        ("key sk-abcdefghijklmnop1234", "key [API_KEY]"),
        ("sk-proj-AbC_123-defghijklmnop", "[API_KEY]"),
        ("sk_live_abcdefghijklmnop", "[API_KEY]"),
        ("AKIAIOSFODNN7EXAMPLE", "[API_KEY]"),
        ("ghp_" + "a1" * 18, "[API_KEY]"),
        ("github_pat_" + "a1" * 18, "[API_KEY]"),
        ("xoxb-123456789-abcdef", "[API_KEY]"),
        ("AIza" + "b2" * 18, "[API_KEY]"),
        ("Authorization: Bearer abc.DEF-123_x~y==", "Authorization: Bearer [TOKEN]"),
        ("authorization: basic em9lOmh1bnRlcjI=", "authorization: basic [TOKEN]"),
        (f"eyJhbGciOiJIUzI1NiJ9.{KEY_BODY}.sig-nature_1 end", "[JWT] end"),
        ("postgresql://zoe:hunter2@db:5432/x", "postgresql://zoe:[PASSWORD]@db:5432/x"),
        ("redis://:hunter2@cache", "redis://:[PASSWORD]@cache"),
        ("password=hunter2 next", "password=[PASSWORD] next"),
        ("Password: 'hunter 2' x", "Password: '[PASSWORD]' x"),
        (r"{\"pwd\": \"hunter 2\", \"a\": 1}", r"{\"pwd\": \"[PASSWORD]\", \"a\": 1}"),
        ('{"pwd": "hunter2"}', '{"pwd": "[PASSWORD]"}'),
        ("api_key = abcdefgh1234", "api_key = [SECRET]"),
        ("DB_CLIENT_SECRET=abcdefgh1234", "DB_CLIENT_SECRET=[SECRET]"),
        ("access-token: abcdefgh1234", "access-token: [SECRET]"),
        (
            f"a\n-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[PRIVATE_KEY]\nb",
        ),
        (f"-----BEGIN PRIVATE KEY-----\n{KEY_BODY}", "[PRIVATE_KEY]"),
    ],
)
def test_finds_are_replaced_by_their_label(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "total revenue by region last quarter",
        "SELECT sum(revenue) FROM demo.sales_fact WHERE quarter = 'Q4' AND year = 2025",
        "revenue of bearer securities and basic information about products",
        "how many tokens did we use? what is the password policy?",
        "risk-adjusted task-oriented disk-based-something-rather-long",
        "runs @ 5 pm, sku sk-12, version 1.2.3, 2026-01-15T12:00:00+00:00",
        "https://example.com/path?x=1#y and http://localhost:8080/",
        "SELECT a.b::text, c @> d FROM t",
        "Umsätze für Zürich — 雪",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(
    st.lists(
        st.sampled_from(
            [
                "zoe@example.com",
                "password=hunter2",
                "token: abcdefgh1",
                "Bearer abc12345678",
                "p://u:pw@h",
                "sk-abcdefghijklmnop1234",
                "eyJhbGciOiJI.eyJhbGciOiJI.x",
                "-----BEGIN PRIVATE KEY-----",
                " ",
                "\n",
                "=",
                ":",
                "'",
                "[",
                "]",
                "word",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


HOSTILE = (
    *("a", "@", "a@", "a.", "eyJ", "-eyJ", "://", "x://", "://a:", "a@a.", "sk-", "a:", "[", " "),
    *("password=", "password='", "token:", "bearer ", "bearer a", "-----BEGIN ", "=", "'"),
    "-----BEGIN PRIVATE KEY-----",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_text_comes_to_an_end(part: str) -> None:
    # Were a pattern more than linear, this would take minutes.
    once = redact((part * 100_000)[:100_000])
    assert redact(once) == once
