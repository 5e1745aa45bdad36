"""Who calls on the LangGraph server: the user its authentication established, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.runtime import get_runtime

from clearway.errors import IdentityError
from clearway.identity import Principal


class ServerCaller:
    """Implements `Identity` from `runtime.server_info`, which only the server itself sets."""

    def caller(self) -> Principal:
        """Return the authenticated user of the run in progress; `IdentityError` without one."""
        server = get_runtime().server_info
        if server is None or server.user is None:
            raise IdentityError(
                "This server has no authentication: set auth.path in langgraph.json."
            )
        return principal_from(server.user)


def principal_from(user: Any) -> Principal:
    """Return the principal of a LangGraph user, as `clearway.server.auth` described it."""
    fields: Mapping[str, Any] = user if isinstance(user, Mapping) else user.__dict__
    return Principal(
        user=user.identity,
        tenant=str(_get(user, fields, "tenant") or "default"),
        roles=frozenset(_get(user, fields, "roles") or ["analyst"]),
        scopes=frozenset(user.permissions),
    )


def _get(user: Any, fields: Mapping[str, Any], name: str) -> Any:
    try:
        return user[name]
    except (KeyError, TypeError):
        return fields.get(name)
