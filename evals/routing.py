"""Whether questions go where they belong.

`python -m clearway.evals.routing CASES [--services FILE] [--show]`

CASES is JSON lines, packed or not, of `{"id", "question", "tool", "also", "refuse"}` about the demo
warehouse and the services of FILE; `tool` is sql, docs, rest, none or clarify, and `also` what its
author finds as good. What must reach no tool, be asked back or be refused by the one it reaches, is
asked through the whole graph, and nothing may be executed for it; `clarify` is right when the
outcome asks back. Exit code 1 below 90 %, above 5 % wrong tools, or on any such execution.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clearway.app import Clearway
from clearway.outcome import Answered, Clarify
from clearway.settings import load_settings

RIGHT_FLOOR, WRONG_TOOL_CEILING = 0.90, 0.05


@dataclass(frozen=True, kw_only=True)
class RoutingCase:
    """A question and where it belongs; `refuse`: what it reaches must say no."""

    id: str
    question: str
    tool: str
    also: Sequence[str] = ()
    refuse: bool = False

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every place it may go."""
        return (self.tool, *self.also)

    @property
    def harmless(self) -> bool:
        """Whether something may be executed for it."""
        return self.tool not in ("none", "clarify") and not self.refuse


@dataclass(frozen=True, kw_only=True)
class Routed:
    """Where a case went, and whether something was executed though nothing should be."""

    case: RoutingCase
    tool: str
    executed: bool = False

    @property
    def right(self) -> bool:
        """Whether it went where it belongs."""
        return self.tool in self.case.accepted

    @property
    def wrong_tool(self) -> bool:
        """Whether it went to a tool that is not its own; to none is a miss, and not this."""
        return self.tool not in (*self.case.accepted, "none")


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file of cases; see the module."""
    parser = argparse.ArgumentParser(description="Score the routing of questions.")
    parser.add_argument("cases", type=Path)
    parser.add_argument("--services", type=Path, help="services.yaml of what is connected besides")
    parser.add_argument("--show", action="store_true", help="print what went elsewhere")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="clearway-evals-") as home:
        cases, services = load(options.cases), options.services
        found = asyncio.run(route_all(cases, Path(home), services_path=services))
    return report(found, show=options.show)


def load(path: Path) -> list[RoutingCase]:
    """Return the cases of a file; keys it has beyond ours are left alone."""
    fields = RoutingCase.__dataclass_fields__
    return [
        RoutingCase(**{key: value for key, value in line.items() if key in fields})
        for line in read_lines(path)
    ]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines, gzipped or not."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode("utf-8").splitlines() if line.strip()]


async def route_all(
    cases: Sequence[RoutingCase], home: Path, *, services_path: Path | None = None
) -> list[Routed]:
    """Route every case, and ask those for which nothing may be executed, in a store of its own."""
    settings = load_settings(
        home=home, database_url=None, redis_url=None, services_path=services_path
    )
    async with Clearway.open(settings) as cw:
        return [await _route(cw, case, number) for number, case in enumerate(cases)]


async def _route(cw: Clearway, case: RoutingCase, number: int) -> Routed:
    tool = cw.route(case.question).tool
    if case.harmless and (tool in case.accepted or "clarify" not in case.accepted):
        return Routed(case=case, tool=tool)
    outcome = await cw.ask(case.question, user=f"case-{number}")
    steps = {record.step for record in await cw.get_audit_records(outcome.trace_id)}
    ran = isinstance(outcome, Answered) or any(step.startswith("execute") for step in steps)
    executed = ran and not case.harmless
    asked_back = "clarify" in case.accepted and isinstance(outcome, Clarify)
    return Routed(case=case, tool="clarify" if asked_back else tool, executed=executed)


def report(found: Sequence[Routed], *, show: bool) -> int:
    """Print the figures; return 1 where one misses its bar."""
    total = len(found)
    right = sum(each.right for each in found)
    first = sum(each.tool == each.case.tool for each in found)
    wrong = [each for each in found if each.wrong_tool]
    executed = [each for each in found if each.executed]
    held = sum(not each.case.harmless for each in found)
    print(f"right tool      {right} of {total} ({right / total:.1%})")
    print(f"the first named {first} of {total} ({first / total:.1%})")
    print(f"wrong tool      {len(wrong)} of {total} ({len(wrong) / total:.1%})")
    print(f"executed        {len(executed)} of {held} for which nothing may be")
    for each in found:
        if (show and not each.right) or each.executed:
            word = "EXECUTED" if each.executed else "went"
            print(
                f"  {each.case.id} {word} {each.tool}, not {each.case.tool}: "
                f"{each.case.question[:120]!r}"
            )
    missed = right / total < RIGHT_FLOOR or len(wrong) / total > WRONG_TOOL_CEILING
    return int(missed or bool(executed))


if __name__ == "__main__":
    sys.exit(main())
