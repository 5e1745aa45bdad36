"""Start the server: read the file, open the router, listen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clearway.errors import ConfigurationError
from clearway.llm.calls.dial import FileDial
from clearway.llm.face.config import ServeConfig, load_config, served
from clearway.llm.face.names import Names
from clearway.llm.open import open_router
from clearway.llm.ports import Admission
from clearway.resilience.clock import SystemClock

KEYS = "CLEARWAY_LLM_ACCESS_KEYS"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def serve(
    path: Path | None,
    *,
    host: str,
    port: int,
    environment: Mapping[str, str],
    home: Path,
    admission: Admission | None = None,
) -> None:
    """Serve until interrupted; raise `ConfigurationError` for what cannot be served.

    Without `admission` everything is counted in this process only.
    """
    try:
        import uvicorn

        from clearway.llm.face.app import Face, app
    except ImportError:
        raise ConfigurationError(
            "The server needs two more packages: pip install 'clearway[server]'."
        ) from None
    keys = access_keys(environment.get(KEYS, ""))
    if host not in LOOPBACK and not keys:
        raise ConfigurationError(
            f"Listening on {host} lets others spend your money: set {KEYS} to "
            "name=key,name=key or listen on 127.0.0.1."
        )
    config = ServeConfig() if path is None else load_config(path)
    clock = SystemClock()
    registry, routes = served(config, str(path), environment)
    router = open_router(
        registry=registry if routes else None,
        routes=routes or None,
        environment=environment,
        settings=config.settings(),
        admission=admission,
        dial=FileDial(home / "drills.json", clock),
        clock=clock,
    )
    names = Names(router.preparing.parts.routes, config.routes, in_file_order=bool(routes))
    face = Face(router=router, names=names, stream_mode=config.stream_mode, keys=keys)
    listening = uvicorn.Config(
        app(face), host=host, port=port, log_level="warning", access_log=False
    )
    await uvicorn.Server(listening).serve()


def access_keys(text: str) -> dict[str, str]:
    """Return key -> name of `name=key,name=key`; raise `ConfigurationError` for anything else."""
    keys = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, found, key = part.partition("=")
        if not (name and found and key):
            raise ConfigurationError(f"{KEYS} is a list of name=key, parted by commas.")
        keys[key] = name
    return keys
