"""Clarify: ask back, a bounded number of times; end the turn, or pause it where the caller asks."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command, interrupt

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.replies import is_about, meaning_of, picked
from clearway.graph.state import Ending, Json, Pending, Request, State


async def clarify(
    state: State, context: Context, services: Services
) -> Command[Literal["route", "respond"]]:
    """Leave the question in `pending`, or interrupt with it; give up after the last round."""
    request, ending = state["request"], state["ending"]
    asked_back = request["clarify_round"]
    if ending is None or asked_back >= services.policy.clarify_rounds:
        return Command(goto="respond", update={"ending": given_up(ending, asked_back)})
    pending: Pending = {
        "text": request["text"],
        "prompt": ending.get("prompt", ending["reason"]),
        "choices": ending.get("choices", []),
        "unclear": ending.get("unclear", []),
        "round": asked_back + 1,
    }
    if context.clarify == "turn":
        return Command(goto="respond", update={"pending": pending, "memory": built_on(state)})
    shown = [{key: c[key] for key in ("id", "label", "effect")} for c in pending["choices"]]
    reply = said(interrupt({"kind": "clarify", **pending, "choices": shown}))
    text, about = answer_of(pending, services.screen.question(reply.strip()))
    rounds = asked_back + 1 if about else 0
    answered: Request = {**request, "text": text, "clarify_round": rounds}
    return Command(
        goto="route",
        update={
            "request": answered,
            "ending": None,
            "memory": built_on(state) if about else None,
            "chosen": meaning_of(pending, reply),
        },
    )


def built_on(state: State) -> Json | None:
    """Return what a reply goes on from: the question so far, or what an unread follow-up followed.

    What was made of a follow-up that was not understood may have lost what it followed.
    """
    frame = state["frame"]
    follows = frame is not None and bool(frame.get("follow_up"))
    return state.get("memory") if follows else frame


def answer_of(pending: Pending, reply: str) -> tuple[str, bool]:
    """Return the question to go on with, and whether it is still the one that was unclear.

    Nothing said, or a number that picks nothing, asks the same once more.
    """
    chosen = picked(pending, reply)
    if chosen is not None or not reply or reply.isdigit():
        return chosen or pending["text"], True
    return reply, is_about(pending, reply)


def said(reply: object) -> str:
    """Return what a client resumed the run with: the text, or the choice, in whatever form."""
    if isinstance(reply, dict):
        reply = reply.get("choice") or reply.get("text") or ""
    return str(reply)


def given_up(ending: Ending | None, rounds: int) -> Ending:
    """Return the refusal that names what stayed unclear."""
    reason = ending["reason"] if ending else "The question is unclear."
    words = ending.get("unclear", []) if ending else []
    unclear = ", ".join(f"“{word}”" for word in words)
    times = "once" if rounds == 1 else f"{rounds} times"
    return {
        "kind": "refused",
        "reason": f"{reason} It stayed unclear after I asked back {times}.",
        "remedy": f"Say what is meant by {unclear}." if unclear else "Ask in other words.",
    }
