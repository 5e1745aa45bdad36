"""Where a question goes, from its structure: its Frame first, then the shape of its sentence."""

from __future__ import annotations

import re

from clearway.semantics.frame import Frame
from clearway.semantics.routing.claims import Tool, hardly_known
from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.data import none_claim, sql_claim
from clearway.semantics.routing.docs import docs_claim
from clearway.semantics.routing.hostility import hostile
from clearway.semantics.routing.rawsql import is_raw_sql
from clearway.semantics.routing.rest import rest_claim
from clearway.semantics.routing.smalltalk import asks_too_little
from clearway.semantics.types import Route

_HTTP = re.compile(
    r"^\s*(?:hit|call|ping|query|fetch|get|poll)\s+/\w|(?:^|\s)(?:GET|POST|PUT|PATCH|DELETE|HEAD"
    r"|OPTIONS)\s+(?:/|https?://)|^\s*(?:curl|wget|http)\s+\S",
)

_CLAIMS = (docs_claim, rest_claim, sql_claim, none_claim)


def route(text: str, frame: Frame) -> Route:  # noqa: PLR0911 - what comes first decides
    """Return the tool, with confidence and runners-up; the same text always goes the same way."""
    if is_raw_sql(text):
        return Route(tool="sql", confidence=1.0, reason="It is a SQL statement.", raw_sql=True)
    if _HTTP.search(text[:2000]):
        return Route(tool="rest", confidence=0.97, reason="It has the shape of an HTTP request.")
    speech = speech_of(text)
    attempt = hostile(text, speech)
    if attempt is not None:
        return Route(
            tool="none",
            confidence=0.95,
            reason=attempt,
            refuse=True,
            remedy="Ask what the data says.",
        )
    if frame.language == "other":
        return Route(
            tool="none",
            confidence=0.9,
            reason="Questions are read in English; this looks like another language.",
            remedy="Ask the same in English.",
        )
    if not speech.words and not frame.text:
        return _nothing("There is no question in it.")
    of_nothing = frame.subject is None and not frame.measures
    if (hardly_known(frame) or of_nothing) and asks_too_little(speech.focus):
        return _unclear()
    scores = sorted(
        (claim(speech, frame) for claim in _CLAIMS),
        key=lambda found: -found.score,
    )
    best = scores[0]
    runners = tuple((s.tool, round(s.score, 2)) for s in scores[1:] if s.score > 0.05)
    if best.tool == "none" or best.score <= 0.2:
        reason = best.reason if best.tool == "none" else ""
        return _nothing(reason or "Nothing in it names data, a document or a service.", runners)
    return Route(
        tool=best.tool, confidence=round(best.score, 2), reason=best.reason, runners_up=runners
    )


def _nothing(reason: str, runners: tuple[tuple[Tool, float], ...] = ()) -> Route:
    return Route(
        tool="none",
        confidence=0.8,
        reason=reason,
        remedy="Ask for something the catalog has: `clearway catalog show` lists it.",
        runners_up=runners,
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
