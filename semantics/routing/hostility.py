"""Attempts to change data, rules or roles: told by what is commanded, not by words in passing.

A destructive word inside an identifier, a quotation or a how-to question is none.
"""

from __future__ import annotations

import re

from clearway.semantics.routing.asks import asks_how_to
from clearway.semantics.routing.changes import changes_data
from clearway.semantics.routing.clauses import Clause, Speech, quoted_texts, speech_of
from clearway.semantics.routing.disguise import hidden_texts, says_to_run, says_to_run_hidden
from clearway.semantics.words.wordset import wordset

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
        "token",
        "tokens",
    ]
)
_KEYS_OF_DATA = wordset("duplicate primary foreign natural surrogate unique missing join index key")
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
    r"\brm\s+-\w*[rf]|\bsudo\s|;\s*(?:drop|delete|truncate|alter|insert|update)\s"
    r"|'\s*or\s+1\s*=\s*1"
    r"|</?\s*(?:system|user|assistant|instructions?)\s*>|\[/?inst\]|<\s*script|\$\(|\bxp_cmdshell\b"
    r"|\bunion\s+select\b",
    re.IGNORECASE,
)


_AS_IF = re.compile(
    r"\b(?:no|without|free of|beyond|zero|lift|lifted|drop) (?:any |all |the "
    r"|your )?(?:\S+ ){0,2}?(?:rules|restrictions"
    r"|limitations|filters|guardrails|safeguards|censorship|safety|permissions|constraints)\b"
    r"|\b(?:rules|restrictions|guidelines|instructions|limits|guardrails|policy|policies|safety"
    r"|filters|permissions|checks|constraints)\b(?: \S+){0,3}? (?:no longer|don't|do not|doesn't"
    r"|are off"
    r"|are lifted|lifted|void|suspended|disabled|don't count|expired|waived|relaxed|overridden)\b"
    r"|\bnew (?:policy|instructions?|rules?|system prompt|directives?|orders?|persona|identity) \|"
    r"|\b(?:execute|run|do|obey|follow) (?:whatever|anything|everything|any \S+|all) (?:\S+ )?"
    r"(?:i|it|they)\b|\b(?:repeat|say|recite) after me\b|\bfrom now on\b|\brespond only\b"
    r"|\bas (?:the|your|an?) (?:\S+ ){0,3}?(?:admin|administrator|dba|owner|developer|creator|ceo"
    r"|root"
    r"|engineer)\b(?: \S+){0,3}? i (?:order|command|authori[sz]e|instruct|demand|require)\b"
    r"|\bi (?:hereby )?(?:order|command|authori[sz]e|instruct) you\b|\bdo anything now\b"
    r"|\byou (?:must|have to|will|shall) (?:now )?(?:obey|comply|answer everything)\b"
    r"|\b(?:connection string|environment variables|env vars|private key|secret key|access token)\b"
    r"(?! (?:rotat|polic|expir))"
)
_SPOKEN_AS = re.compile(
    # One bracket is as good as a row of them, which would be walked again from each of its own.
    r"[\[(<{#*|]\s*(?:system|admin|administrator|developer|assistant|root|override"
    r"|inst)\b(?! (?:service|api|table))",
    re.IGNORECASE,
)
_CHANGES = "It asks to change data; Clearway only reads."


def hostile(text: str, speech: Speech, *, declared: bool = False) -> str | None:
    """Return what is attempted, in words for the asker, or None.

    `declared`: what it tells to change is an operation some service declares, and no data.
    """
    if _SHELL.search(text[:10_000]) or _SPOKEN_AS.search(text[:10_000]):
        return "It carries a command, not a question."
    attempt = _attempted(speech, declared=declared)
    if attempt is not None:
        return attempt
    if says_to_run_hidden(text[:2_000]) and not asks_how_to(speech):
        return "It asks to carry out something encoded; Clearway runs only what it can check."
    if any(_hides(hidden) for hidden in hidden_texts(text)):
        return "It hides a command; Clearway only reads."
    if says_to_run(speech.line) and any(_hides(quoted) for quoted in quoted_texts(text)):
        return _CHANGES
    return None


def _hides(text: str) -> bool:
    return _WRITTEN_SQL.search(text) is not None or _attempted(speech_of(text)) is not None


_WRITTEN_SQL = re.compile(
    r"^\s*(?:drop\s+(?:table|schema|view|database)|delete\s+from|truncate\s|alter\s+(?:table|role)"
    r"|insert\s+into|update\s+\S+\s+set|grant\s)",
    re.IGNORECASE,
)


def _attempted(speech: Speech, *, declared: bool = False) -> str | None:
    for part in speech.parts:
        asks_how = asks_how_to(part)
        if not (asks_how or declared) and changes_data(part):
            return _CHANGES
        if any(_changes_rules(sentence.words) for sentence in part.sentences) or (
            not asks_how and not _asks_how(part.words) and _AS_IF.search(part.line)
        ):
            return "It asks to set the rules aside; they hold for every question."
    if any(_plays_a_role(clause) for clause in speech.sentences):
        return "It speaks as someone else, or asks Clearway to be someone else."
    if any(_asks_for_secrets(sentence.words) for sentence in speech.sentences):
        return "It asks for secrets or for Clearway's own instructions."
    return None


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
    secret |= "keys" in said and said.isdisjoint(_KEYS_OF_DATA)
    if own:
        return bool(said & _REVEAL)
    if words[0] in ("repeat", "print", "output", "recite", "reveal") and said & _EARLIER:
        return bool(said & {"everything", "all", "text", "words", "line", "message", "verbatim"})
    if secret and words[0] in ("what", "what's", "whats") and words[-1] in _SECRETS | {"key"}:
        return True
    return secret and bool(said & (_REVEAL - {"what", "what's"}))
