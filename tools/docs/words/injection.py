"""Sentences of a document that speak to a model rather than to a reader: they answer nothing.

A net below the others: a passage is data to the model in any case, and what a model writes is kept
only where passages support it. What is caught here cannot be that support.
"""

from __future__ import annotations

import re

from clearway.tools.docs.words.sentences import sentences_of

_SIGNS = re.compile(
    r"""
      \b(?:ignor|disregard|forget|overrid|bypass)\w*\b[^.\n]{0,60}
        \b(?:instruction|prompt|guideline|guardrail|directive|system\ message|told)s?\b
    | \b(?:ignor|disregard|forget)\w*\s+(?:all|everything|anything|the)\b[^.\n]{0,30}
        \b(?:previous|above|before|prior|earlier|question)\b
    | ^\W*(?:system|assistant|developer)\s*: | </?\s*(?:system|assistant|passage|instructions?)\b
    | \[/?inst\] | <\|?im_(?:start|end)
    | \byou\ are\ (?:now\ )?(?:an?|the)\ (?:helpful\ |unrestricted\ )?
        (?:ai|a\.i\.|assistant|language\ model|llm|chatbot|bot|agent|gpt)\b
    | \b(?:ai|llm|language\ model|chatbot)s?\b[^.\n]{0,30}
        \b(?:must|should|shall)\b[^.\n]{0,30}\b(?:answer|reply|respond|say|output|tell|write)\b
    | \b(?:reveal|print|repeat|output|leak|show)\b[^.\n]{0,40}
        \b(?:system\ prompt|your\ (?:instructions|prompt|rules|secrets?|credentials))\b
    | \bnew\ (?:system\ )?(?:instructions?|prompt)\s*:
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def speaks_to_a_model(sentence: str) -> bool:
    """Return whether a sentence gives instructions to whatever reads it for somebody."""
    return _SIGNS.search(sentence) is not None


def for_readers(text: str) -> str:
    """Return a passage without the sentences that speak to a model; others stay as they stand."""
    if not speaks_to_a_model(text):
        return text
    return "\n".join(each for each in sentences_of(text) if not speaks_to_a_model(each))
