"""What the data has to say for itself, and what no tool is for."""

from __future__ import annotations

from clearway.semantics.frame import Frame
from clearway.semantics.routing.asks import (
    is_question,
)
from clearway.semantics.routing.claims import (
    Claim,
    barely_named,
    grouped,
    left_over,
    names_data,
    says_when,
)
from clearway.semantics.routing.clauses import COURTESY, Speech
from clearway.semantics.routing.docs import DOCUMENTS
from clearway.semantics.routing.liveness import NOW
from clearway.semantics.routing.norms import asks_for_way, reports_trouble
from clearway.semantics.routing.services import (
    names_service,
)
from clearway.semantics.routing.smalltalk import (
    about_clearway,
    asks_to_make_up,
    ends_in_talk,
    names_a_creation,
    remarks,
    states,
)
from clearway.semantics.routing.world import WORLD
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset

_STRUCTURE = wordset(
    """
    average avg total sum count top list per by number mean max min highest lowest most
    least each trend median maximum minimum percentage best worst bestseller bestsellers biggest
    largest smallest favourite longest shortest cheapest
    """
)


def sql_claim(speech: Speech, frame: Frame) -> Claim:
    """Return how strongly the data claims it."""
    if not names_data(frame):
        return _shaped(speech.focus)
    matters = sum(left.matters for left in frame.leftover)
    slots = (
        len(frame.measures) + len(frame.attributes) + len(frame.dimensions) + len(frame.filters)
        + (frame.period is not None) + len(frame.existence) + frame.everything
    )  # fmt: skip
    if barely_named(speech.focus, frame):
        return Claim("sql", 0.3, "A word of it names data, and nothing is asked of it.")
    if frame.complete:
        return Claim("sql", 0.92, "Every word of it names data, or what to do with it.")
    share = (slots + 1) / (slots + 1 + matters)
    return Claim("sql", round(0.35 + 0.5 * share, 3), "It names data the catalog describes.")


OF_THE_WORLD = "It is about the wide world, not about what is kept here."

_GROUPING = frozenset(["by", "per", "each", "we", "our", "us", "my"])


_HAPPENED = frozenset(["did", "have", "has", "were", "was", "what", "had"])


_EVENTS = wordset(
    """
    sell sold buy bought earn earned make made fail failed crash crashed break broke broken time
    timed finish finished run ran running ship shipped lose lost grow grew happen happened change
    changed order ordered spend spent pay paid move moved return returned complete completed hang
    hung stop stopped take took
    """
)


_COUNTED = frozenset(["many", "much", "number", "count", "list", "total", "sum"])


def _shaped(speech: Speech) -> Claim:
    """Data by the shape of the sentence: something unknown counted, split or dated."""
    words = set(speech.words)
    shape = len(words & _STRUCTURE) + speech.has("how", "many") + speech.has("how", "much")
    dated = says_when(speech)
    happened = speech.words[:1] and speech.words[0] in _HAPPENED and dated
    present = "what" in words and NOW.search(speech.line)
    if (happened or present) and not words.isdisjoint(_EVENTS):
        return Claim("sql", 0.45, "It asks what happened in a stretch of time.")
    acted = speech.words[:1] in (("who",), ("what",), ("which",)) and not words.isdisjoint(_EVENTS)
    counted = dated and not words.isdisjoint(_COUNTED)
    listed = speech.words[:2] == ("list", "all") or "".join(speech.words[-1:]).isdigit()
    if shape and len(words) > 2 and (acted or counted or listed or words & _GROUPING):
        return Claim("sql", 0.4 + min(0.2, 0.1 * shape), "It is shaped like a question about data.")
    return Claim("sql", 0.03, "")


def none_claim(  # noqa: PLR0911 - one rule a line
    speech: Speech, frame: Frame, of_services: frozenset[str] = frozenset()
) -> Claim:
    """Return how strongly it is nobody's to answer; `of_services` are words services know."""
    focus = speech.focus
    if asks_to_make_up(focus) or (names_a_creation(focus) and not grouped(frame)):
        return Claim("none", 0.96, "It asks for something to be made up, not looked up.")
    if _worldly(focus, frame, of_services):
        return Claim("none", 0.96, OF_THE_WORLD)
    if states(focus) and not (frame.complete or frame.dimensions or frame.period):
        return Claim("none", 0.72, "It states something, and asks for nothing.")
    words = focus.words
    if words[:2] in (("summarize", "this"), ("summarise", "this"), ("summarize", "that")):
        return Claim("none", 0.95, "It asks about something that is not here.")
    if about_clearway(focus) and not _asks_after_all(focus, frame):
        return Claim("none", 0.94, "It is about Clearway, not about data.")
    if "your" in words and not grouped(frame):
        return Claim("none", 0.94, "It is about Clearway, not about data.")
    told_for_help = asks_for_way(focus) or reports_trouble(focus)
    said_in_full = frame.complete and names_data(frame)  # `this year's revenue by region`
    if remarks(focus) and not (said_in_full or told_for_help or _asks_after_all(focus, frame)):
        return Claim("none", 0.94, "It remarks on something, and asks for nothing.")
    return Claim("none", 0.1 if names_data(frame) or is_question(focus) else 0.35, "")


def _asks_after_all(speech: Speech, frame: Frame) -> bool:
    """Whether courtesies lead to a question: its last words name what the data knows."""
    if len(speech.sentences) < 2 or not grouped(frame) or ends_in_talk(speech):
        return False
    last = speech.sentences[-1].words
    return len(last) > 2 and not set(last) - left_over(frame) <= COURTESY


def _worldly(speech: Speech, frame: Frame, of_services: frozenset[str]) -> bool:
    said = WORLD.intersection(speech.words)
    if any(singular(word) in of_services for word in said):
        return False
    if not said or speech.any_of(_OURS) or speech.any_of(DOCUMENTS):
        return False
    if names_service(speech):
        return False
    if frame.measures and not barely_named(speech, frame):
        return False
    return not names_data(frame) or not said.isdisjoint(left_over(frame))


_OURS = wordset(
    """
    our we us office company team staff employees colleagues work canteen warehouse database
    production service api dashboard deploy deployment customer
    customers invoice invoices pipeline server job jobs
    """
)
