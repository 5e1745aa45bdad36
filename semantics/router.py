"""Where a question goes, from its structure: its Frame first, then the shape of its sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from clearway.semantics.asks import (
    about_clearway,
    asks_for_help,
    asks_for_term,
    asks_how_to,
    asks_meaning,
    asks_to_make_up,
    asks_whether_up,
    is_question,
    names_by_number,
    says_how_to,
    says_live,
    says_strongly_live,
)
from clearway.semantics.clauses import Speech, speech_of
from clearway.semantics.frame import Frame
from clearway.semantics.hostility import acts_on_service, hostile
from clearway.semantics.rawsql import is_raw_sql
from clearway.semantics.types import Route
from clearway.semantics.wordset import wordset

Tool = Literal["sql", "docs", "rest", "none"]

_HTTP = re.compile(
    r"^\s*(?:hit|call|ping|query|fetch|get|poll)\s+/\w|(?:^|\s)(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(?:/|https?://)|^\s*(?:curl|wget|http)\s+\S",
)
_DOCUMENTS = wordset(
    """
    runbook runbooks playbook playbooks guide guides manual manuals handbook documentation
    docs document documents policy policies procedure procedures process processes
    instructions tutorial tutorials faq faqs wiki checklist checklists standards guideline
    guidelines cookbook readme walkthrough onboarding retrospective postmortem postmortems
    sop protocol strategy whitepaper specification article articles notes template templates
    charter roadmap how-to howto convention conventions rules practices practice definition
    glossary compliance guidance escalation
    """
)
_SERVICES = wordset(
    """
    service services api apis endpoint endpoints gateway webhook cdn proxy server servers
    site website backend microservice host url outage outages
    """
)
_CALLS = frozenset(
    ["ping", "call", "hit", "poll", "request", "fetch", "invoke", "query", "check", "look", "reach"]
)
_HEALTH = frozenset(["health", "status", "version", "uptime", "latency", "heartbeat", "queue"])
_CREATIVE = wordset(
    """
    poem story joke essay song haiku limerick letter novel rap riddle recipe
    """
)
_STRUCTURE = wordset(
    """
    average avg total sum count top list per by number mean max min highest lowest most
    least each trend median maximum minimum percentage
    """
)


@dataclass(frozen=True, slots=True)
class _Score:
    tool: Tool
    score: float
    reason: str


def route(text: str, frame: Frame) -> Route:  # noqa: PLR0911 - what comes first decides
    """Return the tool, with confidence and runners-up; the same text always goes the same way."""
    if is_raw_sql(text):
        return Route(tool="sql", confidence=1.0, reason="It is a SQL statement.", raw_sql=True)
    if _HTTP.search(text[:2000]):
        return Route(tool="rest", confidence=0.97, reason="It has the shape of an HTTP request.")
    speech = speech_of(text)
    attempt = hostile(text, speech)
    if attempt is not None and not asks_how_to(speech):
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
    scores = sorted(
        (_docs(speech, frame), _rest(speech, frame), _sql(speech, frame), _none(speech, frame)),
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


# ---------------------------------------------------------------- documents


def _docs(speech: Speech, frame: Frame) -> _Score:  # noqa: PLR0911 - one rule a line
    how = asks_how_to(speech)
    document = speech.any_of(_DOCUMENTS) and not _processed(speech)
    if document and not _aside(speech, frame, _DOCUMENTS):
        if how:
            return _Score("docs", 0.95, "It asks how something is done, and names a document.")
        return _Score("docs", 0.88, "It asks for what a document says.")
    if how:
        return _done_so(speech)
    if _means(speech, frame):
        return _Score("docs", 0.94, "It asks what something means.")
    if asks_for_help(speech) and not _grouped(frame):
        return _Score("docs", 0.75, "It asks for help with something.")
    ours = speech.has("our") or speech.has("we") or speech.has("i")
    if ours and not _data(frame) and is_question(speech):
        return _Score("docs", 0.3, "It asks about how we do things, and names no data.")
    return _Score("docs", 0.02, "")


def _done_so(speech: Speech) -> _Score:
    rule = speech.has("how", "do", "we", "do") and not says_how_to(speech)
    return _Score("docs", 0.85 if rule else 0.93, "It asks how something is done.")


def _means(speech: Speech, frame: Frame) -> bool:
    """`what does X mean`, `what is a channel`, `what is churn`; not `explain revenue by region`."""
    if speech.has("counts", "as") or speech.has("qualifies", "as"):
        return True
    if speech.words[:3] in (("what", "is", "a"), ("what", "is", "an")):
        return not (frame.measures or frame.filters)
    if asks_meaning(speech):
        return not (frame.dimensions and speech.words[0] == "explain")
    return asks_for_term(speech) and not _data(frame)


def _processed(speech: Speech) -> bool:
    """`how many refunds did we process`: a verb there, no document."""
    words = speech.words
    return any(
        word == "process" and words[index - 1] in ("we", "you", "they", "i", "to", "jobs")
        for index, word in enumerate(words)
        if index
    ) and not speech.any_of(_DOCUMENTS - {"process"})


def _aside(speech: Speech, frame: Frame, words: frozenset[str]) -> bool:
    """Whether the words stand in one part of the sentence and the data asked for in another."""
    if not (frame.measures or frame.dimensions or frame.attributes) or len(speech.sentences) < 2:
        return False
    with_words = [s for s in speech.sentences if not words.isdisjoint(s.words)]
    leftover = {w for left in frame.leftover for w in left.word.lower().split()}
    rest = [s for s in speech.sentences if s not in with_words]
    said = {w for s in rest for w in s.words}
    return (
        bool(rest) and rest[-1] is speech.sentences[-1] and len(leftover & said) <= len(said) // 3
    )


# ---------------------------------------------------------------- services


def _rest(speech: Speech, frame: Frame) -> _Score:  # noqa: PLR0911 - one rule a line
    words = speech.words
    service = speech.any_of(_SERVICES) and not _aside(speech, frame, _SERVICES)
    if acts_on_service(speech):
        return _Score("rest", 0.9, "It asks for something to be done by a service.")
    if names_by_number(speech) and (not _data(frame) or frame.assumptions):
        return _Score("rest", 0.93, "It asks for one thing by its number, which no table has.")
    if _up(speech, frame, service):
        sure = service or says_strongly_live(speech) or (frame.assumptions and len(words) <= 3)
        return _Score("rest", 0.93 if sure else 0.84, "It asks whether something is up right now.")
    if service:
        return _of_service(speech, frame)
    if "health" in words and not _data(frame):
        return _Score("rest", 0.8, "It asks about the health of something that is no data.")
    if words[:1] == ("ping",):
        return _Score("rest", 0.7, "It asks whether something is up right now.")
    return _Score("rest", 0.02, "")


def _up(speech: Speech, frame: Frame, service: bool) -> bool:
    """Whether the present state of something is asked for that is no row of a table."""
    if not asks_whether_up(speech):
        return False
    if service or says_strongly_live(speech) or not _data(frame) or frame.assumptions:
        return True
    return not _grouped(frame) and len(speech.words) <= 3


def _of_service(speech: Speech, frame: Frame) -> _Score:
    called = not _CALLS.isdisjoint(speech.words[:6]) or any(
        not _CALLS.isdisjoint(clause.command[:1]) for clause in speech.clauses
    )
    if called or says_live(speech) or speech.any_of(_HEALTH):
        return _Score("rest", 0.9, "It asks a service for something live.")
    if not _grouped(frame):
        return _Score("rest", 0.55, "It names a service.")
    return _Score("rest", 0.3, "It names a service among data.")


# ---------------------------------------------------------------- data, and nothing


def _data(frame: Frame) -> bool:
    return bool(
        frame.measures
        or frame.attributes
        or frame.dimensions
        or frame.filters
        or frame.everything
        or frame.existence
        or frame.subject
        or frame.ambiguities
    )


def _grouped(frame: Frame) -> bool:
    return bool(frame.measures or frame.dimensions)


def _sql(speech: Speech, frame: Frame) -> _Score:
    if not _data(frame):
        words = set(speech.words)
        shape = len(words & _STRUCTURE) + speech.has("how", "many") + speech.has("how", "much")
        if shape and len(words) > 2:
            return _Score(
                "sql", 0.4 + min(0.2, 0.1 * shape), "It is shaped like a question about data."
            )
        return _Score("sql", 0.03, "")
    matters = sum(left.matters for left in frame.leftover)
    slots = (
        len(frame.measures) + len(frame.attributes) + len(frame.dimensions) + len(frame.filters)
        + (frame.period is not None) + len(frame.existence) + frame.everything
    )  # fmt: skip
    if frame.complete:
        return _Score("sql", 0.92, "Every word of it names data, or what to do with it.")
    share = (slots + 1) / (slots + 1 + matters)
    return _Score("sql", round(0.35 + 0.5 * share, 3), "It names data the catalog describes.")


def _none(speech: Speech, frame: Frame) -> _Score:
    words = speech.words
    made = bool(speech.clauses) and not _CREATIVE.isdisjoint(speech.clauses[0].words)
    if made or (speech.any_of(_CREATIVE) and not _grouped(frame)) or asks_to_make_up(speech):
        return _Score("none", 0.96, "It asks for something to be made up, not looked up.")
    if words[:2] in (("summarize", "this"), ("summarise", "this"), ("summarize", "that")):
        return _Score("none", 0.95, "It asks about something that is not here.")
    if about_clearway(speech) or ("your" in words and not _grouped(frame)):
        return _Score("none", 0.94, "It is about Clearway, not about data.")
    return _Score("none", 0.1 if _data(frame) or is_question(speech) else 0.35, "")
