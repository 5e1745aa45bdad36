"""Who asks: one identity drives row-level security, document filters and service scopes."""

from __future__ import annotations

from dataclasses import dataclass, replace

ACT_FOR = "act_for"
"""Scope: may name another user in a request (a service key, or the embedding application)."""

EDIT_STATE = "edit_state"
"""Scope: may change a thread's state on a server, or enter the graph in its middle; to debug."""

APPROVE = "approve"
"""Scope: may approve what policy holds for a person."""

REVIEW = "review"
"""Scope: may judge others' answers, and accept corrections for everyone of the tenant."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The caller as a surface established it, never as a request claimed it."""

    user: str
    tenant: str = "default"
    roles: frozenset[str] = frozenset({"analyst"})
    scopes: frozenset[str] = frozenset()
    actor: str | None = None
    """Who really calls, where `user` is someone they act for."""

    def acting_for(self, user: str) -> Principal:
        """Return this principal as `user`, the caller kept as the actor, without its scopes."""
        if user == self.user:
            return self
        return replace(self, user=user, actor=self.user, scopes=frozenset())

    def on_behalf_of(self, user: str | None) -> Principal | None:
        """Return who a request is for: the caller, or `user` if the caller may act for others."""
        if user is None or user == self.user:
            return self
        return self.acting_for(user) if ACT_FOR in self.scopes else None
