"""What a provider has sent of an answer, and of further answers to the same request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from clearway.llm.calls.chunks import Assembly, Body, choices, delta, reply_as_chunk
from clearway.llm.calls.faults import Fault
from clearway.llm.prompts.payload import SPOKEN


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
        if not all(isinstance(choice.get("message"), dict) for choice in numbered):
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
        """Add a chunk; return the text it brings to the first answer."""
        for choice in choices(chunk):
            index, said = choice.get("index") or 0, spoken_of(delta(choice))
            self._chars[index] += sum(map(len, said))
            if index:
                self._beside += said
        return super().add(chunk)

    def spoken(self) -> list[str]:
        """Return everything generated, for counting its tokens."""
        return [*super().spoken(), "".join(self._beside)]


def spoken_of(piece: Mapping[str, Any]) -> list[str]:
    """Return what a message or a piece says: its texts, and the names and arguments of calls."""
    said = [piece.get(key) for key in SPOKEN]
    for call in piece.get("tool_calls") or ():
        function = call.get("function") or {}
        said += [function.get("name"), function.get("arguments")]
    return [text for text in said if isinstance(text, str)]
