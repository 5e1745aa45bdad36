"""A service that has no such thing has answered: nothing is found, and nothing has failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.errors import ExecutionError
from tests.integration.tools.rest.test_tool import answered, tool_over
from tests.rest_server import says
from tests.unit.tools.rest.inquiries import inquiry

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_thing_the_service_does_not_have_is_not_found(tmp_path: Path, status: int) -> None:
    script = {"/payments/99": says({"error": "absent"}, status)}
    async with tool_over(tmp_path, script) as (tool, server):
        for _ in range(8):  # more than a breaker bears of faults
            ran = await answered(tool, inquiry("GET /payments/99"))
    assert ran.rows.rows == ()
    said = f"There is no such payment (the service payments says {status})."
    assert [(note.kind, note.detail) for note in ran.notes] == [("missing", said)]
    assert len(server.asked) == 8


@pytest.mark.parametrize(
    ("call", "path", "status"),
    [
        ("GET /payments", "/payments", 404),
        ("GET /payments/99", "/payments/99", 403),
        ("GET /customers/9/payments", "/customers/9/payments", 500),
        ('POST /payments {"amount": 5, "customer_id": 7}', "/payments", 404),
    ],
)
async def test_whatever_else_a_service_refuses_is_a_failure(
    tmp_path: Path, call: str, path: str, status: int
) -> None:
    async with tool_over(tmp_path, {path: says({}, status)}) as (tool, _):
        with pytest.raises(ExecutionError, match=f"HTTP {status}"):
            await answered(tool, inquiry(call))
