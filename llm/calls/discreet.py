"""What a provider says of the keys it is called with goes no further than here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clearway.llm.calls.chunks import Body, choices
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.transport import Chunks, Transport
from clearway.llm.guards.bare_keys import OwnKeys
from clearway.llm.providers.routes import Route

Place = tuple[str | int, ...]


class DiscreetTransport:
    """Implements `Transport` over another: no key of any route stands in what comes back."""

    def __init__(self, transport: Transport, routes: Iterable[Route]) -> None:
        """One vendor may say another's key: those of all routes are known."""
        self._transport = transport
        self._keys = OwnKeys(
            frozenset(route.key.get_secret_value() for route in routes if route.key is not None)
        )

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Make the call."""
        try:
            reply = await self._transport.complete(route, body, within_s=within_s)
        except Fault as fault:
            fault.said = self._keys.unsaid(fault.said)
            raise
        told: Body = _walked(reply, self._keys.unwritten) if self._keys else reply
        return told

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield the chunks; what may be the beginning of a key waits for what follows."""
        chunks = self._transport.stream(route, body, within_s=within_s, first_s=first_s)
        seams: dict[int, _Seam] = {}
        try:
            async for chunk in chunks:
                yield self._told(chunk, seams) if self._keys.certain else chunk
        except Fault as fault:
            fault.said = self._keys.unsaid(fault.said)
            raise
        finally:
            await chunks.aclose()

    async def aclose(self) -> None:
        """Close what is below."""
        await self._transport.aclose()

    def _told(self, chunk: Body, seams: dict[int, _Seam]) -> Body:
        told: list[Mapping[str, Any]] = []
        for choice in choices(chunk):
            number = choice.get("index") or 0
            if isinstance(number, int) and isinstance(choice.get("delta"), dict):
                seam = seams.setdefault(number, _Seam(self._keys))
                told.append({**choice, "delta": seam.told(choice)})
            else:
                told.append(choice)
        return {**chunk, "choices": told} if told else chunk


class _Seam:
    """One answer in pieces: each of its texts goes on where its last piece was cut."""

    def __init__(self, keys: OwnKeys) -> None:
        self._keys = keys
        self._held: dict[Place, str] = {}

    def told(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        """Return the piece that may be passed on; with the last one comes all that was held."""
        ends = bool(choice.get("finish_reason"))
        piece: dict[str, Any] = {}
        for key, said in choice["delta"].items():
            if key == "tool_calls" and isinstance(said, list):
                piece[key] = [self._call(call) for call in said]
            else:
                piece[key] = self._fed((key,), said) if key != "role" else said
        if ends:
            self._release(piece)
        return piece

    def _call(self, call: Any) -> Any:
        if not isinstance(call, dict) or not isinstance(call.get("function"), dict):
            return call
        place = ("tool_calls", call.get("index") or 0)
        function = {key: self._fed((*place, key), said) for key, said in call["function"].items()}
        return {**call, "function": function}

    def _fed(self, place: Place, said: Any) -> Any:
        if not isinstance(said, str):
            return said
        whole = self._keys.unwritten(self._held.pop(place, "") + said)
        if held := self._keys.held(whole):
            self._held[place] = whole[-held:]
            return whole[:-held]
        return whole

    def _release(self, piece: dict[str, Any]) -> None:
        for place, held in self._held.items():
            if len(place) == 1:
                piece[str(place[0])] = (piece.get(str(place[0])) or "") + held
            else:
                call = {"index": place[1], "function": {place[2]: held}}
                piece["tool_calls"] = [*(piece.get("tool_calls") or ()), call]
        self._held.clear()


def _walked(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return write(value)
    if isinstance(value, list):
        return [_walked(each, write) for each in value]
    if isinstance(value, dict):
        return {key: _walked(each, write) for key, each in value.items()}
    return value
