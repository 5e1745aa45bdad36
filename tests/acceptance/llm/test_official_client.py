"""The same faults as the official openai client meets them: whole answers, or errors it knows.

It makes no retries of its own; every answer is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from tests import fault_server as faults
from tests.acceptance.llm.test_faults import FAILS_OVER, PATIENT, Pair, served

pytestmark = [pytest.mark.acceptance]

Asking = Callable[[openai.OpenAI, str], tuple[str, str | None, int]]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Pair]]:
    with served(tmp_path_factory.mktemp("official"), PATIENT) as found:
        yield found


@pytest.fixture
def pair(pairs: Iterator[Pair]) -> Pair:
    return next(pairs)


@pytest.fixture
def client(pair: Pair) -> Iterator[openai.OpenAI]:
    address = f"{pair.url}/v1"
    with openai.OpenAI(base_url=address, api_key="none", max_retries=0, timeout=600) as opened:
        yield opened


def whole(client: openai.OpenAI, model: str) -> tuple[str, str | None, int]:
    """Return what the client reads of a plain answer: text, finish reason, tokens."""
    reply = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "A story."}]
    )
    assert reply.usage is not None
    (choice,) = reply.choices
    return choice.message.content or "", choice.finish_reason, reply.usage.total_tokens


def streamed(client: openai.OpenAI, model: str) -> tuple[str, str | None, int]:
    """Return the same of a stream."""
    stream = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "A story."}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text, finishes, tokens = "", [], 0
    for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finishes += [choice.finish_reason] if choice.finish_reason else []
        tokens = chunk.usage.total_tokens if chunk.usage else tokens
    (finish,) = finishes
    return text.strip(), finish, tokens


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize("fault", FAILS_OVER)
def test_the_client_reads_the_fallbacks_answer_and_its_usage(
    pair: Pair, client: openai.OpenAI, fault: str, ask: Asking
) -> None:
    pair.behave(FAILS_OVER[fault])
    expected = (faults.answer(pair.fallback), "stop", faults.usage(pair.fallback)["total_tokens"])
    assert ask(client, f"pair{pair.number}") == expected
    assert pair.calls() == (1, 1)


@pytest.mark.parametrize("ask", [whole, streamed])
def test_a_rejection_is_a_bad_request_to_the_client(
    pair: Pair, client: openai.OpenAI, ask: Asking
) -> None:
    pair.behave(faults.content_policy)
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, f"pair{pair.number}")
    assert caught.value.code == "content_filter"
    assert pair.calls() == (1, 0)


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (faults.status(503), openai.InternalServerError),
        (faults.status(429, retry_after="3600"), openai.RateLimitError),
        (faults.cut, openai.InternalServerError),
        (faults.context_length, openai.BadRequestError),
        (faults.status(401), openai.InternalServerError),
    ],
    ids=["503", "429", "cut", "context", "401"],
)
def test_where_nobody_answers_the_client_gets_an_error_it_knows(
    pair: Pair,
    client: openai.OpenAI,
    behaviour: faults.Behaviour,
    error: type[openai.APIStatusError],
    ask: Asking,
) -> None:
    pair.behave(behaviour, fallback=(behaviour,))
    with pytest.raises(error) as caught:
        ask(client, f"pair{pair.number}")
    assert sum(pair.calls()) <= 4
    if error is openai.RateLimitError:
        assert float(caught.value.response.headers["retry-after"]) > 600
        assert pair.calls() == (1, 1)


def test_it_answers_as_before_when_all_faults_came_at_once(
    pairs: Iterator[Pair], client: openai.OpenAI
) -> None:
    broken = [(next(pairs), fault) for fault in FAILS_OVER.values()]
    for pair, fault in broken:
        pair.behave(fault)
    names = [f"pair{pair.number}" for pair, _ in broken for _ in range(3)]
    with ThreadPoolExecutor(len(names)) as together:
        answers = list(together.map(lambda name: streamed(client, name), names))
    said = [faults.answer(pair.fallback) for pair, _ in broken for _ in range(3)]
    assert [text for text, _, _ in answers] == said
    last = next(pairs)
    last.behave(faults.well)
    assert whole(client, f"pair{last.number}")[0] == faults.answer(last.primary)
