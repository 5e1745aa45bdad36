"""Secrets: by the form their issuer gave them, by the label before them, or by their randomness."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from clearway.llm.guards.finds import Recogniser, matching

PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END )[\s\S])*+(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
    r"|\bAGE-SECRET-KEY-1[A-Z0-9]{30,80}"
)
JWT = re.compile(
    r"(?<![\]A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{8,}+\.(?:[A-Za-z0-9_-]*+\.?){0,3}"
)
URL_PASSWORD = re.compile(
    r"\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@'\"]{0,256}:(?P<value>(?![\[<])[^\s@'\"]{1,256})(?=@)"
)
BEARER = re.compile(
    # At least one digit: "bearer securities" are no token.
    r"\bbearer\s{1,8}(?![\[<])(?=[A-Za-z._~+/-]{0,200}[0-9])(?P<value>[A-Za-z0-9._~+/-]{8,}+={0,2})",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\b(?:authorization:\s{0,8}(?:basic|bearer|token|api-?key|digest|negotiate)\s{1,8}"
    r"|(?:set-)?cookie:\s{0,8}[^\s=;]{1,64}=)(?![\[<])(?P<value>[^\s;,'\"]{6,512})",
    re.IGNORECASE,
)

ISSUED = {
    "sk": r"(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}+",
    "akia": r"AKIA[A-Z0-9]{16}\b",
    "asia": r"ASIA[A-Z0-9]{16}\b",
    "gh": r"gh[pousr]_[A-Za-z0-9]{20,}+",
    "github_pat_": r"github_pat_[A-Za-z0-9_]{20,}+",
    "glpat-": r"glpat-[A-Za-z0-9_-]{16,}+",
    "gldt-": r"gl(?:dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,}+",
    "xox": r"xox[abeoprs]-[A-Za-z0-9-]{8,}+",
    "xapp-": r"xapp-[0-9]-[A-Za-z0-9-]{16,}+",
    "hooks.slack.com": r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}+",
    "aiza": r"AIza[A-Za-z0-9_-]{30,}+",
    "ya29.": r"ya29\.[A-Za-z0-9_-]{20,}+",
    "gocspx-": r"GOCSPX-[A-Za-z0-9_-]{20,}+",
    "8q~": r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    "hf_": r"hf_[A-Za-z0-9]{20,}+",
    "npm_": r"npm_[A-Za-z0-9]{30,}+",
    "pypi-": r"pypi-AgE[A-Za-z0-9_-]{30,}+",
    "lsv2_": r"lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}+",
    "gsk_": r"gsk_[A-Za-z0-9]{20,}+",
    "xai-": r"xai-[A-Za-z0-9]{20,}+",
    "pplx-": r"pplx-[A-Za-z0-9]{20,}+",
    "r8_": r"r8_[A-Za-z0-9]{30,}+",
    "whsec_": r"whsec_[A-Za-z0-9+/=]{16,}+",
    "sg.": r"SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+",
    "key-": r"key-[0-9a-f]{32}\b",
    "ac": r"(?:AC|SK)[0-9a-f]{32}\b",
    "dapi": r"dapi[0-9a-f]{32}(?:-\d)?\b",
    "do": r"do[opr]_v1_[0-9a-f]{40,}+",
    "shp": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "sq0": r"sq0[a-z]{3}-[A-Za-z0-9_-]{20,}+",
    "nrak-": r"NRAK-[A-Z0-9]{20,}+",
    "gls": r"glsa_[A-Za-z0-9]{20,}+_[0-9a-f]{6,}+",
    "glc_": r"glc_[A-Za-z0-9+/=]{30,}+",
    "lin_api_": r"lin_api_[A-Za-z0-9]{30,}+",
    "ntn_": r"ntn_[A-Za-z0-9]{30,}+",
    "hvs.": r"hv[sb]\.[A-Za-z0-9_-]{20,}+",
    "sbp_": r"sbp_[0-9a-f]{32,}+",
    "pscale_": r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{20,}+",
    "pmak-": r"PMAK-[0-9a-f]{20,}+-[0-9a-f]{20,}+",
    "dp.": r"dp\.(?:pt|st|ct)\.[A-Za-z0-9]{20,}+",
    "eaa": r"EAA[A-Za-z0-9]{40,}+",
    "pat": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}+",
    "dckr_pat_": r"dckr_pat_[A-Za-z0-9_-]{20,}+",
    "rubygems_": r"rubygems_[0-9a-f]{40,}+",
    "sntry": r"sntry[su]_[A-Za-z0-9_=+/-]{30,}+",
    "atatt3": r"ATATT3[A-Za-z0-9_=-]{30,}+",
    "figd_": r"figd_[A-Za-z0-9_-]{30,}+",
    "nvapi-": r"nvapi-[A-Za-z0-9_-]{30,}+",
    "tgp_v1_": r"tgp_v1_[A-Za-z0-9_-]{20,}+",
    "sgp_": r"sgp_[A-Za-z0-9_]{20,}+",
    "rzp_": r"rzp_(?:live|test)_[A-Za-z0-9]{10,}+",
    ":aa": r"[0-9]{8,10}:AA[A-Za-z0-9_-]{32,35}",
    "accountkey=": r"(?<=AccountKey=)[A-Za-z0-9+/]{40,}+={0,2}",
    "sig=": r"(?<=[?&;]sig=)[A-Za-z0-9%+/=_-]{20,}+",
}
"""Keys whose issuer gave them a form of their own, under what stands in each in lower case."""

_API_KEYS = [(sign, re.compile(form)) for sign, form in ISSUED.items()]

OPENED = r"\\?['\"]?\s{0,8}(?:=>|:=|[=:])\s{0,8}"
QUOTED = r"(?:(?P<quote>\\?['\"]))?"
PASSWORD = re.compile(
    r"(?:password|passwd|passphrase|pwd|(?<![A-Za-z])pass|mot de passe|contrase(?:ñ|n)a|passwort"
    r"|kennwort)" + OPENED + QUOTED
    # Up to the quote that opened it, which may itself be escaped; else up to what ends a word.
    + r"(?![\[<])(?P<value>(?(quote)(?:(?!(?P=quote)).){1,256}|[^\s'\"\\,;&)}\]]{1,256}))",
    re.IGNORECASE,
)  # fmt: skip
SPOKEN = re.compile(
    r"\b(?:password|passwd|passphrase|passcode|pwd|pin(?: code)?|passwort)\s{1,4}(?:is|was|to)"
    r"\s{1,4}"
    r"['\"“]?(?![\[<])(?P<value>[^\s'\"”,;]{4,128}?)(?=[.!?]?(?:[\s'\"”,;]|$))",
    re.IGNORECASE,
)
COMMAND = re.compile(
    r"\bcurl\b[^\n]{0,200}?\s(?:-u|--user)\s{0,2}['\"]?[^\s:'\"]{1,64}:(?![\[<])(?P<value>[^\s'\"]{1,128})"
    r"|\b(?:mysql(?:dump)?\b[^\n]{0,200}?\s-p|sshpass\s{1,4}-p\s{0,4})"
    r"(?![\[<])(?P<after>[^\s'\"-][^\s'\"]{3,127})",
)
BARE = re.compile(
    r"\b(?:password|passwd|passphrase|pwd|passwort)\s{1,4}(?:(?P<quote>['\"])|(?=[^\s'\"(]{0,60}\d))"
    r"(?![\[<])(?P<value>(?(quote)[^'\"\s]{4,128}(?=['\"])|[^\s'\",;()]{5,128}))(?!\()"
    r"|\bpasscode\s{1,4}(?P<code>\d{4,8})\b",
    re.IGNORECASE,
)
KEY = re.compile(
    r"\b(?:api|access|secret|private|auth)[ _-]?(?:key|token)s?\s{1,4}(?:(?:is|was)\s{1,4})?"
    r"(?P<value>[A-Za-z0-9._~+/=-]{16,}+)",
    re.IGNORECASE,
)
LABELLED = re.compile(
    r"(?P<label>key(?:[_ -]?id)?|secret|token|credentials?)" + OPENED
    + r"\\?['\"]?(?![\[<])(?P<value>[A-Za-z0-9._~+/=-]{8,}+)",
    re.IGNORECASE,
)  # fmt: skip
KIND_OF_KEY = re.compile(
    r"(?:api|access|secret|signing|encryption|account|private|shared|subscription|master)[_ -]?\Z",
    re.IGNORECASE,
)
"""Before "key" alone: a sort key or a primary key is no secret."""
NOT_PASSWORDS = frozenset(
    """null none true false nil empty required optional string varchar text char bytea hidden reset
    changed expired wrong correct incorrect invalid weak strong missing unknown secret-free policy
    ****** ******** *** xxx xxxx redacted""".split()  # noqa: SIM905 - one word a line would be long
)
PARAMETER = re.compile(r"\$\d|\$\{|\{\{|\?$|:[a-z_]|%\(?s?|@[a-z_]+$|\(|\*+$")

RUN = re.compile(r"[A-Za-z0-9+/_-]{20,}+={0,2}")
NAMED = re.compile(
    r"\b(?:key|secret|token|credentials?|password|passwd|auth|apikey|bearer)s?\b[^\n]{0,40}\Z",
    re.IGNORECASE,
)
RANDOM_BITS = 3.6
"""Bits per character from which a mixed run of letters and digits is no word and no name."""


def a_password(value: str) -> bool:
    """Return whether it can be one: no keyword, no query parameter, no call."""
    return value.lower().rstrip(".!?") not in NOT_PASSWORDS and not PARAMETER.match(value)


def said_password(value: str) -> bool:
    """Return whether a word after "password is" is no ordinary one: a digit or sign is in it."""
    return a_password(value) and (
        any(char.isdigit() for char in value) or bool(re.search(r"[^\w.!?-]", value))
    )


def bare_passwords(text: str) -> Iterator[tuple[int, int]]:
    """Yield what stands right behind the word: in quotes, or letters and digits in one."""
    for match in BARE.finditer(text):
        value = match["value"]
        if value is None:
            yield match.span("code")
        elif match["quote"] or (
            any(char.isdigit() for char in value)
            and any(char.isalpha() for char in value)
            and a_password(value)
        ):
            yield match.span("value")


def in_commands(text: str) -> Iterator[tuple[int, int]]:
    """Yield passwords given to a command."""
    for match in COMMAND.finditer(text):
        yield match.span(match.lastgroup or 0)


def a_key(value: str) -> bool:
    """Return whether it is hexadecimal, or mixed as chance does."""
    return bool(re.fullmatch(r"(?=[a-f]*\d)[0-9a-f]{16,}", value)) or is_random(value)


def a_secret(value: str) -> bool:
    """Return whether a labelled value is one: a count, a name or a plain word is not."""
    plain = value.strip("=.")
    if plain.isdigit():
        return len(plain) >= 20
    return any(char.isdigit() for char in plain) or (
        len(plain) >= 12 and plain.isalnum() and not (plain.islower() or plain.isupper())
    )


def entropy(value: str) -> float:
    """Return bits per character (Shannon)."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def is_random(value: str) -> bool:
    """Return whether it mixes cases and digits as chance does, and a name does not."""
    mixed = (
        any(char.isdigit() for char in value)
        and any(char.isupper() for char in value)
        and any(char.islower() for char in value)
    )
    return mixed and entropy(value) >= RANDOM_BITS


