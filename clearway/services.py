"""The services that can be asked: those of `services.yaml`, or the demo's beside the demo data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from clearway.environment import process_environment
from clearway.graph.ports import Clock
from clearway.resilience.callee import CallGuard
from clearway.settings import Settings
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.runner import Runner
from clearway.tools.rest.calling.shape import Shaper
from clearway.tools.rest.declared.registry import Registry, load_registry
from clearway.tools.rest.demo_service import demo_services
from clearway.tools.rest.planning.model import ModelPlanner
from clearway.tools.rest.planning.planner import SOURCE_ID
from clearway.tools.rest.ports import CallModel, WriteGuard
from clearway.tools.rest.tool import RestTool


def snapshots(settings: Settings) -> Path:
    """Return the folder of documents that were fetched."""
    return settings.home / "openapi"


@asynccontextmanager
async def open_registry(settings: Settings) -> AsyncIterator[Registry]:
    """Give what may be called; raise `ConfigurationError` naming file, line and field."""
    if settings.services_path is not None:
        yield load_registry(settings.services_path, snapshots=snapshots(settings))
    elif settings.warehouse_url is None:
        async with demo_services() as registry:
            yield registry
    else:
        yield Registry()


@asynccontextmanager
async def open_rest(
    settings: Settings,
    clock: Clock,
    *,
    hide: Callable[[str], str],
    model: CallModel | None,
    guard: WriteGuard | None,
    calls: CallGuard | None = None,
) -> AsyncIterator[RestTool | None]:
    """Give the services tool, or None where there are no services."""
    async with open_registry(settings) as registry:
        if not registry.services:
            yield None
            return
        async with Client(registry, clock, process_environment, calls=calls) as client:
            shaper = Shaper(row_limit=settings.row_limit, hide=hide)
            planner = model and ModelPlanner(
                model, source_id=SOURCE_ID, timeout_s=settings.model_timeout_s
            )
            yield RestTool(
                registry, Runner(registry, client, shaper, clock, guard), model=planner or None
            )
