"""Endpoints that keep failing are told of once a row of failures, in the log and by webhook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.llm.admission.alerts import FailureAlerts
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.ports import Result
from clearway.resilience.breaker import PROFILES
from clearway.resilience.clock import FakeClock
from tests.attempts import DONE, FAILED, attempt
from tests.webhook import webhook

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def called(admission: MemoryAdmission, result: Result, *, profile: str = "gateway") -> None:
    each = attempt(purses=[], breaker=PROFILES[profile])
    await admission.enter(each)
    await admission.leave(each.attempt_id, result)


async def test_the_third_failure_in_a_row_is_told_and_the_fourth_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with webhook() as (url, told):
        alerts = FailureAlerts(url)
        admission = MemoryAdmission(FakeClock(), failing=alerts)
        ignored = replace(FAILED, verdict="ignored")
        for result in (FAILED, FAILED, ignored, DONE, FAILED, FAILED, ignored, FAILED, FAILED):
            await called(admission, result)
        await alerts.told()
    assert told == [
        {
            "event": "endpoint_keeps_failing",
            "provider": "p",
            "endpoint": "eu",
            "model": "m",
            "consecutive_failures": 3,
            "error": "ServerError",
        }
    ]
    assert caplog.messages == ["endpoint_keeps_failing"]


async def test_a_circuit_that_opens_at_the_third_failure_is_told_of_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with webhook() as (url, told):
        alerts = FailureAlerts(url)
        admission = MemoryAdmission(FakeClock(), failing=alerts)
        for _ in range(3):
            await called(admission, FAILED, profile="provider")
        await alerts.told()
    assert len(told) == 1
    assert caplog.messages == ["circuit_open", "endpoint_keeps_failing"]


async def test_a_webhook_that_fails_is_logged_without_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alerts = FailureAlerts("http://127.0.0.1:1/services/secret-token")
    admission = MemoryAdmission(FakeClock(), failing=alerts)
    for _ in range(3):
        await called(admission, FAILED)
    await alerts.told()
    assert "alert_webhook_failed" in caplog.messages
    assert not any("secret-token" in str(vars(each)) for each in caplog.records
                   if each.name.startswith("clearway"))  # fmt: skip
