"""The routes of the model router, to be served by themselves or mounted in a larger server."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from clearway.llm.artifacts.make import ArtifactMaker
from clearway.llm.face.chat import Chat
from clearway.llm.face.circuits import Circuits
from clearway.llm.face.deciding import Deciding
from clearway.llm.face.drills import Drills
from clearway.llm.face.executing import Executing
from clearway.llm.face.face import Face
from clearway.llm.face.generating import Generating
from clearway.llm.face.metrics import Metrics
from clearway.llm.face.standing import Standing
from clearway.llm.face.traces import Traces


def routes_of(face: Face) -> list[BaseRoute]:
    """Return the routes over an open router; they keep no state but what `face` brings.

    Whoever mounts them opens and closes the router, and tends it (`clearway.llm.tending`).
    """
    page = face.page
    chat, standing, deciding = Chat(face), Standing(face), Deciding(face)
    circuits, drills = Circuits(face), Drills(face)
    answered = page(chat.complete, counted=False)
    maker = face.maker or ArtifactMaker(face.router)
    generated = page(Generating(face, maker).generate, counted=False)
    executed = page(Executing(face).execute, counted=False)
    metrics = [Route("/metrics", page(Metrics(face).page, counted=False))]
    return [
        *(metrics if face.shows_metrics else ()),
        Route("/v1/chat/completions", answered, methods=["POST"]),
        Route("/chat/completions", answered, methods=["POST"]),
        Route("/v1/models", page(chat.models)),
        Route("/v1/models/health", page(standing.health_of_models)),
        Route("/v1/models/{name:path}", page(chat.model)),
        Route("/health", standing.health),
        Route("/execute", executed, methods=["POST"]),
        Route("/traces", page(Traces(face).listed)),
        Route("/providers", page(standing.providers)),
        Route("/routing/analytics", page(standing.analytics)),
        Route("/v1/router/status", page(standing.status)),
        Route("/v1/generate", generated, methods=["POST"]),
        Route("/v1/router/route", page(deciding.route), methods=["POST"]),
        Route("/v1/router/cache/clear", page(deciding.clear, admin=True), methods=["POST"]),
        Route("/v1/circuit-breakers/status", page(circuits.status)),
        Route("/v1/circuit-breakers/reset", page(circuits.reset, admin=True), methods=["POST"]),
        Route("/simulate/failure", page(drills.listed, admin=True), methods=["GET"]),
        Route("/simulate/failure", page(drills.start, admin=True), methods=["POST"]),
        Route("/simulate/failure", page(drills.stop, admin=True), methods=["DELETE"]),
    ]
