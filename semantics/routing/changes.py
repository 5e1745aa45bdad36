"""Requests to change data: as a command, a wish, a polite question or a statement of what must go.

A destructive word inside an identifier, a quotation or a how-to question is none.
"""

from __future__ import annotations

import re

from clearway.semantics.routing.clauses import Clause, Speech
from clearway.semantics.routing.commands import (
    COMMANDS,
    DESTROY,
    DISCARD,
    EACH,
    GONE,
    OFF,
    RUN,
    THINGS,
    VERBS,
    by_a_service,
)
from clearway.semantics.words.wordset import wordset

_WISH = re.compile(
    r"\b(?:(?:want|wanna|need|needs|like|love|wish|prefer|great|nice|good|lovely|happy|appreciate"
    r"|let|have|get|make sure|see that|ensure|make|hope|time|hoping|glad|better|grateful)"
    r" (?:\S+ ){0,12}?|(?:should|must|shall|could|can|may|to|would) (?:\S+ ){0,8}?(?:be|get) )(?:"
    + "|".join(sorted(GONE - {"dropped"}))
    + r")(?= (?:from|please|now|asap|today|by|for|of|in|at|before|immediately|right|and|entirely"
    r"|completely|forever|tonight|for good)\b| \||$)"
)
_PAST = re.compile(
    r"\b(?:was|were|been|got|is|are|gets?|being|that|which|number of|who|how|when|what|why|list"
    r"|show"
    r"|count|see|know)\b"
)
_DROPPED = re.compile(
    r"\b(?:want|need|needs|like|love|wish|let|have|get|be) (?:\S+ ){0,6}?dropped"
    r"(?= (?:please|now|asap|today|immediately|altogether|from the (?:database|schema|db))\b| \||$)"
)
_BE_SET = re.compile(
    r"\b(?:could|would|please|should|must|to|can) (?:\S+ ){0,8}?be (?:set|changed|updated|raised"
    r"|lowered"
    r"|reset|renamed|increased|decreased|doubled|halved|overwritten|replaced|moved|marked) "
    r"(?:to|by|as|with|from|into)\b"
)
_GET_OUT = re.compile(
    r"\b(?:get|take|throw|kick|chuck|toss) (?:them|it|those|these|that|(?:the|all|my"
    r"|our) (?:\S+ ){1,4}?"
    r"\S+) (?:out|away|off)(?= (?:of|from)\b| \||$)"
)
_MUST_GO = re.compile(
    r"\b(?:(?:must|should|has to|have to|needs? to|can) (?:go|go away|vanish|disappear|die|be gone)"
    r"|(?:cease to|no longer) exist)(?= (?:now|please|away|asap|today)\b| \||$)"
)
_ASKED_OF_YOU = wordset(
    """
    to you please and then mind about try consider by start kindly if just should must can could
    would
    """
)
_ELSEWHERE = wordset(
    """
    lösche lösch löschen entferne entfernen supprime supprimer supprimez efface effacez borra
    borrar elimina eliminar cancella cancellare elimine apaga apague apagar verwijder wis usuń vide
    videz leere vacía \u0443\u0434\u0430\u043b\u0438
    """
)


def acts_on_service(speech: Speech) -> bool:
    """`restart the billing service`, `refresh the cache`, `rerun pipeline 42`."""
    words = speech.clauses[0].command if speech.clauses else ()
    return len(words) > 1 and words[0] in RUN and by_a_service(words[1:])


_CARRIED_OFF = re.compile(
    r"\b(?:dump|copy|export|upload|push|write|stream|save|send|transfer|ship|leak|sync|post|mail)"
    r" (?:\S+ ){1,12}?(?:to|into|onto|at) (?:\S+ ){0,2}?(?:https?|ftp|sftp|s3|pastebin|gist|dropbox"
    r"|my personal|my private|my gmail|usb)\b"
)


def changes_data(speech: Speech) -> bool:
    """Whether something is to be changed or destroyed, in whatever mood it is said."""
    if not _ELSEWHERE.isdisjoint(speech.words):
        return True
    if any(_commands(clause.command, clause) for clause in speech.clauses):
        return True
    if any(_told_you(clause) for clause in speech.clauses):
        return True
    if any(_embedded(clause.words) for clause in speech.clauses):
        return True
    if _opens_as_question(speech):
        return False
    return _wished(speech.line) or bool(_CARRIED_OFF.search(speech.line))


def _commands(words: tuple[str, ...], clause: Clause) -> bool:
    if len(words) < 2 or (clause.marked and len(words) < 3):
        return False
    if words[:2] in (("how", "about"), ("what", "about"), ("why", "not")):
        words = words[1:]
    if words[0] in ("mind", "not", "try", "consider", "start", "about", "by", "begin", "by"):
        words = (_plain(words[1]), *words[2:])
        if len(words) < 2:
            return False
    for off in OFF:
        if words[: len(off)] == off and len(words) > len(off):
            return True
    first, rest = words[0], words[1:]
    return any(first in verbs and applies(rest) for verbs, applies in COMMANDS)


_BEFORE_YOU = wordset("can could would will for want need like ask asking let have if wish that")
_AFTER_YOU = frozenset(["to", "please", "just", "kindly", "maybe", "also", "quickly", "possibly"])


def _told_you(clause: Clause) -> bool:
    """`is it possible for you to set the price to 9`: a command inside a question."""
    words = clause.words
    for index in range(1, len(words) - 2):
        asked = words[index] == "you" or words[index : index + 2] == ("we", "please")
        if asked and words[index - 1] in _BEFORE_YOU:
            at = index + 1
            while at < len(words) and words[at] in _AFTER_YOU:
                at += 1
            return words[0] != "how" and _commands(words[at:], clause)
    return False


def _embedded(words: tuple[str, ...]) -> bool:
    """A verb of destruction with its object, told to do: `your task is to wipe the log`."""
    for index in range(1, len(words) - 1):
        verb = _plain(words[index])
        asked = words[0] not in _QUESTIONS or "you" in words[max(0, index - 3) : index]
        told = words[index - 1] in _ASKED_OF_YOU and asked
        some = words[index + 1] in EACH or words[index + 1] in THINGS
        if told and some and verb in _STRONG:
            return True
    return False


_STRONG = DESTROY | DISCARD | frozenset(["remove", "overwrite"])
_QUESTIONS = wordset(
    """
    how what when where who why which is are does do did was were should may must has have whether
    """
)


def _plain(word: str) -> str:
    """Return the verb of a gerund or a past: dropping, dropped, drop."""
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            for verb in (stem, stem + "e", stem[:-1], stem[:-1] + "y"):
                if verb in VERBS:
                    return verb
    return word


def _opens_as_question(speech: Speech) -> bool:
    return bool(speech.words) and speech.words[0] in _QUESTIONS


def _wished(line: str) -> bool:
    for found in _WISH.finditer(line):
        if not _PAST.search(found.group()):
            return True
    return any(shape.search(line) for shape in (_GET_OUT, _MUST_GO, _DROPPED, _BE_SET))
