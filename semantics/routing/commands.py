"""Verbs that tell to change something, and what must follow for a verb to be a command of that."""

from __future__ import annotations

from collections.abc import Callable

from clearway.semantics.routing.services import SERVICES
from clearway.semantics.words.wordset import wordset

DESTROY = wordset(
    """
    drop delete erase truncate wipe purge destroy kill overwrite nuke obliterate expunge shred
    eradicate annihilate unlink
    """
)
DISCARD = wordset(
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
RUN = _ACT | frozenset(["refresh", "reload", "invoke", "flush", "sync", "start", "redeploy"])
_RUN_THINGS = wordset(
    """
    service server api endpoint webhook gateway cache pipeline workflow worker scheduler export
    import sync build backend microservice cron deployment release rollout
    """
)
"""What an action of a service is on, rather than on rows."""
EACH = wordset(
    """
    the all every each any my our this that these those a it them everything both his her their
    your yesterday's today's half
    """
)
_ENTER = frozenset(["enter", "register", "record", "log", "book", "save", "store", "append"])
_FRESH = frozenset(["a", "an", "new", "another", "this", "these", "one", "two", "some"])
_MAKE = frozenset(["create", "add", "grant", "revoke", "inject"])
THINGS = wordset(
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
GONE = wordset(
    """
    gone deleted removed wiped erased cleared dropped purged truncated emptied destroyed killed
    nuked overwritten zeroed scrubbed disappear vanish disappeared vanished obliterated shredded
    """
)
_OLD = frozenset(["last", "old", "older", "previous", "past", "outdated", "stale", "duplicate",
                  "duplicates", "test", "remaining", "anything", "half"])  # fmt: skip
_RIGHTS = wordset("access rights permission permissions privileges admin superuser ownership role")
_RIGHTS_ON = frozenset(["to", "on", "for", "over", "now", "please", "in", ""])


def _some(rest: tuple[str, ...]) -> bool:
    if "_" in rest[0]:
        return True
    return rest[0] in EACH or rest[0] in _OLD or any(word.endswith("'s") for word in rest[:3])


def _grants(rest: tuple[str, ...]) -> bool:
    return any(
        word in _RIGHTS and after in _RIGHTS_ON
        for word, after in zip(rest, (*rest[1:], ""), strict=True)
    )


def _sent_away(rest: tuple[str, ...]) -> bool:
    at = rest.index("to") + 1 if "to" in rest[:-1] else 0
    return bool(at) and rest[at] not in _TO_ME and rest[0] not in ("me", "us")


def by_a_service(rest: tuple[str, ...]) -> bool:
    """Return whether one thing of a service is acted on: by its kind, or by its number."""
    plural = not {"all", "every", "everything"}.isdisjoint(rest)
    things = _RUN_THINGS | SERVICES
    return not plural and (not things.isdisjoint(rest) or rest[-1].isdigit())


COMMANDS: tuple[tuple[frozenset[str], Callable[[tuple[str, ...]], bool]], ...] = (
    (DESTROY, lambda rest: rest[0] not in _PLACED),
    (
        DISCARD,
        lambda rest: _some(rest) or (rest[0] in ("out", "up", "of", "down") and len(rest) > 1),
    ),
    (
        frozenset(["remove"]),
        lambda rest: not THINGS.isdisjoint(rest) or _some(rest),
    ),
    (_ACT, lambda rest: rest[0] in EACH and not by_a_service(rest)),
    (_PASSED_ON, _sent_away),
    (
        frozenset(["make"]),
        lambda rest: (
            rest[0] in ("every", "all", "each") or not (GONE | {"away"}).isdisjoint(rest[1:])
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
                or (rest[0] in EACH and "of" in rest and _SHOWN.isdisjoint(rest))
            )
        ),
    ),
    (_SHIFT, lambda rest: _some(rest) and _SHOWN.isdisjoint(rest)),
    (_ENTER, lambda rest: rest[0] in _FRESH and _SHOWN.isdisjoint(rest)),
    (
        _MAKE,
        lambda rest: (
            not THINGS.isdisjoint(rest)
            or "into" in rest
            or ("to" in rest[1:] and _SHOWN.isdisjoint(rest) and any(w.isdigit() for w in rest))
        ),
    ),
)  # fmt: skip
"""Verbs of a command, and when what follows them makes it one."""
VERBS = frozenset().union(*(verbs for verbs, _ in COMMANDS))
OFF = (
    ("get", "rid", "of"), ("do", "away", "with"), ("throw", "away"), ("throw", "out"),
    ("clean", "out"), ("clean", "up"), ("clean", "away"), ("tidy", "up"), ("take", "out"),
    ("cross", "out"), ("strike", "out"), ("kick", "out"), ("roll", "back"),
)  # fmt: skip
