"""Where a question goes, from its structure: its Frame first, then the shape of its sentence."""

from __future__ import annotations

import re
from dataclasses import replace

from clearway.semantics.frame import Frame
from clearway.semantics.routing.asks import is_question
from clearway.semantics.routing.claims import Claim, Tool, hardly_known
from clearway.semantics.routing.clauses import Speech, speech_of
from clearway.semantics.routing.data import OF_THE_WORLD, none_claim, sql_claim
from clearway.semantics.routing.docs import docs_claim
from clearway.semantics.routing.hostility import hostile
from clearway.semantics.routing.owners import SHARED, acts_as_declared, contested, owned_claim
from clearway.semantics.routing.rawsql import is_raw_sql
from clearway.semantics.routing.rest import rest_claim
from clearway.semantics.routing.smalltalk import asks_too_little
from clearway.semantics.routing.vocabulary import NO_SERVICES, Vocabulary
from clearway.semantics.types import Route
from clearway.semantics.words.tokens import singular

_HTTP = re.compile(
    r"^\s*(?:hit|call|ping|query|fetch|get|poll)\s+/\w|(?:^|\s)(?:GET|POST|PUT|PATCH|DELETE|HEAD"
    r"|OPTIONS)\s+(?:/|https?://)|^\s*(?:curl|wget|http)\s+\S",
)

LEAST_WORDS = 7
"""Of a question that is whole: one with fewer may go on with what was said before it."""
STRONG = 0.7
"""A claim of documents, or of nobody, from which on a service's thing is only spoken of."""


def route(  # noqa: PLR0911 - what comes first decides
    text: str, frame: Frame, services: Vocabulary = NO_SERVICES
) -> Route:
    """Return the tool, with confidence and runners-up; the same text always goes the same way.

    `services` is what the connected services speak of, as far as the asker may know of them.
    """
    if is_raw_sql(text):
        return Route(tool="sql", confidence=1.0, reason="It is a SQL statement.", raw_sql=True)
    if _HTTP.search(text[:2000]):
        return Route(tool="rest", confidence=0.97, reason="It has the shape of an HTTP request.")
    speech = speech_of(text)
    attempt = hostile(text, speech, declared=acts_as_declared(speech, frame, services))
    if attempt is not None:
        return _refused(attempt)
    if frame.language == "other":
        return _NOT_ENGLISH
    if not speech.words and not frame.text:
        return _nothing("There is no question in it.")
    of_nothing = frame.subject is None and not frame.measures
    owned = owned_claim(speech, frame, services)
    spoken_of = owned is not None and owned.score > SHARED
    if (hardly_known(frame) or of_nothing) and not spoken_of and asks_too_little(speech.focus):
        return _unclear()
    scores = _weighed(speech, frame, services, owned)
    best = scores[0]
    runners = tuple((s.tool, round(s.score, 2)) for s in scores[1:] if s.score > 0.05)
    if best.tool == "none" or best.score <= 0.2:
        reason = best.reason if best.tool == "none" else ""
        nothing = _nothing(reason or "Nothing in it names data, a document or a service.", runners)
        return replace(nothing, unclaimed=reason in ("", OF_THE_WORLD))
    if best.tool == "sql" and (thing := contested(speech, frame, services)):
        return _contested(thing, runners)
    return Route(
        tool=best.tool,
        confidence=round(best.score, 2),
        reason=best.reason,
        runners_up=runners,
        unclaimed=best.tool == "sql" and _half_known(speech.focus, frame),
    )


def _half_known(focus: Speech, frame: Frame) -> bool:
    """Whether it is a whole question, of no time in particular, that the data knows a part of."""
    whole = is_question(focus) and len(focus.words) >= LEAST_WORDS
    return whole and not (frame.complete or frame.period)


_NOT_ENGLISH = Route(
    tool="none",
    confidence=0.9,
    reason="Questions are read in English; this looks like another language.",
    remedy="Ask the same in English.",
)


def _refused(attempt: str) -> Route:
    remedy = "Ask what the data says."
    return Route(tool="none", confidence=0.95, reason=attempt, refuse=True, remedy=remedy)


def _weighed(
    speech: Speech, frame: Frame, services: Vocabulary, owned: Claim | None
) -> list[Claim]:
    """Return what each tool claims, the strongest first."""
    of_services = services.thing_words(singular(word) for word in speech.focus.words)
    claims = [
        docs_claim(speech, frame, of_services),
        rest_claim(speech, frame),
        sql_claim(speech, frame),
        none_claim(speech, frame, of_services),
    ]
    if owned is not None:
        others = (each.score for each in claims if each.tool in ("docs", "none"))
        if max(others) >= STRONG:
            owned = replace(owned, score=min(owned.score, SHARED))
        claims = [max(each, owned, key=_score) if each.tool == "rest" else each for each in claims]
    return sorted(claims, key=_score, reverse=True)


def _score(claim: Claim) -> float:
    return claim.score


def _nothing(reason: str, runners: tuple[tuple[Tool, float], ...] = ()) -> Route:
    return Route(
        tool="none",
        confidence=0.8,
        reason=reason,
        remedy="Ask for something the catalog has: `clearway catalog show` lists it.",
        runners_up=runners,
    )


def _contested(thing: str, runners: tuple[tuple[Tool, float], ...]) -> Route:
    """Ask back: a service has the thing by its name, the data only something like it."""
    return Route(
        tool="none",
        confidence=0.8,
        reason=f"A connected service has “{thing}”; the data has only what could be meant by it.",
        remedy="Name a table or a number of the data, or leave out what the service does not know.",
        runners_up=(("sql", 0.5), *(each for each in runners if each[0] != "sql")),
        unclear=True,
    )


def _unclear() -> Route:
    """Ask back: it asks for data, and no word of it says which."""
    return Route(
        tool="none",
        confidence=0.9,
        reason="I cannot tell what this is about.",
        remedy="Say which number, of what and from when.",
        unclear=True,
    )
