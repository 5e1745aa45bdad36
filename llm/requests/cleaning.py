"""A whole answer in words its caller may have: screened, and with their own values put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from clearway.llm.calls.chunks import choices
from clearway.llm.guards.screening import Screen
from clearway.llm.ports import Guardrails
from clearway.llm.prompts.fields import values_written
from clearway.llm.prompts.payload import SPOKEN
from clearway.llm.requests.job import Job
from clearway.llm.types import ChatReply
from clearway.outcome import Degradation

Write = Callable[[str], str]

KNOWN = ("role", "name", "tool_calls", "function_call", *SPOKEN)
"""What of a message is left where something in it was hidden: all else may say it again."""


def cleaned(reply: ChatReply, job: Job, heard: Screen | None = None) -> ChatReply:
    """Return the reply screened, and with the caller's own values in place of placeholders.

    `heard` has counted what was hidden of its pieces, where it came in some.
    """
    if job.screens and job.guards is not None and not reply.cache_hit:
        beside = heard or Screen(job.guards)
        reply = _screened(reply, job.guards, beside, json=job.wants_json)
    return _restored(reply, job.guards, job.secrets)


def _screened(reply: ChatReply, guardrails: Guardrails, beside: Screen, *, json: bool) -> ChatReply:
    """Return the reply screened; `beside` counts what is found in all of its answers."""
    found = Screen(guardrails)
    text = found.document(reply.text) if json else found.text(reply.text)
    calls = [_call(call, found.document, found.document) for call in reply.tool_calls]
    write = beside.document if json else beside.text
    told = [_choice(choice, write, beside.document) for choice in choices(reply.body)]
    kinds = found.kinds | beside.kinds
    if not kinds:
        return reply
    notes = [
        Degradation(kind="redaction", detail=f"{count} x {kind} hidden in the answer.")
        for kind, count in kinds.items()
    ]
    return replace(
        reply,
        text=text,
        tool_calls=calls,
        body={**reply.body, "choices": told} if reply.body else {},
        degradations=(*reply.degradations, *notes),
    )


def _restored(
    reply: ChatReply, guardrails: Guardrails | None, secrets: Mapping[str, str]
) -> ChatReply:
    if guardrails is None or not secrets:
        return reply

    def plain(text: str) -> str:
        return guardrails.restore(text, secrets)

    body = dict(values_written(reply.body, plain))
    pairs = zip(choices(reply.body), choices(body), strict=True)
    told = [now if now == then else _bare(now) for then, now in pairs]
    return replace(
        reply,
        text=plain(reply.text),
        tool_calls=values_written(reply.tool_calls, plain),
        body={**body, "choices": told} if body else {},
    )


def _choice(choice: Mapping[str, Any], write: Write, document: Write) -> Mapping[str, Any]:
    """Return the choice with its message rewritten; as it is where that changed nothing."""
    message = choice.get("message") or {}
    said = {key: message[key] for key in KNOWN if key in message}
    told = {**said, **{key: values_written(said[key], write) for key in SPOKEN if key in said}}
    if isinstance(said.get("tool_calls"), list):
        told["tool_calls"] = [_call(call, write, document) for call in said["tool_calls"]]
    if isinstance(said.get("function_call"), dict):
        told["function_call"] = _arguments(said["function_call"], document)
    return choice if told == said else {**_bare(choice), "message": told}


def _bare(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the choice without what speaks of its text letter by letter."""
    return {key: value for key, value in choice.items() if key != "logprobs"}


def _call(call: Mapping[str, Any], write: Write, document: Write) -> Mapping[str, Any]:
    told = dict(call)
    if isinstance(call.get("function"), dict):
        told["function"] = _arguments(call["function"], document)
    if isinstance(call.get("custom"), dict):
        told["custom"] = {**call["custom"], "input": values_written(call["custom"]["input"], write)}
    return told


def _arguments(function: Mapping[str, Any], document: Write) -> dict[str, Any]:
    return {**function, "arguments": values_written(function.get("arguments"), document)}
