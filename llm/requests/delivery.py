"""What of an answer reaches the caller, when, and in what words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clearway.llm.calls.chunks import choices, delta
from clearway.llm.calls.faults import Fault
from clearway.llm.guards.restore import Restorer
from clearway.llm.guards.screening import PieceScreen, Screen
from clearway.llm.ports import Guardrails
from clearway.llm.prompts.fields import values_written
from clearway.llm.prompts.payload import SPOKEN
from clearway.llm.requests.attempts import Attempts, Entered
from clearway.llm.requests.job import Job
from clearway.llm.requests.letters import Letters
from clearway.llm.requests.received import Received, spoken_of
from clearway.llm.types import ChatReply, Delta

MAX_HELD_CHARS = 8_000_000
"""Of one answer that is held until it is whole; no model writes as much."""


CALLS = {"function": "arguments", "custom": "input"}
"""Kinds of calls, and where each has what it is called with."""
Place = tuple[int, str | int]
"""Which answer, and what of it: a field of its message, or the arguments of one of its calls."""


class Delivery:
    """Passes pieces on as they come, or holds them until the answer is whole."""

    def __init__(self, job: Job, *, live: bool) -> None:
        """Placeholders are put back on the way; what a model adds by itself is screened before."""
        self.heard = Screen(job.guards) if job.screens and job.guards else None
        self._guards = job.guards if job.secrets or self.heard else None
        self._secrets = job.secrets
        self._json = job.wants_json
        self._live = live
        self._held: list[Delta] = []
        self._held_chars = 0
        self._screens: dict[Place, PieceScreen] = {}
        self._restorers: dict[Place, Restorer] = {}
        self._ended: set[Place] = set()
        self._kinds: dict[Place, str] = {}
        self._letters: dict[int, Letters] = {}

    def pass_on(self, chunk: Mapping[str, Any]) -> Iterator[Delta]:
        """Yield what the caller gets of this chunk now."""
        if self._guards is not None:
            made = [self._rewritten(choice, self._guards) for choice in choices(chunk)]
            chunk = {**chunk, "choices": made}
        piece = Delta(text=_text(chunk), chunk=chunk)
        if self._live:
            yield piece
            return
        said = (text for choice in choices(chunk) for text in spoken_of(delta(choice)))
        self._held_chars += sum(map(len, said))
        if self._held_chars > MAX_HELD_CHARS:
            raise Fault("malformed")
        self._held.append(piece)

    def finish(self) -> Iterator[Delta]:
        """Yield what was held, once the answer is whole."""
        yield from self._held

    def _rewritten(self, choice: Mapping[str, Any], guards: Guardrails) -> Mapping[str, Any]:
        said, index = delta(choice), choice.get("index") or 0
        last, piece = bool(choice.get("finish_reason")), dict(said)
        for key in SPOKEN:
            # What was thought ends where the answer begins.
            begins = key != "content" and not said.get(key) and bool(said.get("content"))
            ends = last or begins
            fed = self._fed((index, key), said.get(key), guards, ends=ends)
            if fed or (fed is not None and key in said):
                piece[key] = fed
        if calls := self._calls(index, said, guards, last=last):
            piece["tool_calls"] = calls
        called = said.get("function_call") or {}
        if called := self._called((index, "function_call"), called, "function", guards, ends=last):
            piece["function_call"] = called
        told = {**choice, "delta": piece}
        return self._spelled(told, said, last=last)

    def _calls(
        self, index: int, said: Mapping[str, Any], guards: Guardrails, *, last: bool
    ) -> list[dict[str, Any]]:
        """Return the calls of a piece, and what is still held of others when their answer ends."""
        calls, fed = [], set()
        for call in said.get("tool_calls") or ():
            place = (index, call.get("index") or 0)
            told = {**call}
            for kind in CALLS:
                if isinstance(call.get(kind), dict):
                    self._kinds[place] = kind
                    told[kind] = self._called(place, call[kind], kind, guards, ends=last)
                    fed.add(place)
            calls.append(told)
        for place, kind in self._kinds.items() if last else ():
            if place[0] == index and place not in fed:
                rest = self._called(place, {}, kind, guards, ends=True)
                calls += [{"index": place[1], kind: rest}] if any(rest.values()) else []
        return calls

    def _called(
        self, place: Place, said: Mapping[str, Any], kind: str, guards: Guardrails, *, ends: bool
    ) -> dict[str, Any]:
        """Return what a piece says of a call, with as much of its arguments as may be told."""
        told = self._fed(place, said.get(CALLS[kind]), guards, ends=ends)
        return {**said, CALLS[kind]: told} if told is not None else {**said}

    def _fed(self, place: Place, said: object, guards: Guardrails, *, ends: bool) -> Any:
        """Return what of a text may be passed on by now; None where there was and is none."""
        if said is not None and not isinstance(said, str):
            return values_written(said, lambda text: self._whole(text, guards))
        if said is None and (place not in self._restorers or not ends or place in self._ended):
            return None
        (self._ended.add if ends else self._ended.discard)(place)
        restorer = self._restorers.setdefault(place, Restorer(guards, self._secrets))
        fed = restorer.feed(self._screened(place, said or "", ends=ends))
        return fed + (restorer.finish() if ends else "")

    def _whole(self, text: str, guards: Guardrails) -> str:
        text = text if self.heard is None else self.heard.text(text)
        return guards.restore(text, self._secrets)

    def _screened(self, place: Place, text: str, *, ends: bool) -> str:
        """Return what the screen lets pass by now; documents are held until they end."""
        if self.heard is None:
            return text
        if place not in self._screens:
            called = isinstance(place[1], int) or place[1] == "function_call"
            json = called or (self._json and place[1] == "content")
            self._screens[place] = PieceScreen(self.heard, json=json)
        screen = self._screens[place]
        return screen.feed(text) + (screen.finish() if ends else "")

    def _spelled(
        self, told: dict[str, Any], said: Mapping[str, Any], *, last: bool
    ) -> Mapping[str, Any]:
        """Return the choice without the letters of its text, which come when it is whole."""
        letters = self._letters.setdefault(told.get("index") or 0, Letters())
        letters.compare(said, told["delta"])
        if isinstance(logprobs := told.get("logprobs"), dict):
            letters.add(logprobs)
            told["logprobs"] = None
        if last and letters.known:
            told["logprobs"] = letters.of_what_was_told()
        return told


def reply_of(
    received: Received,
    attempts: Attempts,
    entered: Entered,
    job: Job,
    *,
    body: Mapping[str, Any] | None = None,
    first_token_s: float | None = None,
) -> ChatReply:
    """Return the whole answer as the provider gave it, with what it costs."""
    route = entered.route
    usage = attempts.usage(entered, received.usage, received.spoken())
    return ChatReply(
        text=received.text,
        tool_calls=received.tool_calls,
        finish_reason=received.finish_reason,
        model=received.model or route.model,
        provider=route.provider.id,
        endpoint=route.endpoint,
        usage=usage,
        answers=received.answers,
        cost_usd=attempts.cost(route, usage),
        first_token_s=first_token_s,
        simulated=route.provider.simulated is not None,
        task=job.classified.task,
        trace_id=job.asking.trace_id,
        explanation=job.selection.explanation,
        body=body or {},
    )


def short_enough(chars: int, limit: int | None) -> None:
    """Raise where an answer has more characters than may be passed on."""
    if limit is not None and chars > limit:
        raise Fault("overlong", status=200, said=f"at most {limit} characters are")


def no_refusal(received: Received) -> None:
    """Raise where the provider's filter ended the answer: what there is of it is no answer."""
    if received.finish_reason == "content_filter":
        raise Fault("content_policy", status=200)


def _text(chunk: Mapping[str, Any]) -> str:
    return "".join(
        str(delta(choice).get("content") or "")
        for choice in choices(chunk)
        if not choice.get("index")
    )
