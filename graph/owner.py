"""Whose a thread and a request are: told by keyed digests, for a name itself may not be kept.

A user's name may be an e-mail address or a phone number, which no checkpoint holds; and two names
that are blacked out read alike. Pure.
"""

from __future__ import annotations

import json
import re

from clearway.graph.ports import Seal
from clearway.graph.state import PrincipalState, Request
from clearway.graph.turn import principal_of, principal_state
from clearway.identity import Principal

_BLACKED_OUT = re.compile(r"\[[A-Z_]+\]")
"""In a name that was kept as it was: nobody can tell any more whose it is."""


def owner_of(principal: Principal, seal: Seal) -> str:
    """Return what stands for the owner of a thread in its state."""
    return seal.sign(json.dumps(["owner", principal.tenant, principal.user]))


def owns(principal: Principal, kept: str | PrincipalState | None, seal: Seal) -> bool:
    """Return whether a thread is new, or the principal's own; `kept` is its state's owner.

    Threads that were begun with the name itself go on where it can still be read.
    """
    if kept is None:
        return True
    if isinstance(kept, str):
        return seal.verify(json.dumps(["owner", principal.tenant, principal.user]), kept)
    named = kept["tenant"], kept["user"]
    return named == (principal.tenant, principal.user) and not any(
        _BLACKED_OUT.search(name) for name in named
    )


def asker_of(principal: Principal, seal: Seal) -> str:
    """Return what stands for who asks, with all that they may do, in their request."""
    return seal.sign(_asking(principal))


def asks(principal: Principal, request: Request, seal: Seal) -> bool:
    """Return whether the request is the principal's, with the same rights as when it was asked."""
    if kept := request.get("asker"):
        return seal.verify(_asking(principal), kept)
    named = request["principal"]
    blacked_out = _BLACKED_OUT.search(f"{named['tenant']} {named['user']} {named['actor']}")
    return principal == principal_of(request) and not blacked_out


def _asking(principal: Principal) -> str:
    return json.dumps(["asker", principal_state(principal)])
