"""What of an answer reaches the caller, when, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from clearway.llm.calls.chunks import Assembly, choices, delta
from clearway.llm.calls.faults import Fault
from clearway.llm.guards.restore import Restorer
from clearway.llm.guards.screening import PieceScreen, Screen
from clearway.llm.ports import Guardrails
from clearway.llm.requests.attempts import Attempts, Entered
from clearway.llm.requests.job import Job
from clearway.llm.types import ChatReply, Delta
from clearway.outcome import Degradation

MAX_HELD_CHARS = 8_000_000
"""Of one answer that is held until it is whole; no model writes as much."""


class Delivery:
    """Passes pieces on as they come, or holds them until the answer is whole."""

    def __init__(
        self,
        guardrails: Guardrails | None,
        secrets: Mapping[str, str],
        *,
        live: bool,
        screen: Screen | None = None,
        json: bool = False,
    ) -> None:
        """Placeholders are put back on the way; what a model adds by itself is screened before."""
        self._screen = screen
        self._json = json
        self._pieces: dict[tuple[int, int], PieceScreen] = {}
        self._live = live
        self._held: list[Delta] = []
        self._held_chars = 0
        self._guardrails = guardrails if secrets or screen else None
        self._secrets = secrets
        self._restorers: dict[tuple[int, int], Restorer] = {}

    def pass_on(self, chunk: Mapping[str, Any]) -> Iterator[Delta]:
        """Yield what the caller gets of this chunk now."""
        piece = Delta(text=_text(chunk), chunk=chunk)
        if self._guardrails is not None:
            piece = self._restored(chunk)
        if self._live:
            yield piece
            return
        self._held_chars += len(piece.text)
        if self._held_chars > MAX_HELD_CHARS:
            raise Fault("malformed")
        self._held.append(piece)

    def finish(self) -> Iterator[Delta]:
        """Yield what was held, once the answer is whole."""
        yield from self._held

    def _restored(self, chunk: Mapping[str, Any]) -> Delta:
        made = [self._restored_choice(choice) for choice in choices(chunk)]
        restored = {**chunk, "choices": made}
        return Delta(text=_text(restored), chunk=restored)

    def _restored_choice(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        piece, index = dict(delta(choice)), choice.get("index") or 0
        last = bool(choice.get("finish_reason"))
        content = self._fed((index, -1), piece.get("content"), last=last)
        if content is not None:
            piece["content"] = content
        calls = []
        for call in piece.get("tool_calls") or ():
            function = dict(call.get("function") or {})
            place = (index, call.get("index") or 0)
            arguments = self._fed(place, function.get("arguments"), last=last)
            if arguments is not None:
                function["arguments"] = arguments
            calls.append({**call, "function": function})
        if calls:
            piece["tool_calls"] = calls
        if last:
            piece |= self._rests(index, piece)
        return {**choice, "delta": piece}

    def _rests(self, index: int, piece: dict[str, Any]) -> dict[str, Any]:
        """Return what is still held of tool calls when their choice ends."""
        rests = [
            {"index": place[1], "function": {"arguments": rest}}
            for place, restorer in self._restorers.items()
            if place[0] == index and place[1] >= 0 and (rest := self._rest(place, restorer))
        ]
        return {"tool_calls": [*piece.get("tool_calls", []), *rests]} if rests else {}

    def _rest(self, place: tuple[int, int], restorer: Restorer) -> str:
        return restorer.feed(self._screened(place, "", last=True)) + restorer.finish()

    def _fed(self, place: tuple[int, int], text: object, *, last: bool) -> str | None:
        assert self._guardrails is not None  # noqa: S101  # only called where it is
        if place not in self._restorers and not isinstance(text, str):
            return None
        restorer = self._restorers.setdefault(place, Restorer(self._guardrails, self._secrets))
        fed = restorer.feed(self._screened(place, text if isinstance(text, str) else "", last=last))
        return fed + (restorer.finish() if last else "")

    def _screened(self, place: tuple[int, int], text: str, *, last: bool) -> str:
        """Return what the screen lets pass by now; arguments of tools are held until they end."""
        if self._screen is None:
            return text
        json = self._json or place[1] >= 0
        piece = self._pieces.setdefault(place, PieceScreen(self._screen, json=json))
        return piece.feed(text) + (piece.finish() if last else "")


def cleaned(reply: ChatReply, job: Job) -> ChatReply:
    """Return the reply screened, and with the caller's own values in place of placeholders."""
    if job.screen is not None and not reply.cache_hit:
        reply = _screened(reply, job.screen, json=job.wants_json)
    return restored(reply, job.guards, job.secrets)


def _screened(reply: ChatReply, screen: Screen, *, json: bool) -> ChatReply:
    found = Screen(screen.guardrails)
    text = found.document(reply.text) if json else found.text(reply.text)
    calls = [_with_arguments(call, found.document) for call in reply.tool_calls]
    others = [each for each in reply.body.get("choices") or () if isinstance(each, dict)]
    hears = Screen(screen.guardrails)
    for each in others:
        message = each.get("message") or {}
        for key in ("content", "reasoning_content", "reasoning", "refusal"):
            if isinstance(message.get(key), str):
                hears.text(message[key])
    if not (found.kinds or hears.kinds):
        return reply
    notes = [
        Degradation(kind="redaction", detail=f"{count} x {kind} hidden in the answer.")
        for kind, count in (found.kinds | hears.kinds).items()
    ]
    return replace(
        reply,
        text=text,
        tool_calls=calls,
        body={},
        degradations=(*reply.degradations, *notes),
    )


def _with_arguments(call: Mapping[str, Any], write: Callable[[str], str]) -> Mapping[str, Any]:
    function = call["function"]
    return {**call, "function": {**function, "arguments": write(function["arguments"])}}


def reply_of(
    received: Assembly,
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


def no_refusal(received: Assembly) -> None:
    """Raise where the provider's filter ended the answer: what there is of it is no answer."""
    if received.finish_reason == "content_filter":
        raise Fault("content_policy", status=200)


def restored(
    reply: ChatReply, guardrails: Guardrails | None, secrets: Mapping[str, str]
) -> ChatReply:
    """Return the reply with the caller's own values in the place of their placeholders."""
    if guardrails is None or not secrets:
        return reply

    def plain(text: str) -> str:
        return guardrails.restore(text, secrets)

    calls = [_with_arguments(call, plain) for call in reply.tool_calls]
    return replace(reply, text=plain(reply.text), tool_calls=calls, body={})


def _text(chunk: Mapping[str, Any]) -> str:
    return "".join(
        str(delta(choice).get("content") or "")
        for choice in choices(chunk)
        if not choice.get("index")
    )
