"""Server-sent events, read as they come: the data of each event, however the bytes are cut."""

from __future__ import annotations

from clearway.llm.calls.faults import Fault

MAX_EVENT_BYTES = 8_000_000
DONE = b"[DONE]"


class EventReader:
    """Feed it bytes, get the data of every event that is complete; comments are dropped."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> list[bytes]:
        """Return the data of the events these bytes complete; raise `Fault` beyond all bounds."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        if len(self._rest) > MAX_EVENT_BYTES or len(self._data) > MAX_EVENT_BYTES:
            raise Fault("malformed")
        events: list[bytes] = []
        for raw in lines:
            line = raw.rstrip(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        return events

    def finish(self) -> list[bytes]:
        """Return what the end of the stream completes: a last event without its empty line."""
        return self.feed(b"\n\n")
