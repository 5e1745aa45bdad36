"""Authentication and thread ownership on the LangGraph server (`auth.path` in langgraph.json).

With `CLEARWAY_API_KEYS_PATH` a key is required in `x-api-key`. Without, the server knows one
development identity: the user who started it. Bind it to the loopback address only.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, cast

from langgraph_sdk import Auth

from clearway.callers import operating_system_user
from clearway.identity import EDIT_STATE
from clearway.server.keys import ApiKey, load_keys
from clearway.settings import load_settings

auth = Auth()

_keys: tuple[ApiKey, ...] | None = load_keys(load_settings().api_keys_path)


@auth.authenticate
async def authenticate(headers: dict[bytes, bytes]) -> Auth.types.MinimalUserDict:
    """Return who calls; 401 for a missing or unknown key where keys are in use."""
    if _keys is None:
        local = operating_system_user()
        return _user(local.user, local.tenant, sorted(local.roles), sorted(local.scopes))
    given = headers.get(b"x-api-key", b"")
    digest = hashlib.sha256(given).hexdigest()
    for key in _keys:
        if hmac.compare_digest(digest, key.sha256):
            return _user(key.user, key.tenant, list(key.roles), list(key.scopes))
    raise Auth.exceptions.HTTPException(status_code=401, detail="Send a valid x-api-key.")


def _user(
    identity: str, tenant: str, roles: list[str], scopes: list[str]
) -> Auth.types.MinimalUserDict:
    described: dict[str, Any] = {
        "identity": identity,
        "is_authenticated": True,
        "permissions": scopes,
        "tenant": tenant,
        "roles": roles,
    }
    return described  # type: ignore[return-value]  # extra keys are allowed; the type names the least


def owner_of(ctx: Auth.types.AuthContext) -> dict[str, str]:
    """Return the metadata that marks a resource as this user's."""
    return {"owner": f"{ctx.user['tenant']}/{ctx.user.identity}"}


@auth.on
async def own_only(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> dict[str, str]:
    """Let everyone make, see and change their own threads, runs and crons; no others exist."""
    owner = owner_of(ctx)
    metadata = value.setdefault("metadata", {})
    if isinstance(metadata, dict):
        metadata.update(owner)
    return owner


@auth.on.threads.create_run
async def entering(ctx: Auth.types.AuthContext, value: Auth.types.RunsCreate) -> dict[str, str]:
    """Let a run begin at the beginning or go on where it waits; nowhere else.

    A client that could place values in the state, or jump to a node, would walk round what the
    nodes before it decide.
    """
    command = (value.get("kwargs") or {}).get("command") or {}
    if command.get("goto") or command.get("update"):
        _require_edit(ctx)
    return await own_only(ctx, cast("dict[str, Any]", value))


@auth.on.threads.update
async def updating(ctx: Auth.types.AuthContext, value: Auth.types.ThreadsUpdate) -> dict[str, str]:
    """Let metadata be changed and runs be cancelled; the state only by who may edit it."""
    if "metadata" not in value and "action" not in value:
        _require_edit(ctx)
    return await own_only(ctx, cast("dict[str, Any]", value))


def _require_edit(ctx: Auth.types.AuthContext) -> None:
    if EDIT_STATE not in ctx.permissions:
        raise Auth.exceptions.HTTPException(
            status_code=403, detail="A thread's state is not yours to edit: ask, or resume."
        )


@auth.on.assistants
async def assistants(ctx: Auth.types.AuthContext, value: Any) -> bool:
    """Let everyone see and use the graph."""
    return ctx.action in ("read", "search")


@auth.on.store
async def own_namespace(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> None:
    """Keep everyone inside their own part of the store."""
    namespace = tuple(value.get("namespace") or ())
    value["namespace"] = (str(ctx.user["tenant"]), ctx.user.identity, *namespace)
