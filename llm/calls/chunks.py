"""The pieces of a streamed answer: how far it has come, and the answer they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clearway.llm.calls.faults import FaultKind
from clearway.llm.calls.patience import Patience

Body = Mapping[str, Any]


class Progress:
    """How far one stream has come, and when its next piece is due."""

    def __init__(
        self, patience: Patience, *, started: float, within_s: float, first_s: float
    ) -> None:
        """Times are the event loop's."""
        self._patience = patience
        self._end_at = started + within_s
        self._open: set[int] = set()
        self.limit_at = min(self._end_at, started + first_s)
        self.began = False
        self.finished = False
        self.done = False

    def saw(self, chunk: Body, *, at: float) -> None:
        """Take note of a chunk; one that carries nothing of the answer buys no time."""
        for choice in choices(chunk):
            index = choice.get("index") or 0
            if choice.get("finish_reason"):
                self._open.discard(index)
                self.finished = not self._open
                self.began = True
                self.limit_at = min(self._end_at, at + self._patience.settle_s)
            elif any(value for key, value in delta(choice).items() if key != "role"):
                self._open.add(index)
                self.began = True
                self.limit_at = min(self._end_at, at + self._patience.idle_s)

    @property
    def lateness(self) -> FaultKind:
        """Return what it means that the next piece did not come in time."""
        return "stalled" if self.began else "silent"


class Assembly:
    """The answer that chunks make together."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self.finish_reason = ""
        self.model = ""
        self.usage: Mapping[str, Any] = {}
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._extra: list[str] = []

    @classmethod
    def of(cls, reply: Body) -> Assembly:
        """Return a whole reply as if it had come in one piece."""
        made = cls()
        made.add(reply_as_chunk(reply))
        return made

    def add(self, chunk: Body) -> str:
        """Add a chunk; return the text it brings."""
        self.model = chunk.get("model") or self.model
        self.usage = chunk.get("usage") or self.usage
        text = ""
        for choice in choices(chunk):
            if choice.get("index"):
                continue
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
            piece = delta(choice)
            text += str(piece.get("content") or "")
            for key in ("reasoning_content", "reasoning", "refusal"):
                if isinstance(piece.get(key), str):
                    self._extra.append(piece[key])
            for call in piece.get("tool_calls") or ():
                self._add_call(call)
        if text:
            self._text.append(text)
        return text

    @property
    def text(self) -> str:
        """Return the text so far."""
        return "".join(self._text)

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """Return the tool calls so far, in order."""
        return [self._calls[index] for index in sorted(self._calls)]

    def spoken(self) -> list[str]:
        """Return everything generated, for counting its tokens."""
        calls = [f"{c['function']['name']}{c['function']['arguments']}" for c in self.tool_calls]
        return [self.text, *self._extra, *calls]

    def _add_call(self, call: Mapping[str, Any]) -> None:
        made = self._calls.setdefault(
            call.get("index") or 0,
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        made["id"] = call.get("id") or made["id"]
        function = call.get("function") or {}
        made["function"]["name"] += function.get("name") or ""
        made["function"]["arguments"] += function.get("arguments") or ""


def choices(chunk: Body) -> Iterable[Mapping[str, Any]]:
    """Return the choices of a chunk that are one."""
    return [choice for choice in chunk.get("choices") or () if isinstance(choice, dict)]


def delta(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a choice adds to the answer."""
    return choice.get("delta") or {}


def reply_as_chunk(reply: Body) -> Body:
    """Return a whole reply as the only chunk of a stream, for servers that do not stream."""
    whole = []
    for choice in choices(reply):
        message = dict(choice.get("message") or {})
        if calls := message.get("tool_calls"):
            message["tool_calls"] = [{"index": n, **call} for n, call in enumerate(calls)]
        whole.append({**choice, "delta": message})
        whole[-1].pop("message", None)
    return {**reply, "object": "chat.completion.chunk", "choices": whole}
