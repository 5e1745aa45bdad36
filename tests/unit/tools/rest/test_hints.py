from __future__ import annotations

import pytest

from clearway.tools.rest.planning.hints import beside_health, health_asked, writes_asked

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "question",
    [
        "is the payments service up?", "Are all our services healthy?", "ping payments",
        "can you ping payments", "health of payments", "is billing down right now??",
        "check whether the payments service is up", "payments up?", "status of the payments API",
    ],
)  # fmt: skip
def test_how_a_service_is_is_asked(question: str) -> None:
    assert health_asked(question)


@pytest.mark.parametrize(
    "question",
    [
        "what is the status of payment 12?", "payments with status pending", "list payments",
        "are there running payments", "restart payments", "is payment 7 ok?",
    ],
)  # fmt: skip
def test_what_a_service_holds_is_asked(question: str) -> None:
    assert not health_asked(question)


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("please refund payment 4", "refund"),
        ("Could you delete payment 4?", "delete"),
        ("I want to create a payment", "create"),
        ("which payments were refunded", ""),
        ("show the deleted payments", ""),
        ("open issues of project 3", ""),
        ("open an issue in project 3", "open"),
        ("issue 301", "issue"),
        ("acknowledge alert 12", "acknowledge"),
        ("acknowledge alerts of today", ""),
        ("order history of customer 3", ""),
    ],
)
def test_a_change_is_asked_for_by_the_verb_in_front(question: str, verb: str) -> None:
    assert writes_asked(question, {"acknowledge"}) == verb


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("say ok to request 12", "approve"),
        ("please say no to request 12", "reject"),
        ("give ticket 12 to agent 3", "assign"),
        ("resend invoice 12", "resend"),
        ("give me the way to depot 3", ""),
        ("give us access to nothing but payment 4", ""),
        ("say what payment 4 is about", ""),
    ],
)
def test_a_change_said_in_other_words_is_a_change(question: str, verb: str) -> None:
    assert writes_asked(question) == verb


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("is payments up and list failed payments", "list failed payments"),
        ("is payments up? And POST /payments/refresh", "POST /payments/refresh"),
        ("is payments up and refresh the payments", "refresh the payments"),
        ("is payments up, list the failed ones", "list the failed ones"),
        ("is payments up and running", ""),
        ("are payments and orders up", ""),
        ("is payments up and is orders healthy?", ""),
        ("is payments up and what is its latency", ""),
        ("check whether payments is up and tell me", ""),
    ],
)
def test_what_a_health_check_does_not_answer_is_named(question: str, more: str) -> None:
    assert beside_health(question) == more
