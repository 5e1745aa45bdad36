"""What a column is for and how freely its values may be shown, judged from its name and type.

These are the defaults of a database nobody described; `catalog.yaml` overrules every one of them.
They err on the careful side: what might be personal is treated as personal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from clearway.semantics.frame import Aggregate
from clearway.semantics.types import Column, Role, Sensitivity
from clearway.semantics.words.abbreviations import MEANT
from clearway.semantics.words.tokens import singular
from clearway.semantics.words.wordset import wordset

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_SECRET = wordset(
    """
    password passwd pwd passphrase passcode secret token apikey privatekey credential
    credentials salt otp totp cvv cvc pin pincode passwordhash pwdhash
    """
)
_SECRET_PAIRS = frozenset(
    [
        ("api", "key"),
        ("private", "key"),
        ("access", "key"),
        ("secret", "key"),
        ("pass", "word"),
        ("session", "id"),
        ("auth", "key"),
        ("encryption", "key"),
        ("signing", "key"),
    ]
)
_PERSONAL = wordset(
    """
    email mail phone telephone mobile cell fax address addr street birth birthday birthdate
    dob ssn passport iban bic nationality gender sex religion ethnicity salary wage username
    login firstname lastname surname forename fullname maiden postcode zip zipcode postal
    latitude longitude lat lon lng ip diagnosis disability nickname contact signature photo
    picture avatar
    """
)
_NAME_PARTS = frozenset(["first", "last", "middle", "full", "given", "family", "maiden", "user"])
_PEOPLE = wordset(
    """
    person people user customer client employee staff patient member guest student teacher
    contact subscriber player actor author visitor passenger applicant candidate owner
    tenant driver doctor nurse worker manager volunteer donor citizen resident account
    profile lead
    """
)
_RATE_LIKE = wordset(
    """
    expectancy rate price ratio percent percentage pct avg average mean median score rating age
    temperature latitude longitude lat lon level rank position speed weight height length
    duration millisecond milliseconds second seconds minute minutes discount runtime size
    width depth grade margin share probability density pressure index year month day
    """
)
_CALENDAR = frozenset(["year", "month", "quarter", "week", "day", "hour", "weekday", "yr", "fy"])
_AMOUNTS = wordset(
    """
    quantity qty amount count number total sum size stock balance score level rank age
    """
)
_CODE_LIKE = wordset(
    """
    code number no num id key zip postal phone version lat lon latitude longitude
    """
)
_BOOKKEEPING = wordset(
    """
    update updated modified modify changed synced loaded inserted etl refreshed deleted
    """
)
_BEGUN = wordset(
    """
    created create date ts opened issued placed ordered posted requested submitted registered
    admitted occurred recorded started start begin began
    """
)
"""First words of a column that says when a row came to be."""
NUMERIC = frozenset(
    ["smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "decimal"]
)
TEXTUAL = frozenset(["text", "character varying", "character", "citext", "name", "bpchar"])


@lru_cache(maxsize=65_536)
def words_of(name: str) -> tuple[str, ...]:
    """Return the lower-case words of an identifier, abbreviations in full."""
    return tuple(MEANT.get(word, word) for word in written_in(name))


def written_in(name: str) -> tuple[str, ...]:
    """Return the lower-case words of an identifier: snake_case, camelCase, digits apart."""
    return tuple(word.lower() for word in _WORD.findall(name)) or (name.lower(),)


def base_type(type_name: str) -> str:
    """Return a Postgres type name without its length and array marks."""
    return type_name.partition("(")[0].removesuffix("[]").strip()


def says_how_many(name: str) -> bool:
    """Whether a column is called after an amount, or after several of something."""
    words = words_of(name)
    if words[0] in ("is", "has", "was", "can"):
        return False
    return not _AMOUNTS.isdisjoint(words) or any(singular(word) != word for word in words)


def is_time(type_name: str) -> bool:
    """Whether a column of this type is a point in time."""
    return type_name == "date" or type_name.startswith("timestamp")


def is_number(type_name: str) -> bool:
    """Whether a column of this type can be added up."""
    return base_type(type_name) in NUMERIC and not type_name.endswith("[]")


def is_text(type_name: str) -> bool:
    """Whether a column of this type holds plain text."""
    return base_type(type_name) in TEXTUAL and not type_name.endswith("[]")


def sensitivity_of(table: str, column: str, comment: str = "") -> Sensitivity:
    """Return how careful to be with a column; `public` is never more than a candidate."""
    words = words_of(column)
    noted = words_of(comment) if comment else ()
    pairs = set(pairwise(words))
    if not _SECRET.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairs):
        return "secret"
    if not _SECRET.isdisjoint(noted) and "hash" not in words:
        return "secret"
    if words[-1] == "id" and not {"national", "tax", "passport", "social"} & set(words):
        return "public"
    if not _PERSONAL.isdisjoint(words) or {"personal", "pii"} & set(noted):
        return "personal"
    if "name" in words and (not _NAME_PARTS.isdisjoint(words) or _names_a_person(table, words)):
        return "personal"
    return "public"


def _names_a_person(table: str, words: tuple[str, ...]) -> bool:
    """`customer_name` anywhere, or `name` in a table of people."""
    spoken = words_of(table) if words == ("name",) else words
    return any(word in _PEOPLE or word.removesuffix("s") in _PEOPLE for word in spoken)


def role_of(column: str, type_name: str, *, is_key: bool) -> Role:
    """Return what the column is for in a question."""
    words = words_of(column)
    if is_time(type_name):
        return "time"
    if is_key or words[-1] in {"id", "uuid", "guid"} or type_name == "uuid":
        return "key"
    if is_number(type_name):
        return _role_of_number(words)
    if type_name == "interval":
        return "measure"
    return "dimension" if type_name == "boolean" else "attribute"


def _role_of_number(words: tuple[str, ...]) -> Role:
    if words[-1] in _CALENDAR:
        return "dimension"
    return "attribute" if words[-1] in _CODE_LIKE else "measure"


def aggregate_of(column: str, role: Role) -> Aggregate | None:
    """Return how a measure adds up by default: prices and rates average, amounts sum."""
    if role != "measure":
        return None
    return "avg" if not _RATE_LIKE.isdisjoint(words_of(column)) else "sum"


def time_column_of(columns: Iterable[Column], table: str) -> str | None:
    """Return the one column that says when a row happened, or None where several could."""
    times = [
        column.name
        for column in columns
        if column.role == "time"
        and column.sensitivity == "public"
        and _BOOKKEEPING.isdisjoint(words_of(column.name))
    ]
    if len(times) > 1:
        own = tuple(word.removesuffix("s")[:4] for word in words_of(table) if len(word) > 3)
        named = [n for n in times if any(word.startswith(own) for word in words_of(n)) and own]
        created = [n for n in times if words_of(n)[0] in _BEGUN]
        times = next((found for found in (named, created) if len(found) == 1), times)
    return times[0] if len(times) == 1 else None
