"""Requests to change data: as a command, a wish, a polite question or a statement of what must go.

A destructive word inside an identifier, a quotation or a how-to question is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clearway.semantics.routing.clauses import Clause, Speech
from clearway.semantics.routing.services import SERVICES
from clearway.semantics.words.wordset import wordset

DESTROY = wordset(
    """
    drop delete erase truncate wipe purge destroy kill overwrite nuke obliterate expunge shred
    eradicate annihilate unlink
    """
)
_DISCARD = wordset(
    """
    clear empty scrub trash discard eliminate zap prune bin void zero blank dispose lose sanitize
    deduplicate scrap ditch undo revert
    """
)
"""Verbs that are adjectives or nouns elsewhere: they change something only with its article."""
_EDIT = frozenset(
    ["update", "change", "set", "mark", "alter", "modify", "rename", "edit", "replace", "reset"]
)
_SHIFT = wordset(
    """
    raise increase decrease lower reduce bump double halve triple multiply adjust correct fix
    backdate inflate deflate falsify swap reassign relabel round move merge cut anonymize tweak
    """
)
_ACT = wordset(
    """
    cancel approve reject stop restart retry rerun trigger deploy pause resume archive
    restore refund terminate abort launch disable enable
    """
)
"""Things one does to what data is about; Clearway does none of them."""
_RUN = _ACT | frozenset(["refresh", "reload", "invoke", "flush", "sync", "start", "redeploy"])
_RUN_THINGS = wordset(
    """
    service server api endpoint webhook gateway cache pipeline workflow worker scheduler export
    import sync build backend microservice cron deployment release rollout
    """
)
"""What an action of a service is on, rather than on rows."""
_EACH = wordset(
    """
    the all every each any my our this that these those a it them everything both his her their
    your yesterday's today's half
    """
)
_ENTER = frozenset(["enter", "register", "record", "log", "book", "save", "store", "append"])
_FRESH = frozenset(["a", "an", "new", "another", "this", "these", "one", "two", "some"])
_MAKE = frozenset(["create", "add", "grant", "revoke", "inject"])
_THINGS = wordset(
    """
    table tables view views index database schema user role column trigger row rows record
    records entry superuser admin privileges permission permissions rights access
    """
)
_NEW = frozenset(["a", "an", "the", "new", "this", "these", "some", "row", "rows", "into"])
_PLACED = frozenset(["in", "of", "rate", "by", "to", "per", "off", "related", "based", "and"])
_SHOWN = wordset(
    """
    list chart graph table report answer result results output limit view picture plot columns
    column breakdown me us
    """
)
_PASSED_ON = frozenset(
    ["email", "mail", "send", "forward", "upload", "publish", "transmit", "post"]
)
_TO_ME = frozenset(["me", "us", "my", "our", "date", "do", "see"])


_GONE = wordset(
    """
    gone deleted removed wiped erased cleared dropped purged truncated emptied destroyed killed
    nuked overwritten zeroed scrubbed disappear vanish disappeared vanished obliterated shredded
    """
)


def _some(rest: tuple[str, ...]) -> bool:
    if "_" in rest[0]:
        return True
    return rest[0] in _EACH or rest[0] in _OLD or any(word.endswith("'s") for word in rest[:3])


_OLD = frozenset(["last", "old", "older", "previous", "past", "outdated", "stale", "duplicate",
                  "duplicates", "test", "remaining", "anything", "half"])  # fmt: skip


_RIGHTS = wordset("access rights permission permissions privileges admin superuser ownership role")
_RIGHTS_ON = frozenset(["to", "on", "for", "over", "now", "please", "in", ""])


def _grants(rest: tuple[str, ...]) -> bool:
    return any(
        word in _RIGHTS and after in _RIGHTS_ON
        for word, after in zip(rest, (*rest[1:], ""), strict=True)
    )


def _sent_away(rest: tuple[str, ...]) -> bool:
    at = rest.index("to") + 1 if "to" in rest[:-1] else 0
    return bool(at) and rest[at] not in _TO_ME and rest[0] not in ("me", "us")


_COMMANDS: tuple[tuple[frozenset[str], Callable[[tuple[str, ...]], bool]], ...] = (
    (DESTROY, lambda rest: rest[0] not in _PLACED),
    (
        _DISCARD,
        lambda rest: _some(rest) or (rest[0] in ("out", "up", "of", "down") and len(rest) > 1),
    ),
    (
        frozenset(["remove"]),
        lambda rest: not _THINGS.isdisjoint(rest) or _some(rest),
    ),
    (_ACT, lambda rest: rest[0] in _EACH and not _by_a_service(rest)),
    (_PASSED_ON, _sent_away),
    (
        frozenset(["make"]),
        lambda rest: (
            rest[0] in ("every", "all", "each") or not (_GONE | {"away"}).isdisjoint(rest[1:])
        ),
    ),
    (frozenset(["insert"]), lambda rest: rest[0] in _NEW or "into" in rest),
    (frozenset(["give", "assign", "hand", "allow"]), _grants),
    (frozenset(["put", "write"]), lambda rest: "into" in rest and _SHOWN.isdisjoint(rest)),
    (
        _EDIT,
        lambda rest: (
            rest[0] not in ("aside", "up", "in", "of")
            and (
                not {"to", "as", "with"}.isdisjoint(rest[1:])
                or (rest[0] in _EACH and "of" in rest and _SHOWN.isdisjoint(rest))
            )
        ),
    ),
    (_SHIFT, lambda rest: _some(rest) and _SHOWN.isdisjoint(rest)),
    (_ENTER, lambda rest: rest[0] in _FRESH and _SHOWN.isdisjoint(rest)),
    (
        _MAKE,
        lambda rest: (
            not _THINGS.isdisjoint(rest)
            or "into" in rest
            or ("to" in rest[1:] and _SHOWN.isdisjoint(rest) and any(w.isdigit() for w in rest))
        ),
    ),
)  # fmt: skip
"""Verbs of a command, and when what follows them makes it one."""
_VERBS = frozenset().union(*(verbs for verbs, _ in _COMMANDS))
_OFF = (
    ("get", "rid", "of"), ("do", "away", "with"), ("throw", "away"), ("throw", "out"),
    ("clean", "out"), ("clean", "up"), ("clean", "away"), ("tidy", "up"), ("take", "out"),
    ("cross", "out"), ("strike", "out"), ("kick", "out"), ("roll", "back"),
)  # fmt: skip
_WISH = re.compile(
    r"\b(?:(?:want|wanna|need|needs|like|love|wish|prefer|great|nice|good|lovely|happy|appreciate"
    r"|let|have|get|make sure|see that|ensure|make|hope|time|hoping|glad|better|grateful)"
    r" (?:\S+ ){0,12}?|(?:should|must|shall|could|can|may|to|would) (?:\S+ ){0,8}?(?:be|get) )(?:"
    + "|".join(sorted(_GONE - {"dropped"}))
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


def _by_a_service(rest: tuple[str, ...]) -> bool:
    """Whether one thing of a service is acted on: by its kind, or by its number."""
    plural = not {"all", "every", "everything"}.isdisjoint(rest)
    things = _RUN_THINGS | SERVICES
    return not plural and (not things.isdisjoint(rest) or rest[-1].isdigit())


def acts_on_service(speech: Speech) -> bool:
    """`restart the billing service`, `refresh the cache`, `rerun pipeline 42`."""
    words = speech.clauses[0].command if speech.clauses else ()
    return len(words) > 1 and words[0] in _RUN and _by_a_service(words[1:])


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
    for off in _OFF:
        if words[: len(off)] == off and len(words) > len(off):
            return True
    first, rest = words[0], words[1:]
    return any(first in verbs and applies(rest) for verbs, applies in _COMMANDS)


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
        some = words[index + 1] in _EACH or words[index + 1] in _THINGS
        if told and some and verb in _STRONG:
            return True
    return False


_STRONG = DESTROY | _DISCARD | frozenset(["remove", "overwrite"])
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
                if verb in _VERBS:
                    return verb
    return word


def _opens_as_question(speech: Speech) -> bool:
    return bool(speech.words) and speech.words[0] in _QUESTIONS


def _wished(line: str) -> bool:
    for found in _WISH.finditer(line):
        if not _PAST.search(found.group()):
            return True
    return any(shape.search(line) for shape in (_GET_OUT, _MUST_GO, _DROPPED, _BE_SET))
