"""`clearway cache` and `clearway history`: what is kept, and taking it away."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Run

pytestmark = pytest.mark.acceptance


def test_what_was_asked_is_listed_reused_and_dropped(clearway: Run) -> None:
    clearway("cache", "invalidate", "--all")
    assert clearway("ask", "total revenue by region").returncode == 0
    assert clearway("ask", "total revenue per region").returncode == 0
    (line,) = clearway("history", "list", "--json").stdout.splitlines()
    kept = json.loads(line)
    assert (kept["question"], kept["use_count"]) == ("total revenue by region", 2)
    assert "total revenue by region" in clearway("history", "list").stdout
    stats = json.loads(clearway("cache", "stats", "--json").stdout)
    assert (stats["history_entries"], stats["history_uses"]) == (1, 2)
    assert "used 2 times" in clearway("cache", "stats").stdout
    assert "0 plans" in clearway("history", "cleanup").stdout
    assert "0 plans" in clearway("cache", "optimize").stdout, "a fifth of one is none"
    assert "0 plans" in clearway("cache", "invalidate", "--older-than-hours", "1").stdout
    assert "1 plan " in clearway("cache", "invalidate", "--pattern", "*region").stdout
    assert clearway("history", "list").stdout == ""


def test_everything_is_dropped_only_when_asked_for(clearway: Run) -> None:
    done = clearway("cache", "invalidate")
    assert done.returncode == 2
    assert "--all" in done.stderr


def test_a_redis_that_is_away_is_told(clearway: Run) -> None:
    away = {"CLEARWAY_REDIS_URL": "redis://127.0.0.1:1/0"}
    done = clearway("cache", "stats", **away)
    assert done.returncode == 0
    assert "Redis does not answer" in done.stdout
    dropped = clearway("cache", "invalidate", "--all", **away)
    assert dropped.returncode == 1
    assert "Traceback" not in dropped.stderr
    asked = json.loads(clearway("ask", "total revenue", "--json", **away).stdout)
    assert asked["kind"] == "answered"
    assert any("Redis" in note["detail"] for note in asked["degradations"])


def test_a_wrong_redis_url_is_one_sentence(clearway: Run) -> None:
    done = clearway("ask", "total revenue", CLEARWAY_REDIS_URL="cache:6379")
    assert done.returncode == 1
    assert "CLEARWAY_REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr
