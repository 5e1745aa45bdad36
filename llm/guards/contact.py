"""How a person is reached: e-mail addresses, telephone numbers, network addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from clearway.llm.guards.finds import Recogniser, named_as_business

EMAIL = re.compile(
    r"(?<![\]\w.%+-])[\w.%+-]{1,64}@(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62}"
)

AUTHORITY = re.compile(r"://[^\s/@]{0,70}$")

INTERNATIONAL = re.compile(r"(?<![\]\w+./:-])(?:\+|00(?=[1-9]))\d(?:[ .()/-]{0,2}\d){6,14}(?!\w)")
NATIONAL = (
    (
        re.compile(
            r"(?<![\]\w+./:#$-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}(?![\w-]|\.\d)"
        ),
        ("US",),
    ),
    (re.compile(r"(?<![\]\w+./:#$-])\(\d\d\) ?9?\d{4}-\d{4}(?![\w-]|\.\d)"), ("BR",)),
    (
        re.compile(
            r"(?<![\]\w+./:#$-])\(0[1-9]\d{0,3}\) ?\d{3,8}(?:[ -]\d{2,6}){0,2}(?![\w-]|\.\d)"
        ),
        ("GB", "DE"),
    ),
    # Between spaces alone it must be in use: it could be a number written in groups.
    (
        re.compile(r"(?<![\]\w+./:#$-])(?<!\d )[2-9]\d{2} \d{3} \d{4}(?![\w-]|\.\d| \d)"),
        ("CA", "US"),
    ),
    (re.compile(r"(?<![\]\w+./:#$-])(?<!\d )0[1-9](?:[ .-]\d{2}){4}(?![\w-]|\.\d)"), ("FR",)),
    (
        re.compile(
            r"(?<![\]\w+./:#$-])(?<!\d )0[1-9]\d{0,3}[ /-]\d{3,9}(?:[ -]\d{2,6}){0,2}(?![\w-]|\.\d)"
        ),
        ("GB", "DE", "AU", "IT", "NL", "JP"),
    ),
)
"""Forms that a telephone number has at home and little else has, and where."""
LABELLED = re.compile(
    r"(?<![^\W_])(?:tele)?(?:phone|fax|mobile|cell|handy|whatsapp|tel|t[eé]l[eé]phone|telefon|"
    r"tel[eé]fono|portable|call(?:\s(?:me|him|her|them|us))?|text\s(?:me|him|her)|sms|ring|dial)"
    r"(?:\s{0,2}(?:number|no|nr|num|line|phone))?\.?"
    r"(?:\s{0,2}(?:=|:|is|was|on|at|to)){0,2}\s{0,2}['\"]?"
    r"(?!\d{4}-\d\d-\d\d)(?P<value>[(+]?\d(?:[ .()/-]{0,2}\d){6,14})(?!\w)",
    re.IGNORECASE,
)
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "BR", "JP")
"""Whose national form a labelled number may have."""

IPV4 = re.compile(
    r"(?<![\]\w.:/-])(?P<value>(?:\d{1,3}\.){3}\d{1,3})(?![\w-]|\.\d)"
    r"|(?<=[/@:])(?P<host>(?:\d{1,3}\.){3}\d{1,3})(?=[:/\s]|$)"
)
VERSION = re.compile(r"(?:versions?|ver|v|release|build|section|oid)\.?\s{0,2}[:=]?\s{0,2}$", re.I)
GROUPS = re.compile(r"[0-9a-fA-F]:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}:")
IPV6 = re.compile(r"(?<![\]\w.:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)


def mail(text: str) -> Iterator[tuple[int, int]]:
    """Yield e-mail addresses; what stands before the @ of a URL is no mailbox."""
    for match in EMAIL.finditer(text):
        if not AUTHORITY.search(text[max(0, match.start() - 80) : match.start()]):
            yield match.span()


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Yield numbers that a network could dial; national ones only in a form that is theirs."""
    for match in LABELLED.finditer(text):
        if _national(match["value"], REGIONS):
            yield match.span("value")
    for match in INTERNATIONAL.finditer(text):
        if not named_as_business(text, match.start()) and _international(match[0]):
            yield match.span()
    for form, regions in NATIONAL:
        for match in form.finditer(text):
            if not named_as_business(text, match.start()) and _national(match[0], regions):
                yield match.span()


def _international(number: str) -> bool:
    """Return whether it is possible where it says it is from; without a plus it must be in use."""
    import phonenumbers  # its metadata is read only where something looks like a number

    written = number if number[0] == "+" else f"+{number[2:]}"
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return False
    if number[0] != "+" or (number[1:].isdigit() and len(number) < 11):
        return phonenumbers.is_valid_number(parsed)
    return phonenumbers.is_possible_number(parsed)


def _national(number: str, regions: tuple[str, ...]) -> bool:
    """Return whether it is in use in one of the regions; in the first it need only be possible."""
    import phonenumbers

    if number.startswith("+"):
        return _international(number)
    if number.isdigit() and len(number) < 8:  # seven digits in a row are any number
        return False
    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) or (
            regions[0] == "US" and region == "US" and phonenumbers.is_possible_number(parsed)
        ):
            return True
    return False


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield IPv4 addresses, but for those that mean no machine: loopback and unspecified."""
    if text.count(".") < 3:
        return
    for match in IPV4.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        if not VERSION.search(text[max(0, start - 16) : start]) and _machine(text[start:end]):
            yield start, end


def long_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield IPv6 addresses."""
    if "::" not in text and not (text.count(":") >= 7 and GROUPS.search(text)):
        return
    for match in IPV6.finditer(text):
        groups = sum(1 for part in match[0].split(":") if part)
        # `a::b` is a cast or a scope more often than an address.
        if (groups >= 3 or "::" not in match[0]) and _machine(match[0]):
            yield match.span()


def _machine(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (known.is_loopback or known.is_unspecified)


CONTACT = (
    Recogniser("EMAIL", mail, signs=("@",)),
    Recogniser("IP_ADDRESS", addresses, digits=4, near_numbers=True),
    Recogniser("IP_ADDRESS", long_addresses, signs=(":",), digits=2),
)
TELEPHONE = (Recogniser("PHONE", phones, digits=7, near_numbers=True),)
"""Last of all: what is a card, an account or an address is no telephone number."""
