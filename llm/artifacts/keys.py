"""What artifacts are kept under: the same request, and one that differs in politeness only."""

from __future__ import annotations

import re
from typing import Literal

from clearway.llm.artifacts.types import ArtifactRequest
from clearway.llm.ports import PolicyDecision
from clearway.llm.sharing.keys import generation_key
from clearway.llm.types import ChatRequest

KIND = "artifacts/1"
POLITE = frozenset({"please", "kindly", "the"})
"""Words that may be there or not without changing what is asked for."""
WISH = re.compile(
    r"\A(?:(?:hi|hello)\b[\s,]*)?(?:please\s+)?"
    r"(?:(?:can|could|would|will)\s+you|i\s+(?:want|need)\s+(?:you\s+)?to"
    r"|i(?:'d| would)\s+like\s+to)\s+",
    re.IGNORECASE,
)
THANKS = re.compile(r"[\s,.!]*(?:thanks|thank\s+you)?[\s.!]*\Z", re.IGNORECASE)
TOKEN = re.compile(r"\w+|[^\w\s]")


def key_of(
    request: ArtifactRequest,
    asker: ChatRequest,
    policy: PolicyDecision | None,
    *,
    match: Literal["exact", "similar"],
) -> str:
    """Return the key; both hold mode, places, hints, provider and whose it is, to the letter."""
    said = request.model_dump(exclude={"intent", "force_regenerate"}, mode="json")
    intent = request.intent if match == "exact" else " ".join(plain(request.intent))
    return generation_key(
        model=request.provider or "",
        workflow=f"{KIND}/{match}",
        parameters=said,
        prompt=" ".join(intent.split()),
        scope=repr(
            [
                asker.tenant,
                asker.user,
                sorted(asker.roles),
                asker.sensitivity,
                asker.risk,
                sorted(asker.residency),
                asker.order,
                policy and [policy.version, sorted(policy.places), sorted(policy.guardrails)],
            ]
        ),
    )


def plain(intent: str) -> list[str]:
    """Return the words in their order, without what is mere politeness.

    Whatever else differs, be it a letter's case, is another request: names and values are among it.
    """
    bare = THANKS.sub("", WISH.sub("", intent.strip()))
    words = [word for word in TOKEN.findall(bare) if word.lower() not in POLITE]
    return [words[0].lower(), *words[1:]] if words else []