def random_runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield runs that look drawn by chance, shortly after a word for a secret."""
    for match in RUN.finditer(text):
        start, end = match.span()
        inside = text[start - 1 : start] in (".", "=") or text[end : end + 1] == "."
        if not inside and is_random(match[0]) and NAMED.search(text[max(0, start - 56) : start]):
            yield start, end


def labelled(text: str) -> Iterator[tuple[int, int]]:
    """Yield values behind a label that says they are secret."""
    for match in LABELLED.finditer(text):
        is_key = match["label"][0] in "kK"
        if is_key and not KIND_OF_KEY.search(text[max(0, match.start() - 20) : match.start()]):
            continue
        if a_secret(match["value"]):
            yield match.span("value")


def api_keys(text: str) -> Iterator[tuple[int, int]]:
    """Yield keys in the form of their issuer."""
    low = text.lower()
    for sign, form in _API_KEYS:
        if sign in low:
            for match in form.finditer(text):
                before = text[match.start() - 1 : match.start()] if match.start() else ""
                if not (
                    before.isalnum() or before in ("_", "]") or (sign == "sk" and a_name(match[0]))
                ):
                    yield match.span()


def a_name(value: str) -> bool:
    """Return whether a run behind `sk-` is words with hyphens: no digit and no capital in it."""
    return value.islower() and not any(char.isdigit() for char in value) and value.count("-") > 1


WORDS = ("pass", "pwd", "contrase", "kennwort")
NAMES = ("key", "secret", "token", "credential")

SECRETS = (
    Recogniser("PRIVATE_KEY", matching(PRIVATE_KEY), signs=("-----begin ", "age-secret-key-1")),
    Recogniser("JWT", matching(JWT), signs=("eyj",)),
    Recogniser("PASSWORD", matching(URL_PASSWORD), signs=("://",)),
    Recogniser("TOKEN", matching(BEARER), signs=("bearer",), digits=1),
    Recogniser("TOKEN", matching(HEADER), signs=("authorization:", "cookie:")),
    Recogniser("API_KEY", api_keys),
    Recogniser("PASSWORD", matching(PASSWORD, a_password), signs=WORDS),
    Recogniser("PASSWORD", matching(SPOKEN, said_password), signs=("pass", "pwd", "pin")),
    Recogniser("PASSWORD", in_commands, signs=("curl ", "mysql", "sshpass")),
    Recogniser("PASSWORD", bare_passwords, signs=("pass", "pwd")),
    Recogniser("SECRET", matching(KEY, a_key), signs=("key", "token")),
    Recogniser("SECRET", labelled, signs=NAMES),
    Recogniser("SECRET", random_runs, signs=(*NAMES, "pass", "auth"), digits=1),
)
