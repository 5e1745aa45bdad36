"""Attempts to change data, rules or roles: told by what is commanded, not by words in passing.

A destructive word inside an identifier, a quotation or a how-to question is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from clearway.semantics.clauses import Clause, Speech
from clearway.semantics.wordset import wordset

_DESTROY = frozenset(
    ["drop", "delete", "erase", "truncate", "wipe", "purge", "destroy", "kill", "overwrite"]
)
_EDIT = frozenset(
    ["update", "change", "set", "mark", "alter", "modify", "rename", "edit", "replace", "reset"]
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
    import sync build backend microservice cron
    """
)
"""What an action of a service is on, rather than on rows."""
_EACH = wordset(
    """
    the all every each any my our this that these those a it
    """
)
_MAKE = frozenset(["create", "add", "grant", "revoke", "inject"])
_THINGS = wordset(
    """
    table tables view views index database schema user role column trigger row rows record
    records entry superuser admin privileges permission permissions rights access
    """
)
_NEW = frozenset(["a", "an", "the", "new", "this", "these", "some", "row", "rows", "into"])
_PLACED = frozenset(["in", "of", "rate", "by", "to", "per", "off", "related", "based", "and"])
_PASSED_ON = frozenset(["email", "mail", "send", "forward", "upload", "publish", "transmit"])
_TO_ME = frozenset(["me", "us", "my", "our", "date", "do", "see"])
_COMMANDS: tuple[tuple[frozenset[str], Callable[[tuple[str, ...]], bool]], ...] = (
    (_DESTROY, lambda rest: rest[0] not in _PLACED),
    (
        frozenset(["remove"]),
        lambda rest: not _THINGS.isdisjoint(rest) or rest[0] in ("all", "every"),
    ),
    (_ACT, lambda rest: rest[0] in _EACH and not _by_a_service(rest)),
    (_PASSED_ON, lambda rest: "to" in rest[:-1] and rest[rest.index("to") + 1] not in _TO_ME),
    (frozenset(["make"]), lambda rest: rest[0] in ("every", "all", "each")),
    (frozenset(["insert"]), lambda rest: rest[0] in _NEW or "into" in rest),
    (
        _EDIT,
        lambda rest: (
            rest[0] not in ("aside", "up", "in", "of")
            and not {"to", "as", "with"}.isdisjoint(rest[1:])
        ),
    ),
    (_MAKE, lambda rest: not _THINGS.isdisjoint(rest) or "into" in rest),
)
"""Verbs of a command, and when what follows them makes it one."""


def _by_a_service(rest: tuple[str, ...]) -> bool:
    """Whether one thing of a service is acted on: by its kind, or by its number."""
    plural = not {"all", "every", "everything"}.isdisjoint(rest)
    return not plural and (not _RUN_THINGS.isdisjoint(rest) or rest[-1].isdigit())


def acts_on_service(speech: Speech) -> bool:
    """`restart the billing service`, `refresh the cache`, `rerun pipeline 42`."""
    words = speech.clauses[0].command if speech.clauses else ()
    return len(words) > 1 and words[0] in _RUN and _by_a_service(words[1:])


_DEFY = frozenset(
    [
        "ignore",
        "disregard",
        "forget",
        "override",
        "bypass",
        "skip",
        "disable",
        "circumvent",
        "deactivate",
    ]
)
_OBEYING = frozenset(["following", "obeying", "applying", "enforcing", "respecting", "using"])
_ENDING = frozenset(["stop", "quit", "cease", "without", "not", "never", "don't"])
_RULES = wordset(
    """
    instruction instructions rules rule prompt guardrail guardrails safety filters
    restrictions restriction policy policies checks validation limits told guidelines
    safeguards security directives programming
    """
)
_SECRETS = frozenset(
    [
        "password",
        "passwords",
        "credentials",
        "credential",
        "secrets",
        "apikey",
        "keys",
        "token",
        "tokens",
    ]
)
_REVEAL = wordset(
    """
    reveal print show output display tell give repeat leak dump list read expose send what's
    what return write share
    """
)
_EARLIER = frozenset(["above", "before", "previous", "preceding", "verbatim", "earlier"])
_OWN = frozenset(["your", "system", "hidden", "internal", "secret", "initial", "developer"])
_ROLES = frozenset(["system", "assistant", "instruction", "developer", "admin", "root", "sudo"])
_ACTING = frozenset(
    [
        ("act", "as"), ("pretend", "to"), ("pretend", "you"), ("roleplay", "as"),
        ("simulate", "a"), ("simulate", "an"), ("emulate", "a"), ("behave", "as"),
        ("behave", "like"), ("imagine", "you"), ("impersonate", "a"), ("impersonate", "the"),
    ]
)  # fmt: skip
_SHELL = re.compile(
    r"\brm\s+-\w*[rf]|\bsudo\s|;\s*(?:drop|delete|truncate|alter|insert|update)\s|'\s*or\s+1\s*=\s*1"
    r"|</?\s*(?:system|user|assistant|instructions?)\s*>|\[/?inst\]|<\s*script|\$\(|\bxp_cmdshell\b|\bunion\s+select\b",
    re.IGNORECASE,
)


