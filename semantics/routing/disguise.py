"""Texts hidden in a text: encoded, spelled with digits or gaps, turned around, written lookalike.

What is found is checked like anything else said; nothing here is run or shown.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

_PAYLOAD = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{8,4000}={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x|\\x)?(?:[0-9a-fA-F]{2}(?:\s|\\x)?){6,2000}(?![0-9A-Za-z])"
)
_GAPS = re.compile(r"(?<![^\W_])(?:[^\W_](?:[ .*|\-\u00b7]{1,2}|_)){3,400}[^\W_](?![^\W_])")
_LEET = str.maketrans("013457@$!", "oieastasi")
_MIXED = re.compile(r"(?=\S{0,40}[a-zA-Z])(?=\S{0,40}[013457@$!])\S{3,40}")
_LOOKALIKES = str.maketrans("аеорсухіјѕһԁԛԝѵɡοανερтмкнвⅼ", "aeopcyxijshdqwvgoavept" + "mkhbl")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CODED = re.compile(
    r"\b(?:base ?64|b64|rot ?-?13|hex|hexadecimal|morse|caesar|cipher|ciphertext|encoded|encrypted"
    r"|decode|decodes|decoded|decrypt|decipher|deobfuscate|unscramble|backwards|reversed|leet"
    r"|1337|url-?encoded|pig latin)\b",
    re.IGNORECASE,
)
_CARRY_OUT = re.compile(
    r"\b(?:run|execute|do what|follow|obey|perform|apply|carry (?:it |this |that )?out|act on"
    r"|comply|do (?:it|so|that|this)|do as|then do|eval|evaluate|interpret it)\b",
    re.IGNORECASE,
)
MAX_READ = 4_000


def hidden_texts(text: str) -> Iterator[str]:
    """Yield what the text may hide; most of it is noise, as most texts hide nothing."""
    text = text[:MAX_READ]
    if not text.isascii():
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
        plain = plain.translate(_LOOKALIKES)
        if plain != text.lower():
            yield plain
    yield from _decoded(text)
    if any(char in text for char in "013457@$!") and _MIXED.search(text):
        yield _MIXED.sub(lambda found: found.group().lower().translate(_LEET), text)
    joined = [re.sub(r"[\W_]", "", found.group()) for found in _GAPS.finditer(text)]
    if joined:
        yield _GAPS.sub(lambda found: re.sub(r"[\W_]", "", found.group()), text)
        yield from (_split_verb(word.lower()) for word in joined)
    yield codecs.encode(text, "rot13")
    yield text[::-1]
    if "%" in text:
        yield unquote(text)


def _decoded(text: str) -> Iterator[str]:
    for found in _PAYLOAD.finditer(text):
        token = found.group().rstrip("=")
        if (token.isalpha() and (token.islower() or token.istitle())) or token.isdigit():
            continue
        try:
            raw = base64.b64decode(
                token + "=" * (-len(token) % 4),
                altchars=b"-_" if "-" in token or "_" in token else None,
            )
        except (binascii.Error, ValueError):
            continue
        yield from _readable(raw)
    for found in _HEX.finditer(text):
        digits = re.sub(r"0x|\\x|\s", "", found.group())
        with_even = digits[: len(digits) // 2 * 2]
        yield from _readable(bytes.fromhex(with_even))


def _readable(raw: bytes) -> Iterator[str]:
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    if found.isprintable() and sum(c.isalpha() or c == " " for c in found) * 4 >= 3 * len(found):
        yield found


_VERBS = ("drop", "delete", "truncate", "erase", "wipe", "purge", "ignore", "remove", "destroy",
          "insert", "update", "alter")  # fmt: skip


def _split_verb(word: str) -> str:
    """`droptablesales`: the verb apart from its object."""
    for verb in _VERBS:
        if word.startswith(verb) and len(word) > len(verb):
            return f"{verb} the {word[len(verb) :]}"
    return word


def says_to_run_hidden(line: str) -> bool:
    """Whether something encoded is to be decoded and carried out."""
    return bool(_CODED.search(line) and _CARRY_OUT.search(line))


def says_to_run(line: str) -> bool:
    """Whether something is to be carried out, whatever it is."""
    return bool(_CARRY_OUT.search(line))
