"""The present state of things that are no rows: of what, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clearway.semantics.routing.clauses import Clause, Speech
from clearway.semantics.words.wordset import wordset

NOW = re.compile(
    r"\b(?:right now|at the moment|at this moment|atm|currently|at present|just now|presently|rn"
    r"|as of now|this minute|this very|again|still|suddenly|all of a sudden|today)\b"
)
STATES = wordset(
    """
    up down alive healthy ok okay reachable responding available online offline working slow
    unavailable broken unreachable degraded running live dead hung stuck frozen hanging crashing
    flaky laggy sluggish operational responsive unresponsive overloaded throttled respond responds
    answer answers answering loading loads accessible die died crash crashed returning throwing
    reached hiccuping misbehaving kaput unstable stable unhealthy recovered restored functioning
    functional bust
    borked toast
    failing timing serving accepting back lagging load work function connect reacting
    """
)
_PHRASES = (
    ("acting", "up"), ("having", "problems"), ("having", "issues"), ("having", "trouble"),
    ("having", "an", "outage"), ("having", "a"), ("having", "difficulties"), ("out", "of", "order"),
    ("go", "down"), ("gone", "down"), ("going", "down"), ("went", "down"), ("fall", "over"),
    ("fallen", "over"), ("fell", "over"), ("timing", "out"), ("holding", "up"), ("under", "load"),
    ("in", "good", "shape"), ("in", "trouble"), ("on", "fire"), ("return", "200"),
    ("under", "maintenance"), ("give", "up"), ("given", "up"), ("behaving",), ("doing", "ok"),
    ("doing", "okay"), ("doing", "fine"), ("feeling", "well"),
)  # fmt: skip
_ASKING = frozenset(["is", "are", "was", "were", "does", "do", "did", "has", "have", "isn't",
                     "aren't", "can", "could", "will", "doesn't", "seems", "how's"])  # fmt: skip
_BEFORE = frozenset(["or", "and", "but", "whether", "if", "check", "see", "really", "know", "me",
                     "that", "when", "so", "ok", "hey", "hi", "now", "well", "wait", "first",
                     "how", "why", "again", "hello", "please"])  # fmt: skip
_WH = frozenset(["what", "who", "which", "where", "when", "that"])
_ADVERBS = wordset(
    """
    really still even just again also all back currently gone completely so any actually now
    properly fully suddenly always already the a an our my your any both been be being
    """
)
_NOBODY = wordset("this it that you there he she i your yours not we us me")
_THINGS = frozenset(["anything", "something", "everything", "anybody", "anyone", "nothing"])
_ASIDES = wordset(
    """
    lol ok okay yes no yeah yep sure all thats that's sounds looks im i'm hi haha well it that
    thanks cool great fine good what's whats
    """
)
_WRONG_WITH = re.compile(
    r"\b(?:(?:any|some)thing (?:wrong|off|weird|odd|broken|the matter|up|happening|going on)"
    r"|any (?:known )?(?:problems?|issues?|trouble|incidents?|outages?|errors|hiccups|downtime)"
    r"|(?:every|any)thing (?:ok|okay|fine|alright|good|all right)"
    r"|(?:what's|what is|whats) (?:wrong|the matter|up|going on)|the matter"
    r"|(?:having|seeing|getting) (?:problems?|issues?|trouble|errors|timeouts|failures)"
    r"(?: too| as well)?) (?:with|in|on|at|from) "
    r"(?:(?:the|our|my|all|these) )?(\S+(?: \S+){0,2}?)(?: (?:right now|now|atm|at|today|again)\b"
    r"| \||$)"
)
_REACH = re.compile(
    r"\b(?:can|could|are|is) (?:you|anyone|anybody|people|users|customers|everybody|somebody)"
    r" (?:still |even |able to |actually )*(reach|ping|connect|log in|login|sign in|access|pay"
    r"|check out|get through|get in)\b"
)
_FARING = re.compile(
    r"(?:^|\| )(?:how is|how's|hows|how are) (?:(?:the|our|my|all) )?(\S+(?: \S+){0,3}?)"
    r" (?:holding up|behaving|coping|faring|feeling|doing)\b"
)
_NOT_SO = re.compile(
    r"(?:^|\| )(?:(?:hey|hi|so|again|it looks like|looks like|seems like|i think) )?"
    r"(?:(?:the|our|my) )?((?:\S+ ){0,3}?\S+) (?:isn't|is not|aren't|are not|doesn't|won't|can't be"
    r"|does not|is|are|seems|looks|feels) (?:(?:even|really|completely|totally|so|very) )?"
    r"(?:loading|load|responding|respond|working|reachable|reached|down|dead|broken|offline"
    r"|unreachable"
    r"|hanging|frozen|timing out|slow|laggy|unresponsive)\b"
)
_DENIED = re.compile(r"\b(?:isn't|is not|aren't|are not|doesn't|does not|won't|can't be)\b")
_OUTAGE = re.compile(
    r"(?:^|\| )(?:are we|is there|any|do we|have we|did we|was there|were there|is it|there's)"
    r"(?: \S+){0,3}? (?:outages?|downtime)\b|^any outages?\b"
    r"|(?:^|\| )(?:is|are|has|have|did|was) (?:the|that|this|our|last \S+)(?: \S+){0,2}? (?:outage"
    r"|incident|downtime|maintenance|disruption)\b(?: \S+){0,5}? (?:over|resolved|fixed|ongoing"
    r"|finished|done|solved|still|yet|end|ended)\b|(?:^|\| )are we (?:back |still )?(?:up|down"
    r"|online"
    r"|offline|live|back)$"
)
_STRONGLY_LIVE = frozenset(["alive", "reachable", "unreachable", "responding", "healthy"])
"""What is said of services, never of rows."""
_FINE = frozenset(["ok", "okay", "up", "down", "alive", "healthy", "dead"])


@dataclass(frozen=True, slots=True)
class Condition:
    """Of what a condition is asked for."""

    thing: str
    """Its last word; empty where it is anything at all."""


def condition_asked(speech: Speech) -> Condition | None:
    """Return of what the condition is asked for, or None; `is X up`, `anything wrong with X`."""
    line = speech.line
    for shape in (_WRONG_WITH, _FARING):
        if found := shape.search(line):
            head = _head(tuple(found[1].split()))
            return None if head in _NOBODY else Condition(head)
    if found := _REACH.search(line):
        after = line[found.end() :].split(" | ")[0].split()
        if found[1] in ("reach", "ping", "access") and after:
            return Condition(_head(tuple(after)))
        return Condition("") if NOW.search(line) else None
    for sentence in speech.sentences:
        found_condition = _in_sentence(sentence)
        if found_condition is not None:
            return found_condition
    if _OUTAGE.search(line):
        return Condition("")
    found = _NOT_SO.search(line)
    said = found[1].split() if found else []
    sure = speech.asked or (found is not None and _DENIED.search(found.group()))
    return Condition(said[-1]) if said and said[0] not in _NOBODY and sure else None


def _head(words: tuple[str, ...]) -> str:
    """Return the last word of the first noun phrase."""
    kept: list[str] = []
    for word in words:
        if word in _ENDS and kept:
            break
        if word not in _ADVERBS:
            kept.append(word)
    return kept[-1] if kept else ""


_ENDS = wordset(
    """
    in on at from for of with right now today again and or since while because as to atm
    currently is are
    """
)


def _in_sentence(sentence: Clause) -> Condition | None:
    words = sentence.words
    for index in range(1, len(words)):
        if words[index] not in STATES and not _phrase_at(words, index):
            continue
        start = _verb_before(words, index)
        if start is None:
            continue
        named = tuple(w for w in words[start + 1 : index] if w not in _ADVERBS)
        if not named or named[0] in _NOBODY or len(named) > 7:
            return None
        if named[-1] in _THINGS:
            return Condition("") if NOW.search(" ".join(words)) else None
        return Condition(_head(named))
    if 2 <= len(words) <= 4 and words[-1] in _FINE and words[0] not in _ASIDES:
        return Condition(words[-2] if words[-2] not in _ADVERBS else words[0])
    return None


def _phrase_at(words: tuple[str, ...], index: int) -> bool:
    return any(words[index : index + len(phrase)] == phrase for phrase in _PHRASES)


def _verb_before(words: tuple[str, ...], index: int) -> int | None:
    """Return where the verb stands that asks: in front of what is spoken of."""
    for at in range(index - 1, -1, -1):
        if words[at] in _ASKING and (
            at == 0 or (at == 1 and words[0] not in _WH) or words[at - 1] in _BEFORE
        ):
            return at
        if words[at] in ("if", "whether"):
            return at
    return None


def says_strongly_live(speech: Speech) -> bool:
    """Whether a word is said that fits services only, of rows never."""
    return speech.any_of(_STRONGLY_LIVE)


def says_live(speech: Speech) -> bool:
    """Whether something is said of the present state of things."""
    return speech.any_of(STATES) or bool(NOW.search(speech.line))
