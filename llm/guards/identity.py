"""Who a person is on paper: social security, passport, date of birth, national identity."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clearway.llm.guards.finds import (
    AFTER,
    BEFORE,
    BETWEEN,
    Recogniser,
    matching,
    named_as_business,
)
from clearway.llm.guards.national import national_ids

SSN = re.compile(BEFORE + r"(?P<value>(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})" + AFTER)
SSN_LABELLED = re.compile(
    r"(?<![^\W_])(?:ssn|social security|soc sec)" + BETWEEN
    + r"(?P<value>(?!000|666)\d{3}[ .-]?(?!00)\d\d[ .-]?(?!0000)\d{4})" + AFTER,
    re.IGNORECASE,
)  # fmt: skip
PASSPORT = re.compile(
    r"(?<![^\W_])(?:passport|pasaporte|passeport|reisepass|passaporto)"
    r"(?:-?nummer|\s(?:holder|book|document))?" + BETWEEN
    + r"(?P<value>(?=[A-Z]{0,3}\d)(?=[A-Z]{0,9}\d[A-Z]{0,9}\d)[A-Z0-9]{6,10})(?!\w)",
    re.IGNORECASE,
)  # fmt: skip

MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
    r"|(?:januar|februar|märz|mai|juni|juli|august|oktober|dezember)"
)
DATE = (
    r"(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)?\d\d"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:\sof)?[ -](?:{MONTH}),?[ -](?:19|20)\d\d"
    rf"|(?:{MONTH})\s(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)"
)
BIRTH = re.compile(
    r"(?<![^\W_])(?:d\.?o\.?b\.?|date[ _-]of[ _-]birth|birth[ _-]?(?:day|date)|born|geboren"
    r"|geburtsdatum|n[eé]e?|fecha de nacimiento|date de naissance|nacid[oa])"
    r"(?:\s{0,2}(?:=|:|is|was|on|am|el|le|the|\(|[-\u2013](?=\s))){0,3}\s{0,2}['\"]?"
    rf"(?P<value>{DATE})(?!\w)",
    re.IGNORECASE,
)


def social_security(text: str) -> Iterator[tuple[int, int]]:
    """Yield US social security numbers: hyphenated, or labelled."""
    for match in SSN_LABELLED.finditer(text):
        yield match.span("value")
    for match in SSN.finditer(text):
        if not named_as_business(text, match.start()):
            yield match.span("value")


IDENTITY = (
    Recogniser("SSN", social_security, digits=9, near_numbers=True),
    Recogniser(
        "PASSPORT",
        matching(PASSPORT),
        signs=("passport", "pasaporte", "passeport", "reisepass", "passaporto"),
        digits=2,
    ),
    Recogniser(
        "BIRTH_DATE",
        matching(BIRTH),
        signs=("birth", "born", "dob", "d.o.b", "geb", "né", "nacim", "naiss", "nacid"),
        digits=4,
    ),
    Recogniser("NATIONAL_ID", national_ids, digits=4, near_numbers=True),
)  # fmt: skip
