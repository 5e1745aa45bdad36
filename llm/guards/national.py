"""Identity numbers of many countries: by form and check digit, or by the label before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clearway.llm.guards.finds import AFTER, BEFORE, BETWEEN, named_as_business, only_digits
from clearway.llm.guards.national_checks import (
    aadhaar,
    ahv,
    belgian,
    bsn,
    codice_fiscale,
    cpf,
    cpr,
    cuit,
    curp,
    dni,
    hetu,
    nhs,
    nir,
    nric,
    personnummer,
    pesel,
    resident_cn,
    resident_kr,
    rodne_cislo,
    rut,
    sin,
    steuer_id,
    tfn,
)  # fmt: skip

FORMS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (r"(?:\d{8}|[XYZ]-?\d{7})[ -]?[A-HJ-NP-TV-Z]", dni),
    (r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d", nir),
    (r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", codice_fiscale),
    (r"\d{3}\.\d{3}\.\d{3}-\d\d", cpf),
    (r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", belgian),
    (r"(?:19|20)?\d{6}[-+]\d{4}", personnummer),
    (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", hetu),
    (r"[1-9]\d{5}(?:19|20)\d{9}[0-9X]", resident_cn),
    (r"\d{6}-[1-8]\d{6}", resident_kr),
    (r"\d{6}-\d{4}", cpr),
    (r"\d{6}/\d{4}", rodne_cislo),
    (r"\d{1,2}\.\d{3}\.\d{3}-[0-9K]", rut),
    (r"(?:20|2[347]|30|33|34)-\d{8}-\d", cuit),
    (r"[STFG]\d{7}[A-Z]", nric),
    (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", curp),
    (r"756\.\d{4}\.\d{4}\.\d\d", ahv),
    (r"[2-9]\d{3} \d{4} \d{4}(?! \d)", aadhaar),
    # No check digit, but prefixes that are given out and nothing else looks like.
    (r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", bool),
)
"""Numbers whose form or check digit is enough."""

LABELS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (r"nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}", nhs),
    (r"bsn|burgerservicenummer|sofi", r"\d{9}|\d{4}\.\d{2}\.\d{3}", bsn),
    (r"pesel", r"\d{11}", pesel),
    (r"cpf", r"\d{11}", cpf),
    (r"sin|social insurance", r"\d{3}[ -]?\d{3}[ -]?\d{3}", sin),
    (r"tfn|tax file", r"\d{3} ?\d{3} ?\d{3}", tfn),
    (r"aadhaar|aadhar|uidai", r"\d{4}[ -]?\d{4}[ -]?\d{4}", bool),
    (r"steuer-?id(?:entifikations(?:-?nummer)?)?|idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", steuer_id),
    (r"rijksregister\w{0,8}|registre national|niss|insz", r"\d{11}", belgian),
    (r"personnummer|cpr|f[oø]dselsnummer", r"\d{6}[- ]?\d{4,5}", bool),
    (r"sa id|south african id|teudat zehut", r"\d{9}|\d{13}", sin),
    (
        r"tckn|kimlik|my number|rrn|cnp|egn|jmbg|oib|dni|nie|nif|nric|curp|nir|hetu",
        r"[A-Z]?\d{7,13}[A-Z]?",
        bool,
    ),
    (r"national insurance|ni|nino", r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-Z]", bool),
    (r"pan(?: card)?|permanent account", r"[A-Z]{5}\d{4}[A-Z]", bool),
    (
        r"national (?:id(?:entity|entification)?|identity card)|(?:id|identity) card"
        r"|driv(?:er'?s?|ing) (?:licen[cs]e|permit)|(?:personal|citizen|resident) id(?:entity)?"
        r"|tax(?:payer)? id(?:entification)?|itin",
        r"(?=[A-Z]{0,5}\d)[A-Z0-9]{1,18}(?:[ .-](?=[A-Z]{0,3}\d)[A-Z0-9]{1,10}){0,4}",
        lambda value: len(only_digits(value)) >= 4,
    ),
)  # fmt: skip
"""What stands before a number, the number's form, and its check."""

_FORMS = [(re.compile(BEFORE + form + AFTER, re.IGNORECASE), valid) for form, valid in FORMS]
_LABELS = [
    (
        tuple(re.findall(r"[a-z]{2,}", label)),
        re.compile(rf"(?<![^\W_])(?:{label}){BETWEEN}(?P<value>{form}){AFTER}", re.IGNORECASE),
        valid,
    )
    for label, form, valid in LABELS
]


def national_ids(text: str) -> Iterator[tuple[int, int]]:
    """Yield identity numbers; a label may stand for a check digit, never against one."""
    for form, valid in _FORMS:
        for match in form.finditer(text):
            if valid(match[0]) and not named_as_business(text, match.start()):
                yield match.span()
    low = text.lower()
    for words, form, valid in _LABELS:
        if any(word in low for word in words):
            for match in form.finditer(text):
                if valid(match["value"]):
                    yield match.span("value")
