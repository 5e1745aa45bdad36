from __future__ import annotations

from pathlib import Path

import pytest

from clearway.errors import ConfigurationError
from clearway.tools.rest.calling.fetch import fetched
from clearway.tools.rest.declared.registry import load_registry
from clearway.tools.rest.declared.services_file import read_services
from tests.rest_server import Answer, says, serving
from tests.unit.tools.rest.documents import PAYMENTS

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


def written(folder: Path, url: str, private: str = "127.0.0.0/8") -> Path:
    path = folder / "services.yaml"
    path.write_text(
        f"version: 1\nservices:\n  payments:\n    openapi: {url}/spec\n    private: [{private}]\n"
    )
    return path


async def test_a_document_is_fetched_once_and_read_from_then_on(tmp_path: Path) -> None:
    async with serving({"/spec": says(PAYMENTS.encode())}) as server:
        path = written(tmp_path, server.url)
        assert [name for name, _ in await fetched(read_services(path), tmp_path)] == ["payments"]
    found = load_registry(path, snapshots=tmp_path)
    assert found.get("payments.getPayment") is not None


@pytest.mark.parametrize(
    ("answer", "private", "told"),
    [
        (says(b"- no document"), "127.0.0.0/8", "no OpenAPI document"),
        (says({}, 404), "127.0.0.0/8", "HTTP 404"),
        (says(PAYMENTS.encode()), "10.0.0.0/8", "may not be called"),
    ],
)
async def test_what_cannot_be_had_or_read_leaves_what_was_kept(
    tmp_path: Path, answer: Answer, private: str, told: str
) -> None:
    async with serving({"/spec": [says(PAYMENTS.encode()), answer]}) as server:
        await fetched(read_services(written(tmp_path, server.url)), tmp_path)
        path = written(tmp_path, server.url, private)
        with pytest.raises(ConfigurationError, match=told):
            await fetched(read_services(path), tmp_path)
    assert load_registry(path, snapshots=tmp_path).operations
