"""Everything a node is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clearway.graph.ports.callers import Clock, Identity, Ids, Limits, Policy
from clearway.graph.ports.keeping import PlanCache
from clearway.graph.ports.meaning import (
    Glossary,
    Semantics,
    VerifiedQueries,
)
from clearway.graph.ports.record import AuditTrail, Redactor, Screen, Seal
from clearway.graph.ports.tools import (
    Lookups,
    ToolPort,
)
from clearway.plans import Tool


@dataclass(frozen=True, kw_only=True)
class Services:
    """Built once per process, bound to the nodes when the graph is built."""

    clock: Clock
    ids: Ids
    identity: Identity
    limits: Limits
    semantics: Semantics
    tools: Mapping[Tool, ToolPort[Any, Any]]
    """Each takes plans of its own kind only, which the types of a mapping cannot say."""
    lookups: Lookups
    cache: PlanCache
    audit: AuditTrail
    redactor: Redactor
    screen: Screen
    seal: Seal
    policy: Policy
    glossary: Glossary | None = None
    """None where choices are not kept."""
    verified: VerifiedQueries | None = None
    """None where no corrections are kept."""
