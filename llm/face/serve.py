"""Start the server: read the file, open the router, listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.errors import ConfigurationError
from clearway.llm.admission.alerts import FailureAlerts
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.records import MemoryRecords, Records
from clearway.llm.artifacts.make import ArtifactMaker
from clearway.llm.calls.dial import FileDial
from clearway.llm.face.access import KEYS, KeyRing, access_keys
from clearway.llm.face.config import ServeConfig, check_routes, load_config, served
from clearway.llm.face.names import Names
from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.limits import RouterSettings
from clearway.llm.open import open_router
from clearway.llm.policy.decide import RulePolicy, facts_of
from clearway.llm.policy.rules import load_rules
from clearway.llm.ports import Admission, GenerationCache, GenerationFlights
from clearway.llm.providers.registry import load_registry
from clearway.llm.providers.routes import Environment, all_routes
from clearway.llm.router import Router
from clearway.llm.sharing.generations import MemoryGenerations, SharedFlights
from clearway.llm.tending import Look
from clearway.llm.tokens.counter import LocalTokenCounter
from clearway.resilience.clock import SystemClock
from clearway.resilience.limits import SlidingWindow

if TYPE_CHECKING:
    from clearway.llm.face.face import Admits, Door, Face

PROXIES = "FORWARDED_ALLOW_IPS"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANONYMOUS_REQUESTS = 60
"""A minute, of one address without a name; a file that lists its own providers says it itself."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What whoever starts the server brings along; the file says the rest."""

    environment: Mapping[str, str]
    home: Path
    """Where drills are found."""
    providers_path: Path | None = None
    policy_path: Path | None = None
    tokenizer_dir: Path | None = None
    hides_personal: bool = True
    hides_secrets: bool = True
    input_chars: int = 10_000
    output_chars: int = 50_000
    limits_lengths: bool = True
    unset: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `RouterSettings` that hold where the file says nothing of them."""
    unset_named: Mapping[str, Any] = field(default_factory=dict)
    """Further ones where callers have names: who is nobody has no cap of its own."""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    """Fields of requests that do not say them: temperature, top_p, preference."""
    admission: Admission | None = None
    """None: everything is counted in this process only."""
    records: Records | None = None
    """What is on record where the admission is shared."""
    admits: Callable[[int, float], Admits] | None = None
    """Makes what counts requests that call no model, at most so many in so many seconds."""
    flights: GenerationFlights | None = None
    cache: GenerationCache | None = None
    look: Look | None = None
    failing: FailureAlerts | None = None
    """What is told of endpoints that keep failing, where the admission is this process's own."""


