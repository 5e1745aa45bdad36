"""What the estimates were not fitted to: counted as its bytes, of which no token has less than one.

Fitted were Latin, Greek, Cyrillic, Hebrew, Arabic, Hindi, Thai, Korean, kana and the everyday signs
of Chinese. Byte-level pair encodings have few merges for anything else.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

FITTED = (
    r"\t\n\r\x20-\x7e\xa0-\u024f\u02b0-\u02ff\u0370-\u04ff\u0590-\u065f\u066a-\u06ef\u06fa-\u06ff"
    r"\u0900-\u0965\u0970-\u097f\u0e00-\u0e4f\u0e5a-\u0e7f\u200c\u2010-\u2027\u2030-\u203a\u20a0-\u20bf"
    r"\u2190-\u21ff\u2500-\u257f\u2600-\u27bf\u3001-\u301f\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3\ufe0f"
    r"\uff01-\uff0f\uff1a-\uff20\U0001f300-\U0001f3fa\U0001f400-\U0001f6ff"
)
STRANGE = re.compile(f"[^{FITTED}]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What is strange of ASCII."""
IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
CHARACTER_SETS = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("euc_jp", 0xB0, 0xCF))
"""Where in each its everyday signs stand: the first bytes of its first level."""
DRAWN = re.compile(r"[\u2010-\u2027\u2500-\u257f]")
"""What lines are drawn with: tokens have many of the same at once."""
SIGNS_AT_ONCE = 2
"""Emoji and the like alone or in twos were fitted; longer ones are joined by what is not seen."""
ORDINARY_SIGNS = 16
"""Of ASCII in a row; longer ones that keep changing are two to a token at best."""
ORDINARY_BLANKS = 32
BLANKS = re.compile(r"\s{33,}")
BLANKS_A_TOKEN = 8


def ordinary(text: str) -> tuple[str, int]:
    """Return the text without what is strange, and the bytes of that."""
    if text.isascii():
        bare = CONTROLS.sub("", text)
        return bare, len(text) - len(bare)
    bare = STRANGE.sub("", text)
    rare = set(IDEOGRAPH.findall(bare)) - everyday()
    if rare:
        bare = bare.translate(dict.fromkeys(map(ord, rare)))
    return bare, size_of(text) - size_of(bare)


def sign_tokens(run: str) -> int:
    """Return the tokens of what of a run of signs no estimate was fitted to."""
    if run.isascii():
        return _changes(run[ORDINARY_SIGNS:]) // 2
    run = "".join(sign for sign in run if not sign.isascii())
    more, before = 0, run[:SIGNS_AT_ONCE][-1]
    for sign in run[SIGNS_AT_ONCE:]:
        if not DRAWN.match(sign):
            more += size_of(sign)
        elif sign != before:
            more += 1
        before = sign
    return more


def blank_tokens(run: str) -> int:
    """Return the most tokens of a long run of white space: one for eight, and for each change."""
    return max(_changes(run), (len(run) - ORDINARY_BLANKS) // BLANKS_A_TOKEN)


def _changes(run: str) -> int:
    return sum(one != other for one, other in pairwise(run))


def size_of(text: str) -> int:
    """Return the bytes; half a character, which no body can hold, has three."""
    return len(text.encode("utf-8", "surrogatepass"))


@cache
def everyday() -> frozenset[str]:
    """Return the ideographs that are common in Chinese or Japanese."""
    found = set()
    for name, first, last in CHARACTER_SETS:
        for lead in range(first, last + 1):
            found |= {bytes((lead, trail)).decode(name, "ignore") for trail in range(0x40, 0xFF)}
    return frozenset(sign for sign in found if len(sign) == 1)
