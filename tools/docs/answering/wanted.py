"""What kind of answer a question wants: a time, a sum, somebody; and whether a sentence gives one.

A question for how long something is kept is not answered where no time is named, though every other
word of it stands there; and where one is named, "long" need not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from clearway.tools.docs.answering import persons
from clearway.tools.docs.answering.alike import share_said
from clearway.tools.docs.words.terms import terms

_DIGITS = (
    r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred|thousand|million|billion|half|dozen|none|no|once|twice|single|both)\b)"
)
_SPANS = r"\b(?:milli|micro)?(?:second|minute|hour|day|night|week|month|quarter|year|decade)s?\b"
_DAYS = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:week(?:day|end)s?|noon|midnight|morning"
    r"|evening|afternoon|today|tomorrow|easter|christmas)\b|\b(?:january|february|march|april|may"
    r"|june|july|august|september|october|november|december)\b|\d{1,2}:\d\d|\d\s?(?:am|pm|o'clock)\b"
)
_OFTEN = (
    r"\b(?:every|each|per|once|twice|daily|hourly|nightly|weekly|monthly|quarterly|yearly|annually"
    r"|times|always|never|continuously|whenever)\b"
)
_WHEN = (
    r"\b(?:from|after|before|until|till|when|once|during|while|as soon as|at the end|immediately"
    r"|within|if)\b"
)
_MONEY = (
    r"[€$£¥%]|\b(?:euros?|eur|usd|gbp|chf|dollars?|pounds?|francs?|cents?|percent"
    r"|free of charge|free)\b"
)
_HEAT = r"°|\b(?:degrees?|celsius|fahrenheit|kelvin)\b"
_LENGTHS = (
    _DIGITS + r"\s*(?:words?|characters?|letters?|pages?|lines?|bytes|[kmc]?m|k?metres?|miles?)\b"
)
_COUNTED = re.compile(r"\bhow many (\w+(?: \w+)?)", re.IGNORECASE)
_NAME = r"(?<=[a-z,:;|(] )[A-Z][a-z]+"
_NAMED_THINGS = (
    r"(?:agency|agencies|banks?|brands?|carriers?|compan(?:y|ies)|contractors?|couriers?|firms?"
    r"|makers?|manufacturers?|models?|partners?|products?|providers?|suppliers?|tools?|vendors?)"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PAST = re.compile(
    r"\b(?:what (?:was|were)|how (?:many|much|often|high|large)|results? of)\b.*\b(?:"
    r"last (?:night|week|month|quarter|season|year|winter|spring|summer|autumn|christmas|easter)"
    r"(?!\W?s\b)|the last\b|(?:weeks?|months?|quarters?|years?) ago)\b",
    re.IGNORECASE,
)
"""Asks for what came out in a time that is over: a rule that always holds is no answer."""
_DATED = re.compile(
    r"\b(?:19|20)\d\d\b|\blast (?:night|week|month|quarter|season|year)\b|\bago\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of answer: how it is asked for, and what a sentence must hold to give it."""

    kind: str
    asked: re.Pattern[str]
    given: re.Pattern[str]
    free: frozenset[str]
    """Terms that only ask for the kind: the answer need not repeat them."""
    counted: frozenset[str] = frozenset()
    """Terms of what is counted: a number of something else is no answer."""
    standing: str = ""
    """Of the people asked for, such as on call: who is told or called is no answer."""


def _kind(kind: str, asked: str, given: str, free: str = "") -> Wanted:
    said = re.compile(given, re.IGNORECASE if kind != "name" else 0)
    return Wanted(kind, re.compile(asked, re.IGNORECASE), said, frozenset(terms(free)))


