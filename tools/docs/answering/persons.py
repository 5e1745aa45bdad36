"""Whether a sentence names a person, a role or a team: what a question for "who" wants."""

from __future__ import annotations

import re

from clearway.tools.docs.answering.alike import OTHER_FORM, share_said
from clearway.tools.docs.words.terms import terms

ASKED = r"^\W*(?:and |so )?who\b|\b(?:by|to|from|with|for) whom\b"

_STANDING = re.compile(
    r"\bon[- ](?:call|duty|shift|leave|holiday|vacation|standby)\b", re.IGNORECASE
)
"""A standing of people, of words that are said of other things too: a call, a leave."""
_ANYBODY = re.compile(r"\b(?:who|any|some)(?:ever|body| ?one)\b", re.IGNORECASE)
_CALENDAR = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|Easter|Christmas"
)
_NAME = re.compile(
    r"(?<=[a-z0-9,:;|(] )[A-Z][a-z]+|^[A-Z][a-z]+(?= [A-Z][a-z]+\b)"
    r"|^[A-Z][a-z]+(?= (?:has|will|may|must|and|\w{2,}[^s]s)\b)"
)
_DOER = re.compile(r"\b[a-z]{2,}(?:er|or|ist|yst|ian|eer)s?\b", re.IGNORECASE)
_NO_DOER = re.compile(
    r"(?:"
    r"after|another|answer|barrier|better|boiler|buffer|calendar|center|charter|cheaper"
    r"|chapter|character|cluster|color|compressor|computer|consider|container|conveyor|cooler"
    r"|corridor|counter|cover|cyber|deliver|differ|dinner|door|earlier|either|elevator|enter"
    r"|error|ever|exist|exterior|factor|faster|filter|floor|folder|former|freezer|further|gather"
    r"|generator|greater|header|heater|higher|however|hyper|indicator|interior|larger|later|latter"
    r"|layer|letter|list|longer|lower|major|master|matter|meter|minor|mirror|mist|monitor|motor"
    r"|neither|never|newer|number|offer|older|order|other|outdoor|over|paper|parameter"
    r"|pointer|poor|power|prefer|printer|prior|projector|proper|quarter|rather|reactor|refer"
    r"|refrigerator|register|remainder|remember|reminder|river|roller|router|safer|scanner|sensor"
    r"|server|shorter|silver|simpler|slower|smaller|sooner|stronger|sugar|summer|super|tender"
    r"|thermometer|timer|tower|trailer|transfer|trigger|under|upper|vector|voucher|water|weather"
    r"|whatever|whenever|wherever|whether|wider|winter|wrist|younger|assist|consist|persist|insist"
    r"|resist|twist"
    r")s?",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(?:nobody|no one|everybody|everyone|anybody|anyone|somebody|someone|whoever|each|all|only"
    r"|you|we|us|our|people|persons?|staff|teams?|departments?|committees?|board|crews?"
    r"|groups?|desk|offices?|divisions?|leads?|heads? of|chiefs?|chairs?|presidents?"
    r"|directorate|management|administration|finance|legal|procurement|purchasing|accounting"
    r"|accounts|payroll|security|support|reception|operations|human resources|employees?|trainees?"
    r"|colleagues?|assistants?|accountants?|consultants?|apprentices?|clerks?|deput(?:y|ies)"
    r"|nurses?|wardens?|secretar(?:y|ies)|agenc(?:y|ies)|authorit(?:y|ies)|council|compan(?:y|ies)"
    r"|banks?|firms?|police|brigade|guests?|parents?|tenants?|residents?|members?|students?"
    r"|patients?|pilots?|guards?|agents?|cooks?|chefs?|representatives?|delegates?|executives?"
    r"|experts?|specialists?|spokes(?:man|woman|person)|fore(?:man|woman|person)|women|men"
    r"|public|partners?|man|woman|coach|judges?|attendants?|inspectorate|hosts?|adults?|minors?)\b",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"\b(?:C[A-Z]O|HR|IT|QA|QC|R&D|SRE|DPO|VP|PR)\b|\S@\w")


def standing_of(question: str) -> str:
    """Return the standing a question asks the people of, such as on call; empty where none."""
    found = _STANDING.search(question)
    return _plain(found[0]) if found else ""


def somebody_in(text: str, asked: frozenset[str], standing: str = "") -> bool:
    """Return whether a text says who, in some word of the question itself.

    Headings do not count: under the heading "On call" stands who is told, too. Of a `standing` the
    text must speak, and whoever has it is nobody.
    """
    held = frozenset(terms(text))
    # The head of a table names its columns, and nobody.
    text = text.split("\n", 1)[-1] if text.startswith("|") else text
    if not any(share_said(term, held) >= OTHER_FORM for term in asked):
        return False
    if standing:
        if standing not in map(_plain, _STANDING.findall(text)):
            return False
        text = _ANYBODY.sub("", text)
    return (
        any(_is_name(found[0], asked) for found in _NAME.finditer(text))
        or any(not _NO_DOER.fullmatch(found[0]) for found in _DOER.finditer(text))
        or _GROUP.search(text) is not None
        or _INITIALS.search(text) is not None
    )


def _is_name(word: str, asked: frozenset[str]) -> bool:
    said = set(terms(word))
    return bool(said) and not said & asked and not _CALENDAR.fullmatch(word)


def _plain(standing: str) -> str:
    return standing.casefold().replace("-", " ")
