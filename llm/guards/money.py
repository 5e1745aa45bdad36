"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clearway.llm.guards.checksums import luhn, mod_97
from clearway.llm.guards.finds import Recogniser, named_as_business, only_digits

CARD = re.compile(r"(?<![\]\w.+$€£-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
CARD_LABEL = re.compile(r"card|visa|mastercard|amex|\bpan\b|\bcc\b|credit|debit", re.IGNORECASE)
GROUPED = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}")

IBAN = re.compile(r"(?<![\]A-Za-z0-9])[A-Z]{2}\d{2}[ -]?(?=[A-Z0-9]{2})", re.IGNORECASE)
IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d{2})",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
        "ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20"
        "LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29"
        "PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"
        "YE30",
    )
}
"""Characters of an account number by country (SWIFT IBAN registry)."""


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield card numbers: a network's range and length, and a Luhn digit that fits."""
    for match in CARD.finditer(text):
        digits = only_digits(match[0])
        plain = match[0].isdigit()
        if not plain and not GROUPED.fullmatch(match[0]):
            continue
        if not (issued(digits) and luhn(digits) and len(set(digits)) > 1):
            continue
        # One number in ten has a Luhn digit by chance; so the word before it counts.
        if plain and named_as_business(text, match.start()):
            continue
        yield match.span()


def issued(digits: str) -> bool:
    """Return whether a network issues numbers of this beginning and length."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37):
        return length == 15
    if 300 <= three <= 305 or two in (36, 38, 39):
        return length == 14
    if four == 6011 or 644 <= three <= 659 or 3528 <= four <= 3589 or two == 62:
        return 16 <= length <= 19
    return four in (5018, 5020, 5038, 6304, 6759, 6761, 6762, 6763) and length >= 16


def accounts(text: str) -> Iterator[tuple[int, int]]:
    """Yield IBANs, in one piece or in groups: the country's length, and 1 modulo 97."""
    for match in IBAN.finditer(text):
        length = IBAN_LENGTHS.get(match[0][:2].upper())
        end = _after(text, match.start(), length) if length else None
        if end is None:
            continue
        number = re.sub(r"[ -]", "", text[match.start() : end]).upper()
        if mod_97(number[4:] + number[:4]) == 1:
            yield match.start(), end


def _after(text: str, start: int, length: int) -> int | None:
    """Return where `length` ASCII letters and digits end, single separators not counted."""
    at, seen = start, 0
    while at < len(text) and seen < length:
        if text[at].isascii() and text[at].isalnum():
            seen += 1
        elif text[at] not in " -" or text[at - 1] in " -":
            return None
        at += 1
    followed = at < len(text) and text[at].isascii() and text[at].isalnum()
    return at if seen == length and not followed else None


MONEY = (
    Recogniser("IBAN", accounts, digits=10, near_numbers=True),
    Recogniser("CARD", cards, digits=13, near_numbers=True),
)