async def serve(
    path: Path | None,
    given: Given,
    *,
    host: str,
    port: int,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until interrupted; raise `ConfigurationError` for what cannot be served.

    `ready` is told once there is nothing left that could be wrong.
    """
    try:
        from clearway.llm.face.app import app
        from clearway.llm.face.listening import listen
    except ImportError:
        raise ConfigurationError(
            "The server needs a few more packages: pip install 'clearway[server]'."
        ) from None
    config = _read(path)
    _, metrics_port = config.metrics.resolved(Environment(given.environment))
    face = _face(config, _named(path), given, host=host)
    proxies = given.environment.get(PROXIES)
    await listen(
        app(face), host=host, port=port, metrics_port=metrics_port, proxies=proxies, ready=ready
    )


def open_face(path: Path | None, given: Given, *, host: str = LOOPBACK[0]) -> Face:
    """Return the endpoints over the file's router; nothing is connected yet."""
    return _face(_read(path), _named(path), given, host=host)


def _read(path: Path | None) -> ServeConfig:
    """Return the file as it is now; it is read once, since it may be a pipe."""
    return ServeConfig() if path is None else load_config(path)


def _named(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _face(config: ServeConfig, source: str | None, given: Given, *, host: str) -> Face:
    from clearway.llm.face.face import Face

    keys = access_keys(given.environment.get(KEYS, ""))
    if host not in LOOPBACK and not keys:
        raise ConfigurationError(
            f"Listening on {host} lets others spend your money: set {KEYS} to "
            "name=key,name:admin=key or listen on 127.0.0.1."
        )
    clock = SystemClock()
    own = MemoryAdmission(clock, failing=given.failing)
    dial = FileDial(given.home / "drills.json", clock)
    given = replace(
        given,
        admission=given.admission or own,
        cache=given.cache or MemoryGenerations(clock, max_entries=config.sharing.max_entries),
    )
    router = _router(config, source, given, named=bool(keys), dial=dial)
    names = Names(
        router.preparing.parts.routes, config.routes, in_file_order=bool(config.providers)
    )
    return Face(
        router=router,
        records=given.records or MemoryRecords(own.ledger, clock),
        names=names,
        access=KeyRing(keys=keys, hosts=() if keys else LOOPBACK),
        door=_door(router.settings, given, clock),
        maker=_maker(router, config, given),
        dial=dial,
        shows_metrics=config.metrics.resolved(Environment(given.environment))[0],
        stream_mode=config.stream_mode,
        look=given.look,
        sampling=given.sampling,
        input_chars=_lengths(config, given)[0],
    )


def _maker(router: Router, config: ServeConfig, given: Given) -> ArtifactMaker:
    """Return what makes artifacts, bounded as what chats where the file says nothing else."""
    settings = config.artifacts.settings(*_lengths(config, given))
    return ArtifactMaker(router, cache=given.cache, settings=settings)


def _door(settings: RouterSettings, given: Given, clock: SystemClock) -> Door:
    """Return the limits of what calls no model: the same numbers as of what does."""
    from clearway.llm.face.face import Door

    def admits(requests: int) -> Admits:
        if given.admits is not None:
            return given.admits(requests, settings.window_s)
        return SlidingWindow(clock, requests=requests, window_s=settings.window_s)

    named = settings.user_requests
    return Door(
        named=None if named is None else admits(named),
        anonymous=admits(settings.address_requests or ANONYMOUS_REQUESTS),
    )


def _router(
    config: ServeConfig,
    source: str | None,
    given: Given,
    *,
    named: bool,
    dial: FileDial,
) -> Router:
    """Return the router over the file's providers, or over those of the registry with keys."""
    clock = SystemClock()
    file = source or "the file"
    registry, routes = served(config, file, given.environment)
    if not config.providers:
        registry = load_registry(given.providers_path)
    check_routes(config, [provider.id for provider in registry], file)
    guards = config.guards
    found = routes or all_routes(registry, Environment(given.environment))[0]
    rules = load_rules(config.policy or given.policy_path)
    router = open_router(
        registry=registry,
        routes=routes or None,
        environment=given.environment,
        settings=replace(config.settings(), **_unset(config, given, named=named)),
        admission=given.admission,
        policy=RulePolicy(rules, [facts_of(each, found.get(each.id, ())) for each in registry]),
        guardrails=PatternGuardrails(
            secrets=given.hides_secrets if guards.secrets is None else guards.secrets,
            personal=given.hides_personal if guards.personal is None else guards.personal,
        ),
        tokens=LocalTokenCounter(given.tokenizer_dir),
        cache=given.cache,
        flights=given.flights or SharedFlights(clock),
        dial=dial,
        clock=clock,
    )
    if not router.preparing.parts.routes:
        raise ConfigurationError(
            f"There is nobody to ask{_not_in(source)}: set a provider's key (`clearway models "
            "list` names them) or list providers in a file and name it with --config."
        )
    return router


def _not_in(source: str | None) -> str:
    return "" if source is None else f", and {source} lists no providers"


def _unset(config: ServeConfig, given: Given, *, named: bool) -> dict[str, Any]:
    """Return what holds beside the file: what it says itself, off included, stays as it is."""
    said = config.limits.model_fields_set | config.budgets.model_fields_set
    defaults: dict[str, Any] = {
        "max_answer_chars": _lengths(config, given)[1],
        "screens_answers": config.guards.answers,
    }
    if not config.providers:
        defaults["address_requests"] = ANONYMOUS_REQUESTS
    brought = {**given.unset, **(given.unset_named if named else {})}
    defaults |= {name: value for name, value in brought.items() if value is not None}
    return {name: value for name, value in defaults.items() if name not in said}


def _lengths(config: ServeConfig, given: Given) -> tuple[int | None, int | None]:
    """Return how long what a user types and an answer may be; None: however long."""
    guards = config.guards
    if not (given.limits_lengths if guards.lengths is None else guards.lengths):
        return None, None
    return guards.input_chars or given.input_chars, guards.output_chars or given.output_chars
