"""What a provider has sent of an answer, and of further answers to the same request."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from clearway.llm.calls.chunks import Assembly, Body, choices, delta, reply_as_chunk
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.transport import Chunks
from clearway.llm.prompts.payload import SPOKEN

log = logging.getLogger(__name__)


class Received(Assembly):
    """An answer as its pieces make it; the answers beside it are counted, for they are billed."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        super().__init__()
        self._beside: list[str] = []
        self._chars: Counter[int] = Counter()

    @classmethod
    def whole(cls, reply: Body) -> Received:
        """Return a whole reply; raise `Fault` where one of its answers is not whole."""
        made = cls()
        numbered = [{"index": n, **choice} for n, choice in enumerate(choices(reply))]
        check(numbered, "message")
        if not all(choice.get("message") for choice in numbered):
            raise Fault("malformed", status=200)
        if not all(choice.get("finish_reason") for choice in numbered):
            raise Fault("unfinished", status=200)
        made.add(reply_as_chunk({**reply, "choices": numbered}))
        return made

    @property
    def answers(self) -> int:
        """Return how many answers there are."""
        return len(self._chars)

    @property
    def longest(self) -> int:
        """Return the characters of the longest answer."""
        return max(self._chars.values(), default=0)

    def add(self, chunk: Body) -> str:
        """Add a chunk; return the text it brings to the first answer, or raise `Fault`."""
        check(choices(chunk), "delta")
        for choice in choices(chunk):
            index, said = choice.get("index") or 0, spoken_of(delta(choice))
            self._chars[index] += sum(map(len, said))
            if index:
                self._beside += said
        return super().add(chunk)

    def spoken(self) -> list[str]:
        """Return everything generated, for counting its tokens."""
        return [*super().spoken(), "".join(self._beside)]


async def walked(chunks: Chunks) -> Chunks:
    """Yield the chunks; what cannot even be walked on its way here is a fault of who sent it."""
    try:
        async for chunk in chunks:
            yield chunk
    except (AttributeError, TypeError) as error:
        log.warning("stream_not_walked", exc_info=error)
        raise Fault("malformed", status=200) from None
    finally:
        await chunks.aclose()


def check(given: Iterable[Mapping[str, Any]], key: str) -> None:
    """Raise `Fault` for a choice that is none: what clients and we read of it has its form."""
    for choice in given:
        piece = choice.get(key)
        right = isinstance(choice.get("index"), int | None)
        right = right and isinstance(choice.get("finish_reason"), str | None)
        right = right and isinstance(piece, dict | None)
        if not (right and _is_piece(piece or {})):
            raise Fault("malformed", status=200)


def _is_piece(piece: Mapping[str, Any]) -> bool:
    calls = piece.get("tool_calls")
    right = isinstance(piece.get("content"), str | list | None)
    return right and isinstance(calls, list | None) and all(map(_is_call, calls or ()))


def _is_call(call: Any) -> bool:
    if not isinstance(call, dict) or not isinstance(call.get("index"), int | None):
        return False
    function = call.get("function")
    if not isinstance(function, dict | None):
        return False
    said = (function or {}).get("name"), (function or {}).get("arguments")
    return all(isinstance(each, str | None) for each in (*said, call.get("id")))


def spoken_of(piece: Mapping[str, Any]) -> list[str]:
    """Return what a message or a piece says: its texts, and the names and arguments of calls."""
    said = [piece.get(key) for key in SPOKEN]
    for call in (*(piece.get("tool_calls") or ()), {"function": piece.get("function_call")}):
        for called in (call.get("function"), call.get("custom")):
            if isinstance(called, dict):
                said += [called.get("name"), called.get("arguments"), called.get("input")]
    return [text for text in said if isinstance(text, str)]
