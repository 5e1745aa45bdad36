"""What a plan is kept under: equal only where the same plan must answer, for the same person."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from clearway.graph.ports import Asked
from clearway.semantics.frame import FRAME_VERSION
from clearway.semantics.normalform import normal_form
from clearway.stores.plans.doubts import NO_DOUBTS, Doubts, doubtful, roles_said
from clearway.stores.plans.slots import Slots, slots_of
from clearway.stores.plans.verbs import spans_of
from clearway.stores.plans.wording import wording_of
from clearway.stores.plans.words import quantifiers, shown_in

KEY_VERSION = 3
"""Raised when the parts of a key, or the form of a kept plan, change."""

PLANNER_VERSION = "2"
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
    doubts: Doubts = NO_DOUBTS
    """What the catalog makes ambiguous; part of its version."""


@dataclass(frozen=True, kw_only=True)
class PlanKeys:
    """Where a plan for a question may be: for this very question, or for all of its shape."""

    exact: str
    shape: str | None = None
    """None where no other question's plan may serve."""
    slots: Slots | None = None
    """What is bound into a template of the shape; there whenever `shape` is."""

    @property
    def all(self) -> tuple[str, ...]:
        """The keys in the order they are looked up."""
        return (self.exact,) if self.shape is None else (self.exact, self.shape)


def plan_key(asked: Asked, scope: KeyScope) -> str:
    """Return SHA-256 over who may see what, the versions, and what the question means.

    A Frame that leaves nothing unexplained is all the question says, its periods resolved and its
    conditions in their normal form. Else, or where `shown_in` or the catalog has its doubts, the
    wording counts as well, and the day it was asked on: an unread word may be about time. So it
    does for a follow-up, which a model may read differently, and for what no data answers.
    """
    return plan_keys(asked, scope).exact


def plan_keys(asked: Asked, scope: KeyScope) -> PlanKeys:
    """Return the key of the question, and that of its shape where the Frame says it all."""
    asked = replace(asked, frame=normal_form(asked.frame))
    frame, wording = asked.frame, _wording(asked, scope)
    said = replace(frame, text=wording[0]) if wording else frame
    exact = _hashed(asked, scope, [said.canonical(), wording])
    slots = None if wording else slots_of(frame, scope.doubts.values)
    if slots is None:
        return PlanKeys(exact=exact)
    return PlanKeys(exact=exact, shape=_hashed(asked, scope, ["shape", slots.shape]), slots=slots)


def _hashed(asked: Asked, scope: KeyScope, meaning: list[object]) -> str:
    frame, principal = asked.frame, asked.principal
    personal = scope.per_user or frame.scope == "mine"
    parts = [
        [KEY_VERSION, FRAME_VERSION, scope.source_id, scope.catalog_version, scope.planner],
        [principal.tenant, sorted(principal.roles), principal.user if personal else None],
        [asked.tool, frame.language, sorted(frame.identifiers)],
        [roles_said(frame, scope.doubts), quantifiers(frame)],
        meaning,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _wording(asked: Asked, scope: KeyScope) -> list[str]:
    """Return what only the text says; nothing where the Frame says it all."""
    frame = asked.frame
    shown = frame.measures or frame.attributes or frame.dimensions or frame.everything
    whole = frame.complete and frame.subject is not None and shown and not frame.follow_up
    plain = asked.tool == "sql" and whole and shown_in(frame)
    if plain and not doubtful(frame, scope.doubts):
        return []
    text = wording_of(frame.text, tuple(spans_of(frame)))
    today = asked.at.astimezone(ZoneInfo(asked.zone)).date()
    return [text, today.isoformat(), asked.zone]
