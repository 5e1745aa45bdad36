"""What the form of a sentence says of a call: whether something is to be changed, or is up."""

from __future__ import annotations

import re
from collections.abc import Container

from clearway.semantics.words.tokens import singular

_POLITE = (
    r"(?:please\s+|kindly\s+|now\s+|then\s+|and\s+|(?:can|could|would|will)\s+you\s+|"
    r"i\s+(?:want|need|would\s+like)\s+(?:you\s+)?to\s+|go\s+ahead\s+and\s+)*"
)
_WRITING = re.compile(
    rf"^\W*{_POLITE}(create|add|make|register|submit|post|put|patch|update|change|edit|modify|set|"
    r"rename|replace|delete|remove|cancel|drop|send|refund|refresh|restart|start|stop|trigger|run|"
    r"enable|disable|close|open|approve|reject|pay|charge|void|retry|revoke|issue|assign|move|"
    r"archive|publish|upload|import|reset|activate|deactivate|suspend|resume|book|schedule|merge|"
    r"confirm|accept|decline|deny|resend|reboot|reopen|withdraw|escalate|dismiss|revert|"
    r"invite|ban|block|unblock|lock|unlock|grant|mark|subscribe|unsubscribe|clear|purge|rotate)\b"
    r"(?:\s+(\w+))?",
    re.IGNORECASE,
)
_ANSWERING = re.compile(rf"^\W*{_POLITE}say\s+(ok|okay|yes|no)\s+to\b", re.IGNORECASE)
_HANDING = re.compile(
    rf"^\W*{_POLITE}give\s+(?!me\b|us\b)\S.*?\s+to\s+(?!me\b|us\b)", re.IGNORECASE
)
"""`give 12 to agent 3` hands something over; `give me` asks for it."""
_BEGINNING = re.compile(rf"^\W*{_POLITE}(\w+)\b(?:\s+(\w+))?", re.IGNORECASE)
_ALSO_ADJECTIVES = frozenset(
    ["open", "close", "clear", "book", "issue", "set", "post", "run", "schedule", "import", "lock",
     "start", "stop", "block", "mark", "charge", "upload"]
)  # fmt: skip
"""Verbs that stand before plain plurals as other words: `open issues`, `charge points`."""
_ARTICLES = frozenset(["this", "his", "its", "us"])
_STATES = (
    r"(?:up|down|alive|healthy|unhealthy|reachable|unreachable|available|unavailable|online|"
    r"offline|running|responding|working|operational|degraded|dead|ok|okay|healthy)"
)
_UP = re.compile(
    rf"^\W*(?:is|are|isn't|aren't)\s+(?!there\b).*\b{_STATES}\b"
    rf"|\b(?:whether|if)\b.*\b(?:is|are)\s+(?:\w+\s+)?{_STATES}\b"
    r"|^\W*(?:please\s+|can\s+you\s+|could\s+you\s+)*ping\b"
    r"|\b(?:health|healthy|heartbeat|uptime)\b"
    r"|\bhow\s+(?:is|are)\b.*\b(?:services?|apis?|doing)\b"
    r"|\bstatus\b.*\b(?:services?|apis?|servers?)\b"
    r"|\b(?:services?|apis?|servers?)\b.*\bstatus\b"
    rf"|^\W*\w+(?:\s+(?:service|api))?\s+{_STATES}\W*$",
    re.IGNORECASE,
)
_NEXT = re.compile(
    r"\s*[,;.?!]\s+(?:(?:and|also|then|plus|or)\s+)*|\s+(?:and|plus|then)\s+(?:(?:also|then)\s+)?",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:please\s+)?(?:(?:what|which|who|whose|when|where|why|how|is|are|does|do|did|can|could|show"
    r"|list|give|tell|find|explain|describe|look|quote|count|fetch|query|call|get)\b"
    r"|(?:get|head|post|put|patch|delete)\s+/)",
    re.IGNORECASE,
)
_OF_HEALTH = re.compile(
    r"\b(?:health|status|state|latency|uptime|fast|slow|doing|wrong|respon\w+|since\s+when|how\s+long)"
    r"\b|^(?:tell|show|give)\s+(?:me|us)\W*$|^(?:is|are)\s+(?:it|they)\b",
    re.IGNORECASE,
)
"""What a health check tells, too, or what asks for nothing more."""
_DIGIT = re.compile(r"\d")

_METHODS = {
    verb: frozenset(methods)
    for methods, verbs in (
        (("POST",), "create add make register submit post"),
        (("PUT", "PATCH"), "update change edit modify set rename replace put patch"),
        (("DELETE",), "delete remove drop"),
    )
    for verb in verbs.split()
}


def writes_asked(question: str, declared: Container[str] = ()) -> str:
    """Return the verb a sentence begins with where it asks for a change, else an empty text.

    `declared` are verbs of operations that change something, which a sentence may begin with, too.
    """
    if answer := _ANSWERING.match(question):
        return "reject" if answer[1].lower() == "no" else "approve"
    if _HANDING.match(question):
        return "assign"
    match = _WRITING.match(question) or _BEGINNING.match(question)
    if match is None:
        return ""
    verb, after = match[1].lower(), match[2] or ""
    if _WRITING.match(question):
        return "" if verb in _ALSO_ADJECTIVES and _plural(after) else verb
    return verb if verb in declared and not _plural(after) else ""


def _plural(word: str) -> bool:
    """Whether things are named without an article: `open issues` are not to be opened."""
    low = word.lower()
    return low.isalpha() and low not in _ARTICLES and singular(low) != low


def methods_of(verb: str) -> frozenset[str]:
    """Return the HTTP methods a verb stands for by itself; most stand for none."""
    return _METHODS.get(verb, frozenset())


def verbs_of(method: str) -> frozenset[str]:
    """Return the verbs that stand for an HTTP method by themselves."""
    return frozenset(verb for verb, methods in _METHODS.items() if method in methods)


def health_asked(question: str) -> bool:
    """Return whether a sentence asks how a service is, rather than for what it holds.

    Whoever names one thing by its number asks about that.
    """
    return bool(_UP.search(question)) and not _DIGIT.search(question) and not writes_asked(question)


def beside_health(question: str) -> str:
    """Return the first request in a question that a health check does not answer, or nothing."""
    starts = [0, *(match.end() for match in _NEXT.finditer(question))]
    for at in starts:
        rest = question[at:]
        part = _NEXT.split(rest, maxsplit=1)[0].strip(" .?!,;")
        asks = _REQUEST.match(rest) or writes_asked(rest)
        if asks and not health_asked(part) and not _OF_HEALTH.search(part):
            if at == 0 and health_asked(rest):
                continue  # `are payments and orders up`: the sentence goes on
            return part
    return ""
