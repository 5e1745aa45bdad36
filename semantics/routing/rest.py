"""What services have to say for themselves: what is so right now, and what they do."""

from __future__ import annotations

from clearway.semantics.frame import Frame
from clearway.semantics.routing.asks import (
    names_by_number,
)
from clearway.semantics.routing.changes import acts_on_service
from clearway.semantics.routing.claims import (
    Claim,
    grouped,
    in_data,
    names_data,
    said_aside,
)
from clearway.semantics.routing.clauses import Speech
from clearway.semantics.routing.docs import DOCUMENTS
from clearway.semantics.routing.liveness import condition_asked, says_live, says_strongly_live
from clearway.semantics.routing.services import (
    SERVICES,
    asks_service,
    names_service,
    reads_from_service,
    shows_status,
    thing_by_number,
)

_ADDRESS = frozenset(["http", "https", "localhost"])


_HEALTH = frozenset(["health", "status", "version", "uptime", "latency", "heartbeat", "queue"])


def rest_claim(speech: Speech, frame: Frame) -> Claim:  # noqa: C901, PLR0911 - one rule a line
    """Return how strongly a service claims it."""
    focus = speech.focus
    named = (names_service(focus) or asks_service(focus)) and not said_aside(
        speech, frame, SERVICES
    )
    if acts_on_service(focus):
        return Claim("rest", 0.9, "It asks for something to be done by a service.")
    if shows_status(focus):
        return Claim("rest", 0.95, "It asks what a page about the present state says.")
    if names_by_number(focus) and (not names_data(frame) or frame.assumptions):
        return Claim("rest", 0.93, "It asks for one thing by its number, which no table has.")
    thing = thing_by_number(focus)
    guessed = any(f"“{thing}”" in assumed for assumed in frame.assumptions)
    if thing and guessed and frame.period is None:
        return Claim("rest", 0.93, "It asks for one thing by its number; no table is named so.")
    condition = condition_asked(focus)
    if condition is not None and (named or not in_data(condition.thing, focus, frame)):
        sure = (
            named
            or condition.thing in DOCUMENTS
            or says_strongly_live(focus)
            or (frame.assumptions and len(focus.words) <= 3)
        )
        return Claim("rest", 0.93 if sure else 0.84, "It asks whether something is up right now.")
    if _asks_it(focus) and names_service(speech):
        return Claim("rest", 0.9, "It asks the service named before.")
    if named:
        return _of_service(focus, frame)
    if "health" in focus.words and not names_data(frame):
        return Claim("rest", 0.8, "It asks about the health of something that is no data.")
    if focus.any_of(_ADDRESS) and not grouped(frame):
        return Claim("rest", 0.87, "It names an address to be asked.")
    if focus.words[:1] == ("ping",):
        return Claim("rest", 0.7, "It asks whether something is up right now.")
    if thing and not grouped(frame) and not in_data(thing, focus, frame):
        return Claim("rest", 0.8, "It asks for one thing by its number, which no table has.")
    return Claim("rest", 0.02, "")


_CALLS = frozenset(["query", "ask", "call", "hit", "ping", "poll", "probe", "check", "restart"])
_PRONOUNS = frozenset(["it", "them", "that", "this"])


def _asks_it(focus: Speech) -> bool:
    """`query it for its size`: of what was named before."""
    return any(
        clause.command[:1]
        and clause.command[0] in _CALLS
        and not _PRONOUNS.isdisjoint(clause.command[1:2])
        for clause in focus.clauses
    )


def _of_service(speech: Speech, frame: Frame) -> Claim:
    if asks_service(speech) or says_live(speech) or speech.any_of(_HEALTH):
        return Claim("rest", 0.9, "It asks a service for something live.")
    if reads_from_service(speech) and not speech.any_of(DOCUMENTS):
        return Claim("rest", 0.9, "It asks a service for something live.")
    if not grouped(frame):
        return Claim("rest", 0.55, "It names a service.")
    return Claim("rest", 0.3, "It names a service among data.")
