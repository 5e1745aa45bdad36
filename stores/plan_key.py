"""What a plan is kept under: equal only where the same plan must answer, for the same person."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clearway.graph.ports import Asked
from clearway.semantics.frame import FRAME_VERSION
from clearway.stores.plan_words import shown_in

KEY_VERSION = 1
"""Raised when the parts of a key, or the form of a kept plan, change."""

PLANNER_VERSION = "1"
"""Raised when the rules planner or the prompt would plan the same question differently."""


@dataclass(frozen=True, kw_only=True)
class KeyScope:
    """What all keys of a process have in common: a change of any of it starts afresh."""

    source_id: str
    catalog_version: str
    planner: str = PLANNER_VERSION
    """The planner's version, and the model's name where one plans too."""
    per_user: bool = False
    """Row policies make what the data says depend on who asks."""


def plan_key(asked: Asked, scope: KeyScope) -> str:
    """Return SHA-256 over who may see what, the versions, and what the question means.

    A Frame that leaves nothing unexplained is all the question says, its periods resolved. Else, or
    where `shown_in` has its doubts, the exact text counts as well, and the day it was asked on: an
    unread word may be about time. So it does for a follow-up, which a model may read differently.
    """
    frame, principal = asked.frame, asked.principal
    personal = scope.per_user or frame.scope == "mine"
    parts = [
        [KEY_VERSION, FRAME_VERSION, scope.source_id, scope.catalog_version, scope.planner],
        [principal.tenant, sorted(principal.roles), principal.user if personal else None],
        [frame.canonical(), frame.language, sorted(frame.identifiers)],
        _wording(asked),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _wording(asked: Asked) -> list[str]:
    """Return what only the text says; nothing where the Frame says it all."""
    frame = asked.frame
    whole = frame.complete and frame.subject is not None and not frame.follow_up
    if whole and shown_in(frame):
        return []
    text = " ".join(unicodedata.normalize("NFC", frame.text).split())
    today = asked.at.astimezone(ZoneInfo(asked.zone)).date()
    return [text, today.isoformat(), asked.zone]
