"""Admit: establish who asks, what and by when; clear the last turn; turn away the unreadable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from zoneinfo import available_timezones

from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.types import Command

from clearway.errors import IdentityError
from clearway.graph.context import Context
from clearway.graph.owner import asker_of, owner_of, owns
from clearway.graph.ports import AuditEvent, Policy, Services
from clearway.graph.record import asking, cancelled, closed, turned_away
from clearway.graph.replies import is_about, meaning_of, picked
from clearway.graph.state import Ending, Pending, Request, State
from clearway.graph.turn import NOT_READ, fresh_turn, noted, principal_state
from clearway.identity import Principal
from clearway.outcome import Degradation

MAX_CORRELATION_ID = 128
NO_SUCH_CHOICE = "That is not one of the choices."
NOTHING_TO_PICK = "There is nothing to pick by number."
EXAMPLE = "Ask a question in words, for example: total revenue by region last quarter."


async def admit(
    state: State, context: Context, services: Services
) -> Command[Literal["route", "clarify", "respond"]]:
    """Begin a turn; raise `IdentityError` where the thread is someone else's."""
    caller = services.identity.caller()
    principal = caller.on_behalf_of(context.user)
    raw = asked(state)
    request = new_request(raw, principal or caller, context, services)
    asker = principal or caller
    if not owns(asker, state.get("owner"), services.seal):
        await services.audit.append(*turned_away(request, services))
        raise IdentityError("There is no such conversation.")
    begin = replace(asking(request, "intent", services), input=raw)
    async with _on_record(begin, request, services):
        ending = await _turned_away(principal, raw, services)
    owner = owner_of(asker, services.seal)
    update: State = {**fresh_turn(), "owner": owner, "request": request}
    update["messages"] = _redacted_question(state, raw, services)
    if notes := kept_back(raw.strip(), request["text"], services):
        update["degradations"] = noted(update, *notes)
    if ending is not None:
        return Command(goto="respond", update={**update, "ending": ending})
    pending = state.get("pending")
    if pending is not None:
        reply, chosen = request["text"], picked(pending, request["text"])
        if is_about(pending, reply):
            request["clarify_round"] = pending["round"]
        else:  # a question of its own: what was unclear before is over
            update["memory"] = None
        update["chosen"] = meaning_of(pending, reply)
        if chosen is None and request["text"].isdigit():
            return Command(goto="clarify", update={**update, "ending": again(pending)})
        request["text"] = chosen or request["text"]
    return Command(goto="route", update=update)


@asynccontextmanager
async def _on_record(
    begin: AuditEvent, request: Request, services: Services
) -> AsyncIterator[None]:
    """Put the request on record; a caller who goes away meanwhile leaves it closed."""
    try:
        await services.audit.append(begin, durable=False)
        yield
    except asyncio.CancelledError:
        await closed(services, cancelled(request, services))
        raise


def kept_back(raw: str, read: str, services: Services) -> list[Degradation]:
    """Return what is not read of a question, and what nobody but the database will see."""
    notes = []
    if read != raw:
        notes.append(NOT_READ)
    if services.redactor.redact(read) != read:
        detail = "personal data in it is left out of records, logs and prompts"
        notes.append(Degradation(kind="redaction", detail=detail))
    return notes


def asked(state: State) -> str:
    """Return the text of this turn: the question, else the last message if a person wrote it."""
    if question := state.get("question"):
        return question
    messages = state.get("messages") or []
    last = messages[-1] if messages else None
    return str(last.text) if isinstance(last, HumanMessage) else ""


def again(pending: Pending) -> Ending:
    """Ask the same thing once more, and say why."""
    why = NO_SUCH_CHOICE if pending["choices"] else NOTHING_TO_PICK
    return {
        "kind": "clarify",
        "reason": why,
        "prompt": f"{why} {pending['prompt'].removeprefix(f'{why} ')}",
        "choices": pending["choices"],
        "unclear": pending.get("unclear", []),
    }


def unreadable(raw: str, policy: Policy) -> Ending | None:
    """Return why a text cannot be read at all, or None."""
    if not raw.strip():
        return {"kind": "refused", "reason": "The question is empty.", "remedy": EXAMPLE}
    if len(raw) > policy.max_question_chars:
        return {
            "kind": "refused",
            "reason": f"The question has {len(raw)} characters; "
            f"at most {policy.max_question_chars} are read.",
            "remedy": "Ask in fewer words, and leave out pasted data.",
        }
    if any(char < " " and char not in "\t\n\r" for char in raw) or not _text(raw):
        return {
            "kind": "refused",
            "reason": "The question holds binary or control characters.",
            "remedy": "Send plain text (UTF-8).",
        }
    return None


def _text(raw: str) -> bool:
    """Return whether it was text before it came here: bytes that were none leave their mark."""
    return not any(char == "\ufffd" or "\ud800" <= char <= "\udfff" for char in raw)


def correlation_id(given: str | None) -> str | None:
    """Return a caller's correlation id if it is short printable ASCII, else None."""
    if given and len(given) <= MAX_CORRELATION_ID and given.isascii() and given.isprintable():
        return given
    return None


async def _turned_away(principal: Principal | None, raw: str, services: Services) -> Ending | None:
    if principal is None:
        return {"kind": "denied", "reason": "You may not ask in another user's name."}
    wait_s = await services.limits.admit(principal)
    if wait_s is not None:
        reason = f"Too many requests; try again in {wait_s:.0f} s."
        return {"kind": "limited", "reason": reason, "retry_after_s": wait_s}
    return unreadable(raw, services.policy)


def new_request(raw: str, principal: Principal, context: Context, services: Services) -> Request:
    """Return what a turn is held to; a caller may shorten and tighten, never loosen."""
    policy, now = services.policy, services.clock.now()
    request_id = services.ids.trace_id()
    asked_s = policy.request_timeout_s if context.timeout_s is None else context.timeout_s
    timeout_s = max(min(asked_s, policy.request_timeout_s), 0.0)
    wanted = context.confidence_threshold
    threshold = policy.confidence_threshold if wanted is None else wanted
    known_zone = context.timezone is not None and context.timezone in available_timezones()
    return {
        "request_id": request_id,
        "trace_id": correlation_id(context.correlation_id) or request_id,
        "text": services.screen.question(raw.strip()),
        "asked_at": now.isoformat(),
        "timeout_s": timeout_s,
        "deadline_at": (now + timedelta(seconds=timeout_s)).isoformat(),
        "principal": principal_state(principal),
        "asker": asker_of(principal, services.seal),
        "threshold": min(max(threshold, policy.min_confidence_threshold), 1.0),
        "bypass_cache": context.bypass_cache,
        "timezone": context.timezone if known_zone and context.timezone else policy.timezone,
        "clarify": context.clarify,
        "clarify_round": 0,
    }


def _redacted_question(state: State, raw: str, services: Services) -> list[AnyMessage]:
    """Return the message that keeps the conversation readable, without secrets."""
    kept = services.redactor.redact(raw[: services.policy.max_question_chars])
    if state.get("question"):
        return [HumanMessage(kept)]
    messages = state.get("messages") or []
    return [HumanMessage(kept, id=messages[-1].id)] if messages and kept != raw else []