_KINDS = (
    _kind(
        "phone",
        r"\bphone numbers?\b|\b(?:what|which) number\b.{0,30}\b(?:call|ring|dial|phone)\b",
        r"\d{3}|\d[\d /-]{4,}",
        "phone telephone number call ring dial",
    ),
    _kind("version", r"\b(?:which|what)\b.{0,40}\bversions?\b", r"\d", "version"),
    _kind(
        "frequency",
        r"\bhow (?:often|frequently|many times)\b",
        f"{_OFTEN}|{_SPANS}",
        "often frequently times",
    ),
    _kind(
        "duration",
        r"\bhow (?:long|soon|quickly)\b|\bwhat duration\b",
        f"{_SPANS}|{_DAYS}|{_LENGTHS}|\\b(?:immediately|at once|forever|permanent(?:ly)?|until)\\b",
        "long soon quickly duration",
    ),
    _kind(
        "speed",
        r"\bhow (?:fast|slow)\b|\bwhat speed\b",
        _DIGITS,
        "fast slow speed",
    ),
    _kind(
        "heat",
        r"\bhow (?:warm|cold|hot|cool)\b|\b(?:what|which)\b.{0,20}\btemperature\b",
        _HEAT,
        "warm cold hot cool temperature",
    ),
    _kind(
        "money",
        r"\bhow (?:expensive|cheap)\b|\bcosts?\W*$|\bhow much (?:is|are|does|do)\b.{0,60}\bcosts?\b"
        r"|\bwhat (?:is|are) the (?:costs?|price|fee|charge|salary|wage|fare)\b"
        r"|\bwhat (?:fees?|price|discount|salary|wage|fare|surcharge)\b"
        r"|\bwhat (?:do|does|did|would|will|may|can)\b.{0,60}\bcosts?\b|\bsalary range\b"
        r"|^\W*(?:the )?(?:extra |total )?(?:costs?|price|fee|surcharge|discount|salary) \w+",
        f"{_MONEY}|\\bpercentage points?\\b|\\d[.,]\\d\\d\\b",
        "expensive cheap cost price fee charge",
    ),
    _kind(
        "number",
        r"\bhow (?:many|much|large|big|small|tall|high|wide|deep|heavy|far|old|thick|strong)\b"
        r"|\bwhat (?:percentage|share|number)\b",
        f"{_DIGITS}|\\b(?:all|any)\\b",
        "much large big small high number percentage share",
    ),
    _kind(
        "formula",
        r"\b(?:formula|equation)\b|\bhow (?:is|are)\b.{0,60}\b(?:calculated|computed)\b",
        r"=|[^-]-\s|\b(?:divided|multiplied|minus|plus|times|less|sum|ratio|percent|half)\b|\d",
        "formula equation calculated computed",
    ),
    _kind(
        "day",
        r"\b(?:which|what) (?:week)?days?\b",
        f"{_DAYS}|\\b(?:every|each) (?:week)?day\\b",
        "days weekdays",
    ),
    _kind(
        "place",
        r"\bwhere\b",
        r"\b(?:in|at|on|under|behind|above|below|beside|between|inside|outside|near|next to|to)\b",
        "kept keep stored store found find located stand stands put",
    ),
    _kind(
        "time",
        r"^\W*(?:and |so )?when\b|\b(?:until|since|from|by|till) when\b"
        r"|\bwhat (?:time|date)\b|\bwhich (?:month|year)s?\b",
        f"{_SPANS}|{_DAYS}|{_OFTEN}|{_WHEN}|\\d",
        "time date",
    ),
    _kind(
        "name",
        r"\bwho (?:is|are|was) (?:the|our|your|my)\b(?! (?:one|first|person)\b)"
        r"|\bwhat(?:'s| is| are) the names?\b|^\W*(?:the )?names? of\b"
        rf"|\b(?:which|what) (?:\w+ ){{0,3}}{_NAMED_THINGS}\b",
        _NAME,
    ),
    _kind(
        "author",
        r"^\W*(?:and |so )?who (?:has |had )?(?:wrote|written|writes?|authored|drafted|penned)\b",
        r"\b(?:wrote|writes?|authors?|authored|drafts?|penned)\b"
        r"|\b(?:written|drafted|prepared|compiled)\b.{0,40}\bby\b",
    ),
    _kind("person", persons.ASKED, ""),
)


def wanted(question: str) -> Wanted | None:
    """Return the kind of answer a question wants, or None where any sentence may give it."""
    kind = next((kind for kind in _KINDS if kind.asked.search(question)), None)
    if kind and (counting := _COUNTED.search(question)):
        return replace(kind, counted=frozenset(terms(counting[1])))
    if kind and kind.kind == "person":
        return replace(kind, standing=persons.standing_of(question))
    return kind


def given_in(text: str, kind: Wanted, asked: frozenset[str]) -> bool:
    """Return whether a text holds what `kind` wants; a name of the question's own is none."""
    if kind.kind == "name":
        # The head of a table names its columns, and nobody.
        said = text.split("\n", 1)[-1] if text.startswith("|") else text
        return any(not set(terms(found.group())) & asked for found in kind.given.finditer(said))
    if kind.kind == "author" and not kind.given.search(text):
        return False  # what is written, such as an approval, tells of no writer
    if kind.kind in ("author", "person"):
        return persons.somebody_in(text, asked, kind.standing)
    if kind.counted:
        held = frozenset(terms(text))
        if not any(share_said(term, held) for term in kind.counted):
            return False
    return kind.given.search(text) is not None


def of_its_time(text: str, around: str, question: str) -> bool:
    """Return whether a text may speak of the time a question names: a year, or one that is over.

    `around` is what stands with it: its passage, headings and title.
    """
    years = set(_YEAR.findall(question))
    if years and not years & set(_YEAR.findall(around)):
        return False
    return _PAST.search(question) is None or _DATED.search(text) is not None