def hostile(text: str, speech: Speech) -> str | None:
    """Return what is attempted, in words for the asker, or None."""
    if _SHELL.search(text[:10_000]):
        return "It carries a command, not a question."
    if any(_changes_data(clause) for clause in speech.clauses):
        return "It asks to change data; Clearway only reads."
    if any(_changes_rules(sentence.words) for sentence in speech.sentences):
        return "It asks to set the rules aside; they hold for every question."
    if any(_plays_a_role(clause) for clause in speech.sentences):
        return "It speaks as someone else, or asks Clearway to be someone else."
    if any(_asks_for_secrets(sentence.words) for sentence in speech.sentences):
        return "It asks for secrets or for Clearway's own instructions."
    return None


def _changes_data(clause: Clause) -> bool:
    words = clause.command
    if len(words) < 2 or (clause.marked and len(words) < 3):
        return False
    first, rest = words[0], words[1:]
    if words[:3] == ("get", "rid", "of"):
        first = "delete"
    for verbs, applies in _COMMANDS:
        if first in verbs:
            return applies(rest)
    return False


def _changes_rules(words: tuple[str, ...]) -> bool:
    for index, word in enumerate(words):
        near = words[index + 1 : index + 8]
        if word in _DEFY and not _RULES.isdisjoint(near):
            return not _asks_how(words)
        if word in _OBEYING and index and words[index - 1] in _ENDING and near:
            return not _RULES.isdisjoint(near)
        if word in ("turn", "switch") and "off" in near and not _RULES.isdisjoint(near):
            return not _asks_how(words)
    return False


def _asks_how(words: tuple[str, ...]) -> bool:
    return words[0] in ("how", "what", "when", "who", "why", "is", "are", "can", "should", "which")


def _plays_a_role(clause: Clause) -> bool:
    words = clause.words
    if clause.marked and words[-1] in _ROLES and len(words) <= 2:
        return True
    for index in range(len(words) - 2):
        pair = words[index : index + 2]
        if pair == ("you", "are") and words[index + 2] in (
            "now",
            "no",
            "a",
            "an",
            "in",
            "dan",
            "free",
        ):
            return index == 0 or words[index - 1] in ("now", "on", "that")
        if pair in _ACTING:
            return index == 0 or words[index - 1] in ("now", "please", "to", "on")
    return (
        {"admin", "mode"} <= set(words)
        or {"developer", "mode"} <= set(words)
        or "jailbreak" in words
    )


def _asks_for_secrets(words: tuple[str, ...]) -> bool:
    if _asks_how(words) and words[0] != "what":
        return False
    said = set(words)
    own = bool(said & _OWN) and bool(said & {"prompt", "instructions", "rules", "instruction"})
    secret = bool(said & _SECRETS) or ("api" in words and "key" in words)
    if own:
        return bool(said & _REVEAL)
    if words[0] in ("repeat", "print", "output", "recite", "reveal") and said & _EARLIER:
        return bool(said & {"everything", "all", "text", "words", "line", "message", "verbatim"})
    if secret and words[0] in ("what", "what's", "whats") and words[-1] in _SECRETS | {"key"}:
        return True
    return secret and bool(said & (_REVEAL - {"what", "what's"}))
