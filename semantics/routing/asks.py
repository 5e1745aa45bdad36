"""The shapes of sentences a route is told by: how-to, definition."""

from __future__ import annotations

import re

from clearway.semantics.routing.clauses import Speech
from clearway.semantics.words.wordset import wordset

_PERSONS = frozenset(["i", "we", "you", "one", "someone", "somebody", "people", "they"])
_US = frozenset(["i", "we", "one"])
_MODALS = wordset(
    """
    do can should could would must may might to does shall
    """
)
_SEEING = frozenset(["see", "get", "have", "know", "view", "ask", "please", "look"])
_ALLOWED = frozenset(["allowed", "permitted", "responsible"])
_OPENERS = wordset(
    """
    what who when where which how why does do is are can
    """
)
_KEPT = frozenset(["keep", "retain", "store", "archive", "hold", "wait"])
_RECKONED = wordset(
    """
    calculated computed defined measured determined derived estimated handled organised organized
    structured named
    """
)
_MENDING = wordset(
    """
    troubleshooting debugging configuring installing migrating onboarding resolving
    """
)
_OWNING = frozenset(["owns", "own", "maintains", "approves", "decides"])
_LEADS = wordset(
    """
    please tell show me us explain can could would you i need want to know like hey hi so
    """
)
_NUMBERED = re.compile(r"#?\d+$")
_TO_DO = frozenset([("what", "to"), ("how", "should"), ("how", "must"), ("why", "do")])


def asks_how_to(speech: Speech) -> bool:
    """`how do I ...`, `what is the recommended way to ...`, `when should we ...`."""
    if speech.has("allowed", "to") or speech.has("me", "through"):
        return True
    return any(
        _done_by_us(s.words) or _in_steps(s.words) or _as_a_rule(s.words) for s in speech.sentences
    )


def says_how_to(speech: Speech) -> bool:
    """`how to`, politeness before it left out: a how-to whatever else is named."""
    words = speech.words
    start = 0
    while start < len(words) and words[start] in _LEADS:
        start += 1
    return words[start : start + 2] == ("how", "to")


def _as_a_rule(words: tuple[str, ...]) -> bool:
    """`how long do we keep`, `what happens when`, `who owns`, `how is it calculated`."""
    if words[:2] == ("how", "long") and not _KEPT.isdisjoint(words[3:6]):
        return words[2] in _MODALS and words[3] in _US
    if words[0] == "what" and not {"happens", "happen"}.isdisjoint(words[1:4]):
        return not {"when", "if"}.isdisjoint(words)
    if words[:2] == ("is", "it") and words[3:4] == ("to",):
        return True
    if words[0] == "who" and len(words) > 2:
        return words[1] in _OWNING
    if words[0] == "how" and words[1:2] in (("is",), ("are",)):
        return words[-1] in _RECKONED
    return words[:2] == ("how", "come") or words[0] in _MENDING


_OURSELVES = (("i",), ("we",), ("you",), ("people",))
_HAVE_TO = (("need", "to"), ("have", "to"), ("ought", "to"))


def _done_by_us(words: tuple[str, ...]) -> bool:
    """`how do we`, `when should I`, `can we`: somebody here is to do it."""
    for word, modal, person in zip(words, words[1:], words[2:], strict=False):
        if word == "how" and (modal == "to" or (modal in _MODALS and person in _PERSONS)):
            return True
        if word in ("what", "when", "where", "who") and modal in _MODALS and person in _US:
            return "most" not in words and "least" not in words
    if words[:1] == ("do",) and words[1:2] in _OURSELVES and words[2:4] in _HAVE_TO:
        return True
    asked = words[0] in ("can", "may", "should", "must", "could")
    return asked and len(words) > 2 and words[1] in _US and words[2] not in _SEEING


def _in_steps(words: tuple[str, ...]) -> bool:
    """`what to do when`, `who is allowed to`, `steps to`, `what is the way to`."""
    if words[:2] in _TO_DO or "steps" in words[:4] or words[-1] in ("steps", "checklist"):
        return True
    if words[0] in ("when", "what", "who") and not _ALLOWED.isdisjoint(words):
        return True
    return words[0] == "what" and {"way", "to"} <= set(words)


_TELLS = re.compile(
    r"^(?:so )?what (?:does|do|would|is) (?:\S+ ){1,5}?(?:tell (?:us|me)|signify|indicate|imply"
    r"|refer to"
    r"|represent|supposed to mean)\b"
)


def asks_meaning(speech: Speech) -> bool:
    """`what does X mean`, `explain ...`, `what is meant by X`."""
    words = speech.words
    if words[-3:] in (("what", "is", "that"), ("what", "is", "this")) and len(words) > 4:
        return True
    if _TELLS.match(speech.line) or (
        words[:1] == ("what",) and words[3:5] in (("mean", "when"), ("mean", "if"))
    ):
        return True
    asked = words[:1] == ("what",) and words[1:2] in (("does",), ("do",)) and "mean" in words[3:]
    if asked or ("mean" in words[-2:] and ("does" in words or "do" in words)):
        return True
    if words[:1] == ("define",) or words[:2] in _TERMS_OF or speech.has("stand", "for"):
        return True
    if words[:2] == ("what", "qualifies") or speech.has("do", "we", "mean", "by"):
        return True
    return words[:1] == ("explain",) or speech.has("meant", "by") or words[:2] == ("tutorial", "on")


def asks_for_difference(speech: Speech) -> bool:
    """`what is the difference between X and Y`: of terms, where no numbers are named."""
    line = speech.line
    opens = line.startswith("difference between") or "the difference between" in line[:40]
    return opens and not any(char.isdigit() for char in line)


_TERMS_OF = frozenset([("definition", "of"), ("meaning", "of"), ("what", "counts")])


def asks_for_term(speech: Speech) -> bool:
    """`what is churn`: a term without an article, as nobody asks for a thing."""
    words = speech.words
    if words[:2] not in (("what", "is"), ("what", "are")) and words[:1] not in (("what's",),):
        return False
    term = words[1:] if words[0] == "what's" else words[2:]
    named = bool(term) and term[0] not in _NO_TERMS and all(word.isalpha() for word in term)
    return named and len(term) <= 3


_NO_TERMS = wordset(
    """
    the a an my your our this that these those up new it there going wrong happening on for in
    """
)


def asks_for_help(speech: Speech) -> bool:
    """`I need help setting up alerts`: with something, not merely help."""
    words = speech.words
    if "help" not in words[:5]:
        return False
    rest = words[words.index("help") + 1 :]
    rest = rest[1:] if rest[:1] in (("me",), ("us",)) else rest
    return len(rest) > 1 and (rest[0] == "with" or rest[0].endswith("ing") or rest[0] in _GRASP)


_GRASP = frozenset(["understand", "set", "configure", "install", "fix", "find"])


_FETCHING = frozenset(["get", "fetch", "retrieve", "load", "open", "find", "show", "display"])


def names_by_number(speech: Speech) -> bool:
    """`get payment 123`, `look up ticket 88`: one thing by its number, from whoever has it."""
    words = speech.clauses[0].command if speech.clauses else ()
    if words[:2] in (("look", "up"), ("pull", "up")):
        words = ("get", *words[2:])
    fetched = bool(words) and words[0] in _FETCHING
    return fetched and 3 <= len(words) <= 5 and bool(_NUMBERED.match(words[-1]))


def is_question(speech: Speech) -> bool:
    """Whether it opens as a question does."""
    return bool(speech.words) and speech.words[0] in _OPENERS
