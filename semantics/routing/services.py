"""Services named as such, asked for something or acted upon."""

from __future__ import annotations

import re

from clearway.semantics.routing.clauses import Speech
from clearway.semantics.routing.liveness import STATES
from clearway.semantics.words.wordset import wordset

SERVICES = wordset(
    """
    service services api apis endpoint endpoints gateway webhook cdn proxy server servers
    site website backend microservice microservices host url outage outages broker cluster
    webshop intranet portal
    """
)
_FOLLOWING = wordset(
    """
    is are was were does do did has have can could up down alive to for in from of on at where what
    when whether if and or but right now currently please respond responds responding returns
    return returned says say give gives it that with about by via through as reports reported
    running healthy slow ok okay broken status health version uptime latency queue doing holding
    went going live atm today again still never the a an my our me reachable answer answers just
    may might actually indeed finally even also still behaving really seems feels seem who which
    will would should timing failing acting having
    """
)
_ASKED = wordset(
    """
    ping call hit poll request fetch invoke query check look reach ask have let use get tell send
    probe contact consult retrieve read pull try test
    """
)
_ROUNDABOUT = re.compile(
    r"\b(?:from|in|via|through|on|with|to|by|using|against|of) (?:the|our|its|their) (?:\S+ ){0,3}?"
    r"(?:service|api|endpoint|gateway|backend|microservice|webhook|server)(?: |$)"
)
_MADE_TO = re.compile(
    r"\b(?:have|let|make|get) (?:the|our) (?:\S+ ){0,3}?(?:service|api|endpoint|backend|gateway) \S"
)
_NUMBERED = re.compile(
    r"(?:^|\b(?:of|is|about|on|for|where's|track|find|show|get|check|has|have|did|does|was|are)"
    r" )(?:(?:the|our|my) )?"
    r"([a-z]{3,20}) (?:number |no |nr |id )?#?(\d{3,12})(?: |$)"
)


_STATUS_PAGE = re.compile(
    r"\b(?:status|health|monitoring|uptime) (?:page|board|dashboard|endpoint|checks?)\b(?! job)"
    r"|^(?:healthcheck|heartbeat)\b"
)


_DOES = re.compile(
    r"\b(?:does|did|do|can|will|would|could) (?:the|our|that|this) (?:\S+ ){0,6}?(?:service|api"
    r"|endpoint"
    r"|gateway|server|backend|microservice|webhook) (?!calls?\b|requests?\b|fees?\b|category\b)\S"
)


def shows_status(speech: Speech) -> bool:
    """Whether a status page or a health check is named; not a job called so."""
    return bool(_STATUS_PAGE.search(speech.line))


def names_service(speech: Speech) -> bool:
    """Whether a service is named: `the order API`, not `API calls` nor `service category`."""
    if _DOES.search(speech.line):
        return True
    return any(
        word.removesuffix("'s") in SERVICES
        and (
            word.endswith("'s")
            or after in _FOLLOWING
            or after in STATES
            or after == ""
            or after.isdigit()
        )
        for sentence in speech.sentences
        for word, after in zip(sentence.words, (*sentence.words[1:], ""), strict=True)
    )


def asks_service(speech: Speech) -> bool:
    """Whether a service is asked: `ask the X service for`, `use the X API`."""
    asked = any(
        clause.command[:1] and clause.command[0] in _ASKED and _near(clause.command)
        for clause in speech.clauses
    )
    return asked or bool(_MADE_TO.search(speech.line))


def reads_from_service(speech: Speech) -> bool:
    """Whether a service is where something comes from: `the rate from the X API`."""
    return names_service(speech) and bool(_ROUNDABOUT.search(speech.line))


def _near(words: tuple[str, ...]) -> bool:
    return not SERVICES.isdisjoint(words[1:8])


def thing_by_number(speech: Speech) -> str:
    """Return what is named with a number of its own (`where is parcel 99123`), or nothing."""
    found = _NUMBERED.search(speech.line)
    return found[1] if found else ""
