"""What documents have to say for themselves: how it is done, what is so by rule, what is meant."""

from __future__ import annotations

from clearway.semantics.frame import Frame
from clearway.semantics.routing.asks import (
    asks_for_difference,
    asks_for_help,
    asks_for_term,
    asks_how_to,
    asks_meaning,
    is_question,
    says_how_to,
)
from clearway.semantics.routing.claims import (
    Claim,
    barely_named,
    grouped,
    guessed,
    hardly_known,
    left_over,
    names_data,
    said_aside,
    says_when,
)
from clearway.semantics.routing.clauses import Speech
from clearway.semantics.routing.liveness import says_live
from clearway.semantics.routing.norms import (
    asks_about,
    asks_for_background,
    asks_for_duty,
    asks_for_practice,
    asks_for_way,
    asks_permission,
    limit_asked,
    matter_asked,
)
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset

DOCUMENTS = wordset(
    """
    runbook runbooks playbook playbooks guide guides manual manuals handbook documentation
    docs document documents policy policies procedure procedures process processes
    instructions tutorial tutorials faq faqs wiki checklist checklists standards guideline
    guidelines cookbook readme walkthrough onboarding retrospective postmortem postmortems
    sop protocol strategy whitepaper specification article articles notes template templates
    charter roadmap how-to howto convention conventions rules practices practice definition
    glossary compliance guidance escalation stance sla slas prerequisites prerequisite drill
    etiquette plan plans
    rota changelog requirements criteria faqs primer architecture regulations regulation rulebook
    playbook memo memos whitepaper contract addendum rule agreement agreements norms ethics
    """
)


def docs_claim(speech: Speech, frame: Frame, of_services: frozenset[str] = frozenset()) -> Claim:
    """Return how strongly documents claim it; `of_services` are words for things services have."""
    focus = speech.focus
    how = asks_how_to(focus) or asks_for_way(focus)
    if focus.words[:2] == ("how", "come") and says_when(focus) and grouped(frame):
        how = False
    document = _unknown_document(focus, frame, of_services) and not (
        _processed(focus) or _as_value(focus, frame)
    )
    if document and not said_aside(speech, frame, DOCUMENTS):
        if how:
            return Claim("docs", 0.95, "It asks how something is done, and names a document.")
        return Claim("docs", 0.88, "It asks for what a document says.")
    return _done_so(focus) if how else _told_by_us(focus, frame)


def _told_by_us(focus: Speech, frame: Frame) -> Claim:  # noqa: C901, PLR0911 - one rule a line
    """What is so by rule or by practice, or what is meant, though no document is named."""
    if asks_for_duty(focus) and not _counts_the_past(focus):
        return Claim("docs", 0.93, "It asks what is so by rule.")
    if _means(focus, frame):
        return Claim("docs", 0.94, "It asks what something means.")
    if asks_for_help(focus) and not grouped(frame):
        return Claim("docs", 0.75, "It asks for help with something.")
    if asks_permission(focus) and not (grouped(frame) or says_live(focus)):
        return Claim("docs", 0.86, "It asks whether something may be done.")
    partly = not (frame.complete or grouped(frame))
    if not frame.complete and asks_for_practice(focus):
        return Claim("docs", 0.9, "It asks for a practice, not for what happened.")
    barely = barely_named(focus, frame)
    if (hardly_known(frame) or barely) and asks_for_background(focus):
        return Claim("docs", 0.74, "It asks about how we do things, and names no data.")
    if matter_asked(focus) in left_over(frame) and not frame.complete:
        return Claim("docs", 0.86, "It asks what is held about something, and not for the data.")
    if limit_asked(focus) in left_over(frame) and not grouped(frame):
        return Claim("docs", 0.62, "It asks for a limit the data does not hold.")
    if partly and asks_about(focus):
        return Claim("docs", 0.74, "It asks about how we do things, and names no data.")
    if barely and names_data(frame) and (is_question(focus) or focus.asked):
        return Claim("docs", 0.4, "It asks something, and the data knows a word of it only.")
    ours = focus.has("our") or focus.has("we") or focus.has("i")
    if ours and not names_data(frame) and is_question(focus):
        return Claim("docs", 0.3, "It asks about how we do things, and names no data.")
    return Claim("docs", 0.02, "")


def _unknown_document(speech: Speech, frame: Frame, of_services: frozenset[str]) -> bool:
    """Whether a document is named that is nothing of the data, nor a thing of a service."""
    named = {
        word for word in DOCUMENTS.intersection(speech.words) if singular(word) not in of_services
    }
    if not named or not names_data(frame):
        return bool(named)
    parts = {
        word for left in frame.leftover if left.name for word in left.word.lower().split()[:-1]
    }
    return any(word in left_over(frame) or guessed(word, frame) for word in named - parts)


def _done_so(speech: Speech) -> Claim:
    rule = speech.has("how", "do", "we", "do") and not says_how_to(speech)
    return Claim("docs", 0.85 if rule else 0.93, "It asks how something is done.")


def _means(speech: Speech, frame: Frame) -> bool:
    """`what does X mean`, `what is a channel`, `what is churn`; not `explain revenue by region`."""
    if speech.has("counts", "as") or speech.has("qualifies", "as"):
        return True
    opening = " ".join(speech.words[:4]).replace("what's", "what is").replace("whats", "what is")
    if opening.startswith(("what is a ", "what is an ")):
        return not (frame.measures or frame.filters)
    if asks_for_difference(speech) and not (frame.filters or frame.period or frame.limit):
        return True
    if asks_meaning(speech):
        return not (frame.dimensions and speech.words[0] == "explain")
    return asks_for_term(speech) and not names_data(frame)


def _counts_the_past(speech: Speech) -> bool:
    """`how many requests were denied last week`: what happened, whatever was allowed."""
    counts = speech.words[:1] in (("how",), ("number",), ("count",))
    return counts and speech.any_of(_PAST) and says_when(speech)


_VALUED = frozenset(["contains", "containing", "contain", "named", "called", "like", "equals"])


def _as_value(speech: Speech, frame: Frame) -> bool:
    """`products whose name contains policy`: the word is looked for in the data."""
    pairs = zip(("", *speech.words), speech.words, strict=False)
    return names_data(frame) and all(
        before in _VALUED for before, word in pairs if word in DOCUMENTS
    )


_PAST = frozenset(["was", "were", "did", "had"])


def _processed(speech: Speech) -> bool:
    """`how many refunds did we process`: a verb there, no document."""
    words = speech.words
    return any(
        word == "process" and words[index - 1] in ("we", "you", "they", "i", "to", "jobs")
        for index, word in enumerate(words)
        if index
    ) and not speech.any_of(DOCUMENTS - {"process"})
