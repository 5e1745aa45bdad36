"""Which embedder the settings mean, and the endpoint's replies, over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from clearway.errors import ConfigurationError, ModelUnavailable
from clearway.llm.embeddings.choose import NONE, choose_embedder, embedder_in_words
from clearway.settings import Settings

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, embedding_dimensions=8, **changes)  # type: ignore[call-arg, arg-type]


@contextmanager
def endpoint(status: int, body: object) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            reply = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(*vectors: list[float]) -> dict[str, object]:
    data = [{"object": "embedding", "index": n, "embedding": v} for n, v in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": "m", "data": data[::-1], "usage": usage}


async def test_an_endpoint_gives_unit_vectors_in_the_order_asked() -> None:
    with endpoint(200, reply([3.0] + [0.0] * 7, [0.0, 2.0] + [0.0] * 6)) as url:
        chosen = choose_embedder(settings(embedding_url=url, embedding_model="m"))
        assert chosen is not None
        vectors = await chosen.embed(["a", "b"])

    assert vectors == [[1.0] + [0.0] * 7, [0.0, 1.0] + [0.0] * 6]
    assert chosen.model_id == "m@127.0.0.1"


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (401, {}, "HTTP 401"),
        (200, reply([1.0] * 3, [1.0] * 3), "8 numbers"),
        (200, reply(), "2 vectors"),
    ],
)
async def test_a_reply_that_is_none_is_a_typed_failure(
    status: int, body: object, what: str
) -> None:
    with endpoint(status, body) as url:
        chosen = choose_embedder(settings(embedding_url=url))
        assert chosen is not None
        with pytest.raises(ModelUnavailable, match=what):
            await chosen.embed(["a", "b"])


async def test_an_endpoint_that_is_gone_is_a_typed_failure() -> None:
    with endpoint(200, {}) as url:
        pass
    chosen = choose_embedder(settings(embedding_url=url))
    assert chosen is not None
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await chosen.embed(["a"])


def test_nothing_configured_is_a_mode_and_said_in_words() -> None:
    assert choose_embedder(settings()) is None
    assert embedder_in_words(settings()) == NONE
    assert "CLEARWAY_EMBEDDING_MODEL_DIR" in NONE


def test_both_configured_is_an_error(tmp_path: Path) -> None:
    both = settings(embedding_url="http://x/v1", embedding_model_dir=tmp_path)

    with pytest.raises(ConfigurationError, match="both set"):
        choose_embedder(both)
    assert "both set" in embedder_in_words(both)
