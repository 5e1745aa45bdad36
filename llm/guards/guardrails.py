"""Guardrails: secrets and personal data leave a text before it is kept, logged, shown or sent."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping

from clearway.llm.guards.finds import Find, Recogniser
from clearway.llm.guards.scan import PERSONAL, scan
from clearway.llm.guards.secrets import SECRETS
from clearway.llm.ports import Hidden

PASSES = 4
"""What was written in may stand so that more is found; it never took more than three."""

SHORT = 6
"""Values with fewer characters are hidden only where they were recognised."""

REMEMBERED_TEXTS = 512
REMEMBERED_CHARS = 20_000
"""Texts in which nothing was found, and how long one may be, to be remembered."""

PLACEHOLDER = re.compile(r"<([A-Z_]{2,20})_(\d{1,6})>")


class PatternRedactor:
    """Implements `Redactor` for what is kept: every kind, always; idempotent, linear in the text.

    A secret without a form of its own (a bare word) cannot be told from any other word.
    """

    def __init__(self, *, secrets: bool = True, personal: bool = True) -> None:
        """Choose what is looked for."""
        self._recognisers = _chosen(secrets=secrets, personal=personal)
        self._clean: OrderedDict[str, None] = OrderedDict()

    def redact(self, text: str) -> str:
        """Return the text with every find replaced by a labelled placeholder such as [EMAIL]."""
        if text in self._clean:
            self._clean.move_to_end(text)
            return text
        for _ in range(PASSES):
            finds = scan(text, self._recognisers)
            if not finds:
                self._remember(text)
                break
            text = _written(text, finds, (f"[{find.kind}]" for find in finds))
        return text

    def _remember(self, clean: str) -> None:
        """Spare the next look: one request passes the same texts by here many times over."""
        if len(clean) <= REMEMBERED_CHARS:
            self._clean[clean] = None
            if len(self._clean) > REMEMBERED_TEXTS:
                self._clean.popitem(last=False)


class PatternGuardrails:
    """Implements `Guardrails`: placeholders such as <EMAIL_1>, counted within one request."""

    def __init__(self, *, secrets: bool = True, personal: bool = True) -> None:
        """Choose what is looked for; with neither, texts pass as they are."""
        self._secrets, self._personal = secrets, personal
        self._recognisers = _chosen(secrets=secrets, personal=personal)

    def hide(self, text: str, *, known: Mapping[str, str] | None = None) -> Hidden:
        """Return the text with placeholders; the same value gets the same placeholder.

        `known` is what earlier texts of the request hid: those values are hidden here too, even
        where nothing around them tells what they are. What looks like a placeholder and came with
        the text itself is never given out, so restoring is exact.
        """
        secrets = dict(known or {})
        finds = scan(text, self._recognisers)
        if finds or secrets:
            finds = _and_known(text, finds, secrets)
        if not finds:
            return Hidden(text=text, secrets=secrets, kinds={})
        given = {value: placeholder for placeholder, value in secrets.items()}
        names = _Names({match[0] for match in PLACEHOLDER.finditer(text)} | secrets.keys())
        for find in finds:
            value = text[find.start : find.end]
            if value not in given:
                given[value] = names.next(find.kind)
                secrets[given[value]] = value
        hidden = _written(text, finds, (given[text[find.start : find.end]] for find in finds))
        kinds = Counter(find.kind for find in finds)
        return Hidden(text=hidden, secrets=secrets, kinds=dict(kinds))

    def restore(self, text: str, secrets: Mapping[str, str]) -> str:
        """Put back what placeholders stand for; those nobody gave out stay as they are."""
        return PLACEHOLDER.sub(lambda match: secrets.get(match[0], match[0]), text)

    def finds(self, text: str) -> list[Find]:
        """Return what there is to hide, in order and apart; placeholders are nothing to hide."""
        return scan(text, self._recognisers)

    @property
    def looks(self) -> bool:
        """Return whether anything is looked for at all."""
        return bool(self._recognisers)

    def covering(self, guards: frozenset[str]) -> PatternGuardrails:
        """Return these with at least the named ones on (`secrets`, `pii`)."""
        secrets, personal = self._secrets or "secrets" in guards, self._personal or "pii" in guards
        if (secrets, personal) == (self._secrets, self._personal):
            return self
        return PatternGuardrails(secrets=secrets, personal=personal)


def _chosen(*, secrets: bool, personal: bool) -> tuple[Recogniser, ...]:
    return (*(SECRETS if secrets else ()), *(PERSONAL if personal else ()))


class _Names:
    """Gives out placeholders that are not taken, counting up by kind."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._count: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        while True:
            self._count[kind] += 1
            name = f"<{kind}_{self._count[kind]}>"
            if name not in self._taken:
                return name


def _and_known(text: str, finds: list[Find], known: Mapping[str, str]) -> list[Find]:
    """Return the finds and every place where a value stands that is hidden elsewhere.

    A short value (a PIN) is likely to stand for something else as well, and is left alone.
    """
    values = {text[find.start : find.end]: find.kind for find in finds}
    values |= {value: name[1:].rpartition("_")[0] for name, value in known.items()}
    covered = [(find.start, find.end) for find in finds]
    more = []
    for value, kind in values.items():
        at = text.find(value) if len(value) >= SHORT else -1
        while at >= 0:
            end = at + len(value)
            place = bisect_right(covered, (at, len(text)))
            free = (place == 0 or covered[place - 1][1] <= at) and (
                place == len(covered) or covered[place][0] >= end
            )
            if free:
                insort(covered, (at, end))
                more.append(Find(kind, at, end))
            at = text.find(value, end)
    return sorted([*finds, *more], key=lambda find: find.start)


def _written(text: str, finds: Iterable[Find], replacements: Iterable[str]) -> str:
    parts, at = [], 0
    for find, replacement in zip(finds, replacements, strict=True):
        parts += [text[at : find.start], replacement]
        at = find.end
    return "".join([*parts, text[at:]])
