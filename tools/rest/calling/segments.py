"""Values put into a path: one segment, whoever decodes it on the way."""

from __future__ import annotations

from unicodedata import normalize
from urllib.parse import unquote


def moves(text: str) -> bool:
    """Return whether a value could lead out of its segment, or empty it.

    Proxies decode what is escaped, some twice, and route by what they see then: a slash, a dot
    segment or a path parameter (`..;`) in a value would be asked as another path than was allowed.
    """
    for seen in _readings(text):
        plain = seen.partition(";")[0].strip()
        if not plain.strip(".") or "/" in seen or "\\" in seen:
            return True
    return False


def _readings(text: str) -> set[str]:
    """Return the text as it may come to be read: decoded until nothing is left to decode."""
    found: set[str] = set()
    unseen = {text}
    while unseen:
        found |= unseen
        further = {form for each in unseen for form in (unquote(each), normalize("NFKC", each))}
        unseen = further - found
    return found
