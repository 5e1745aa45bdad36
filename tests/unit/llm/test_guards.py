"""Finding, hiding and restoring: the labelled set, the rules of placeholders, and hostile texts."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clearway.evals.bench.guardrails import measured
from clearway.llm.guards.binding import bound
from clearway.llm.guards.guardrails import PatternGuardrails, PatternRedactor
from clearway.llm.guards.screen import GuardScreen

pytestmark = pytest.mark.unit

guard = PatternGuardrails()


def test_the_labelled_set_is_found_and_nothing_else() -> None:
    tally, texts = measured(Path(__file__).parents[2] / "corpora" / "pii_dev.jsonl")
    assert len(texts) >= 300
    assert tally.faults == []


def digits(size: int) -> str:
    return "".join(CHANCE.choice("0123456789") for _ in range(size))


CHANCE = random.Random(4)
ANALYTICS = (
    lambda: f"status of order {digits(CHANCE.randint(6, 19))}",
    lambda: f"request {uuid.UUID(int=CHANCE.getrandbits(128))} latency",
    lambda: (
        f"where digest = '{CHANCE.getrandbits(160):040x}' or trace = {CHANCE.getrandbits(128):032x}"
    ),
    lambda: f"sku {CHANCE.choice('ABST')}{digits(7)}{CHANCE.choice('ABZ')} stock",
    lambda: f"cost center {digits(3)}-{digits(2)}-{digits(4)} and gl code {digits(4)}-{digits(4)}",
    lambda: f"price = {CHANCE.uniform(-1e7, 1e7):.{CHANCE.randint(1, 6)}f}",
    lambda: f"revenue of {CHANCE.randint(10**6, 10**11):,}".replace(",", CHANCE.choice(", '")),
    lambda: f"since 20{digits(2)}-0{CHANCE.randint(1, 9)}-1{digits(1)}T1{digits(1)}:00:00Z",
    lambda: f"amount > {digits(16)} and amount < {digits(16)}",
    lambda: f"near {CHANCE.uniform(-90, 90):.6f}, {CHANCE.uniform(-180, 180):.6f}",
    lambda: f"ean {digits(13)} sold in version {digits(2)}.{digits(1)}.{digits(2)}.{digits(1)}",
    lambda: f"at epoch {CHANCE.randint(10**9, 2 * 10**9)} or timestamp {digits(13)}",
)


@pytest.mark.parametrize("made", ANALYTICS)
def test_an_analysts_numbers_are_nobodys(made: Callable[[], str]) -> None:
    CHANCE.seed(4)
    redact = PatternRedactor().redact
    texts = [made() for _ in range(300)]
    assert [text for text in texts if redact(text) != text] == []


PIECES = st.lists(
    st.sampled_from(
        [
            "ada@example.com", "Bob@example.org", "<EMAIL_1>", "<EMAIL_2>", "<CARD_1>", "[EMAIL]",
            "4111 1111 1111 1111", "DE89370400440532013000", "+44 20 7946 0958", "123-45-6789",
            "password=", "hunter22", "born on ", "1984-03-12", "203.0.113.9", "eyJhbGciOiJI.", "'",
            "ip ", "phone ", "sk-abcdefghijklmnop1234", " ", "@", ":", "=", "://", "x", "-",
            "0", "\n",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(PIECES)
def test_what_was_hidden_comes_back_exactly(text: str) -> None:
    hidden = guard.hide(text)
    assert guard.restore(hidden.text, hidden.secrets) == text


@given(PIECES, PIECES)
def test_a_second_text_of_the_request_shares_the_placeholders(one: str, other: str) -> None:
    first = guard.hide(one)
    # A placeholder that was given out means what it stands for, whoever writes it.
    assume(not any(name in other for name in first.secrets))
    second = guard.hide(other, known=first.secrets)
    assert first.secrets.items() <= second.secrets.items()
    assert guard.restore(second.text, second.secrets) == other


@given(PIECES)
@example("ada@example.com" + "+44 20 7946 0958" * 5)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    redact = PatternRedactor().redact
    assert redact(redact(text)) == redact(text)


def test_the_same_value_has_one_placeholder_and_the_text_its_own() -> None:
    hidden = guard.hide("<EMAIL_1> ada@example.com, bob@example.org, ada@example.com")
    assert hidden.text == "<EMAIL_1> <EMAIL_2>, <EMAIL_3>, <EMAIL_2>"
    assert hidden.kinds == {"EMAIL": 3}


def test_a_value_known_to_be_personal_is_hidden_where_nothing_says_so() -> None:
    first = guard.hide("patients born on 1984-03-12")
    second = guard.hide("invalid: 1984-03-12 is no number", known=first.secrets)
    assert second.text == "invalid: <BIRTH_DATE_1> is no number"


@pytest.mark.parametrize(
    ("secrets", "personal", "question", "answer"),
    [
        (True, True, "[API_KEY] ada@example.com", "[API_KEY] [EMAIL]"),
        (True, False, "[API_KEY] ada@example.com", "[API_KEY] ada@example.com"),
        (False, True, "{} ada@example.com", "{} [EMAIL]"),
        (False, False, "{} ada@example.com", "{} ada@example.com"),
    ],
)
def test_each_guard_can_be_switched(
    secrets: bool, personal: bool, question: str, answer: str
) -> None:
    key = "sk-abcdefghijklmnop1234"
    screen = GuardScreen(secrets=secrets, personal=personal)
    assert screen.question(f"{key} ada@example.com") == question.format(key)
    assert screen.answer(f"{key} ada@example.com") == answer.format(key)


HOSTILE = (
    *("1", "1 ", "1-", "+1", "0", "00", "(1", "1.", "1.1.", ":", "a:", "::", "@", "a@a.", "é"),
    *("DE", "DE89", "DE89 ", "A1", "AB12", "4111", "4111 ", "123-45-", "eyJ.", "eyJaaaaaaaa."),
    *("password is ", "passport ", "born ", "born on 1", "dob:", "phone ", "call me ", "tel 1"),
    *("key ", "key A1a", "token=", "secret: ", "-----BEGIN PRIVATE KEY-----", "-----END ", "nhs "),
    *("curl ", "mysql ", "curl -u a:", "key: ", "(1", "01-"),
    *("order ", "order no ", "xoxb-", "sig=", "?sig=", "://a:", "bearer a1", "SG.a", "id card A"),
    *("12345678Z", "1234567890123456", "\u0660", "(123) ", "0123 ", "national id 1 ", "1 2AB"),
)  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_texts_take_steps_in_proportion_to_their_length(part: str) -> None:
    # 100 kB at more than linear cost would take minutes.
    text = (part * 100_000)[:100_000]
    PatternRedactor().redact(text)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1 WHERE e = '<EMAIL_1>'", "SELECT 1 WHERE e = 'O''Brien@Example.com'"),
        ("SELECT 1 WHERE e = <EMAIL_1>", "SELECT 1 WHERE e = 'O''Brien@Example.com'"),
        (
            "SELECT 1 WHERE LOWER(e) = '<email_1>'",
            "SELECT 1 WHERE LOWER(e) = 'o''brien@example.com'",
        ),
        ("SELECT 1 WHERE n LIKE '%<NAME_1>'", r"SELECT 1 WHERE n LIKE '%100\%\_x'"),
        ("SELECT '<EMAIL_9>'", "SELECT '<EMAIL_9>'"),
        ("SELECT '<EMAIL_1>' FROM (", "SELECT '<EMAIL_1>' FROM ("),
        ('SELECT e AS "<EMAIL_1>" FROM t', 'SELECT e AS "<EMAIL_1>" FROM t'),
    ],
)
def test_values_go_back_into_literals_only(sql: str, expected: str) -> None:
    secrets = {"<EMAIL_1>": "O'Brien@Example.com", "<NAME_1>": "100%_x"}
    assert bound(sql, secrets) == expected
