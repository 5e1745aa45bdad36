"""The shapes of sentences a route is told by: how-to, definition, health check, small talk."""

from __future__ import annotations

from clearway.semantics.clauses import Clause, Speech
from clearway.semantics.wordset import wordset

_PERSONS = frozenset(["i", "we", "you", "one", "someone", "somebody", "people", "they"])
_US = frozenset(["i", "we", "one"])
_MODALS = wordset(
    """
    do can should could would must may might to does shall
    """
)
_SEEING = frozenset(["see", "get", "have", "know", "view", "ask", "please", "look"])
_LIVE = wordset(
    """
    up down alive healthy ok okay reachable responding available online offline working slow
    unavailable broken unreachable degraded running live
    """
)
_REACHED = frozenset(["answer", "respond", "reached", "outage"])
_FINE = frozenset(["ok", "okay", "up", "down", "alive", "healthy"])
_ALLOWED = frozenset(["allowed", "permitted", "responsible"])
_OPENERS = wordset(
    """
    what who when where which how why does do is are can
    """
)
_MAKING = wordset(
    """
    write translate draw sing compose draft solve
    """
)
_TO_DO = frozenset([("what", "to"), ("how", "should"), ("how", "must"), ("why", "do")])


def asks_how_to(speech: Speech) -> bool:
    """`how do I ...`, `what is the recommended way to ...`, `when should we ...`."""
    if speech.has("is", "it", "ok", "to") or speech.has("am", "i", "allowed"):
        return True
    return any(_done_by_us(s.words) or _in_steps(s.words) for s in speech.sentences)


def _done_by_us(words: tuple[str, ...]) -> bool:
    """`how do we`, `when should I`, `can we`: somebody here is to do it."""
    for word, modal, person in zip(words, words[1:], words[2:], strict=False):
        if word == "how" and (modal == "to" or (modal in _MODALS and person in _PERSONS)):
            return True
        if word in ("what", "when", "where", "who") and modal in _MODALS and person in _US:
            return True
    asked = words[0] in ("can", "may", "should", "must", "could")
    return asked and len(words) > 2 and words[1] in _US and words[2] not in _SEEING


def _in_steps(words: tuple[str, ...]) -> bool:
    """`what to do when`, `who is allowed to`, `steps to`, `what is the way to`."""
    if words[:2] in _TO_DO or words[0] == "steps" or words[-1] in ("steps", "checklist"):
        return True
    if words[0] in ("when", "what", "who") and not _ALLOWED.isdisjoint(words):
        return True
    return words[0] == "what" and {"way", "to"} <= set(words)


def asks_meaning(speech: Speech) -> bool:
    """`what does X mean`, `explain ...`, `what is meant by X`."""
    words = speech.words
    if "mean" in words[-2:] and ("does" in words or "do" in words):
        return True
    return words[:1] == ("explain",) or speech.has("meant", "by") or words[:2] == ("tutorial", "on")


def is_question(speech: Speech) -> bool:
    """Whether it opens as a question does."""
    return bool(speech.words) and speech.words[0] in _OPENERS


def asks_whether_up(speech: Speech) -> bool:
    """`is X up`, `are all X responding`, `X ok?`, `check whether X is down`."""
    return any(_whether_up(sentence) for sentence in speech.sentences)


def _whether_up(sentence: Clause) -> bool:
    words = sentence.words
    for joint in ("if", "whether"):
        if joint in words[:4] and words[-1] in _LIVE:
            return True
    if "this" in words[1:3] or words[0] in ("what's", "whats", "how's", "hows", "who's"):
        return False
    if words[:2] in (("is", "it"), ("are", "you"), ("is", "there")):
        return False
    if words[0] in ("is", "are", "does", "can", "how", "was") and len(words) > 2:
        return not _LIVE.isdisjoint(words[2:7]) or not _REACHED.isdisjoint(words)
    return 2 <= len(words) <= 3 and words[-1] in _FINE


def says_live(speech: Speech) -> bool:
    """Whether something is said of the present state of things."""
    return speech.any_of(_LIVE) or speech.has("right", "now")


def asks_to_make_up(speech: Speech) -> bool:
    """`write ...`, `translate ...`: made, not looked up."""
    return bool(speech.words) and speech.words[0] in _MAKING


def about_clearway(speech: Speech) -> bool:
    """`what can you do`, `are you ...`, `who are you`."""
    words = speech.words
    if words[:1] == ("you",) or words[:2] == ("are", "you") or speech.has("who", "are", "you"):
        return True
    return (
        speech.has("ask", "you") or speech.has("you", "think") or speech.has("what", "can", "you")
    )
