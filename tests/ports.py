"""Small, real implementations of the ports, for tests of the graph and its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import prod
from typing import Any

from clearway.errors import CacheError, ClearwayError, StoreUnavailable
from clearway.graph.ports import (
    Asked,
    AuditEvent,
    Inquiry,
    Look,
    ModelRequest,
    PlanRun,
    Policy,
    Recalled,
    Rows,
    Services,
)
from clearway.identity import ACT_FOR, Principal
from clearway.outcome import ResultColumn, Usage
from clearway.plans import CheckedSql, Evidence, Plan, Proof, Rejection, SqlPlan
from clearway.resilience.single_flight import SingleFlight
from clearway.semantics.types import Abstention, Frame, Route
from clearway.tools.sql.lookup import SqlLookups
from clearway.tools.sql.planning import SqlPlanner
from clearway.tools.sql.tool import SqlTool

SECRET = "sk-live-0123456789"

ANSWERED_PATH = [
    "admit", "route", "recall", "plan", "gate",
    "validate", "approve", "execute", "respond", "audit",
]  # fmt: skip
"""The nodes of a question that is planned and answered."""


@dataclass
class DrivenClock:
    """Stands still until a test moves it."""

    at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class CountingIds:
    count: int = 0

    def trace_id(self) -> str:
        self.count += 1
        return f"trace-{self.count}"


@dataclass
class NamedCaller:
    principal: Principal = field(
        default_factory=lambda: Principal(user="ada", scopes=frozenset({ACT_FOR}))
    )

    def caller(self) -> Principal:
        return self.principal


@dataclass
class Turnstile:
    """Lets everybody in until told to make them wait."""

    wait_s: float | None = None

    async def admit(self, principal: Principal) -> float | None:
        return self.wait_s


@dataclass
class PhraseBook:
    """Knows a plan, or the lack of one, for the exact texts it was given."""

    plans: dict[str, SqlPlan | Abstention] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Texts that hold a name, and the look-up that finds it."""

    def read(
        self,
        text: str,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None = None,
    ) -> Frame:
        return Frame(
            text=text if previous is None or text in self.plans else f"{previous.text} {text}"
        )

    async def ground(
        self,
        frame: Frame,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None,
        look: Look,
    ) -> Frame:
        if frame.text not in self.names:
            return frame
        found = await look(self.names[frame.text])
        return replace(frame, text=f"{frame.text} ({found[0][0]})") if found else frame

    def route(self, text: str, frame: Frame, principal: Principal) -> Route:
        if text.lower().startswith("select"):
            return Route(tool="sql", confidence=1.0, reason="it is SQL", raw_sql=True)
        if "handbook" in text.lower():
            return Route(tool="docs", confidence=0.9, reason="It names a document.")
        if frame.text in self.plans:
            return Route(tool="sql", confidence=0.9, reason="known")
        return Route(
            tool="none", confidence=0.9, reason="Not about data.", remedy="Ask about data."
        )

    def split(self, text: str, principal: Principal, *, now: datetime, zone: str) -> Sequence[str]:
        return text.split(" & ") if " & " in text else ()

    def plan(self, frame: Frame, principal: Principal) -> SqlPlan | Abstention:
        return self.plans.get(frame.text, Abstention(reason="Unknown."))

    def evidence(
        self, frame: Frame, plan: SqlPlan, principal: Principal, *, proof: Proof | None = None
    ) -> tuple[Evidence, ...]:
        score = self.scores.get(plan.sql, plan.stated_confidence)
        return (Evidence(kind="coverage", score=score, detail="as scripted"),)

    def most_agreed(self, plans: Sequence[SqlPlan], principal: Principal) -> SqlPlan:
        texts = [plan.sql for plan in plans]
        best = max(plans, key=lambda plan: texts.count(plan.sql))
        return best.model_copy(update={"others": tuple(texts[1:])})

    def prompt_schema(self, frame: Frame, principal: Principal) -> str:
        return "shop.orders(total numeric)"

    def version(self) -> str:
        return "1"


class WeakestLinks:
    """Takes every fact for necessary, whatever was repaired on the way."""

    def of(self, evidence: Iterable[Evidence]) -> float:
        return round(prod(item.score for item in evidence if item.kind != "repairs"), 4)


@dataclass
class ScriptedModel:
    """Replies in order; an error in the script is raised."""

    script: list[SqlPlan | Abstention | ClearwayError]
    asked: list[ModelRequest] = field(default_factory=list)

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        self.asked.append(request)
        reply = self.script.pop(0)
        if isinstance(reply, ClearwayError):
            raise reply
        return reply, Usage(model="scripted", prompt_tokens=10, completion_tokens=5)


@dataclass
class WordList:
    """Refuses statements that hold a forbidden word, and renders the rest in a form of its own."""

    forbidden: tuple[str, ...] = ("drop", "customers")

    def check(self, sql: str, principal: Principal) -> CheckedSql | Rejection:
        for word in self.forbidden:
            if word in sql.lower():
                return Rejection(
                    layer="names", rule="sql.word", reason=f"No {word} here.", remedy="Leave it."
                )
        return CheckedSql(
            source_id="shop", sql=f"/*checked*/ {sql}", relations=("shop.orders",), limit=1000
        )


@dataclass
class Estimator:
    cost: float = 10.0
    objection: Rejection | None = None

    async def prove(
        self, checked: CheckedSql, principal: Principal, *, timeout_s: float
    ) -> Proof | Rejection:
        return self.objection or Proof(cost=self.cost, rows=1, relations=checked.relations)


@dataclass
class TableOfOne:
    """Returns one row, or what the script says, and remembers what it ran."""

    script: list[ClearwayError | Callable[[], Rows]] = field(default_factory=list)
    ran: list[tuple[str, str, float]] = field(default_factory=list)

    async def run(
        self, checked: CheckedSql, principal: Principal, *, trace_id: str, timeout_s: float
    ) -> Rows:
        self.ran.append((checked.sql, principal.user, timeout_s))
        step = self.script.pop(0) if self.script else one_row
        if isinstance(step, ClearwayError):
            raise step
        return step()


def one_row() -> Rows:
    return Rows(
        columns=(ResultColumn(name="total", type="bigint"),),
        rows=((987654321,),),
        truncated=False,
        result_hash="hash-of-one-row",
    )


@dataclass
class OpenBook:
    """Keeps events in order; can be made to lose its disk."""

    events: list[AuditEvent] = field(default_factory=list)
    lost: bool = False

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        if self.lost:
            raise StoreUnavailable("The audit cannot be written.")
        known = {(e.request_id, e.step, e.phase) for e in self.events}
        self.events += [e for e in events if (e.request_id, e.step, e.phase) not in known]

    def steps(self) -> list[tuple[str, str, str]]:
        return [(event.step, event.phase, event.status) for event in self.events]


class OneSecret:
    def redact(self, text: str) -> str:
        return text.replace(SECRET, "[KEY]")


class OneScreen:
    def question(self, text: str) -> str:
        return OneSecret().redact(text)

    answer = question


class WaxSeal:
    def sign(self, payload: str) -> str:
        return f"sealed:{hash(payload)}"

    def verify(self, payload: str, seal: str) -> bool:
        return seal == self.sign(payload)


@dataclass
class Memory:
    """A plan cache without bounds; with `trouble` it works, and complains."""

    kept: dict[str, Plan] = field(default_factory=dict)
    runs: list[PlanRun] = field(default_factory=list)
    trouble: str = ""

    def key(self, asked: Asked) -> str:
        return f"{asked.principal.tenant}:{asked.frame.canonical()}:{asked.frame.text}"

    async def recall(self, asked: Asked) -> Recalled:
        plan = self.kept.get(self.key(asked))
        if plan is None:
            return Recalled(trouble=self.trouble)
        recalled = plan.model_copy(update={"source": "cache"})
        return Recalled(plan=recalled, tier="process", trouble=self.trouble)

    async def remember(self, asked: Asked, plan: Plan, run: PlanRun) -> None:
        if plan.source != "cache":
            self.kept[self.key(asked)] = plan
        self.runs.append(run)
        self._fail()

    async def forget(self, asked: Asked) -> None:
        self.kept.pop(self.key(asked), None)
        self._fail()

    def _fail(self) -> None:
        if self.trouble:
            raise CacheError(self.trouble)


def policy(**changes: object) -> Policy:
    settings: Mapping[str, object] = {
        "source_id": "shop",
        "confidence_threshold": 0.7,
        "min_confidence_threshold": 0.5,
        "max_question_chars": 10_000,
        "request_timeout_s": 60.0,
        "model_timeout_s": 30.0,
        "clarify_rounds": 2,
        "repair_rounds": 2,
        "preview_rows": 20,
        "row_limit": 1000,
        "timezone": "UTC",
        "approval_plan_cost": None,
        **changes,
    }
    return Policy(**settings)  # type: ignore[arg-type]  # names checked by the dataclass itself


def services(**changes: object) -> Services:
    """Return a full set of ports; any of them can be replaced by name."""
    ports: dict[str, object] = {
        "clock": DrivenClock(),
        "ids": CountingIds(),
        "identity": NamedCaller(),
        "limits": Turnstile(),
        "semantics": PhraseBook(),
        "cache": Memory(),
        "audit": OpenBook(),
        "redactor": OneSecret(),
        "screen": OneScreen(),
        "seal": WaxSeal(),
        "policy": policy(),
        **changes,
    }
    of_sql: dict[str, object] = {
        "model": None,
        "interlock": WordList(),
        "prover": Estimator(),
        "executor": TableOfOne(),
        "verified": None,
        "confidence": WeakestLinks(),
    }
    of_sql = {name: ports.pop(name, default) for name, default in of_sql.items()}
    ports.setdefault(
        "lookups",
        SqlLookups(**{name: {**ports, **of_sql}[name] for name in LOOKING}),  # type: ignore[arg-type]
    )
    others = ports.get("tools", {})
    ports["tools"] = {"sql": sql_tool({**ports, **of_sql}), **others}  # type: ignore[dict-item]
    return Services(**ports)  # type: ignore[arg-type]


def sql_tool(ports: Mapping[str, object]) -> SqlTool:
    """Return the SQL tool over ports by name."""
    shared = ("semantics", "policy")
    planner = SqlPlanner(
        flights=SingleFlight(DrivenClock()),
        prompt="{schema} {now} {zone} {row_limit} {rejections}",
        terms=ports.get("terms"),  # type: ignore[arg-type]
        **{name: ports[name] for name in (*shared, "model", "cache", "verified")},  # type: ignore[arg-type]
    )
    names = (*shared, "interlock", "prover", "executor")
    parts: dict[str, Any] = {name: ports[name] for name in names}
    return SqlTool(planner=planner, calibration=ports["confidence"], **parts)  # type: ignore[arg-type]


def inquiry(text: str, principal: Principal | None = None, **changes: Any) -> Inquiry:
    """Return a request as a tool sees it."""
    asked = Asked(
        frame=Frame(text=text),
        principal=principal or Principal(user="ada"),
        at=DrivenClock().now(),
        zone="UTC",
        tool=changes.pop("tool", "docs"),
    )
    fields = {"request_id": "request-1", "trace_id": "trace-1", "timeout_s": 5.0, **changes}
    return Inquiry(asked=asked, text=text, **fields)


def ran(ports: Services) -> list[tuple[str, str, float]]:
    """Return the statements that ran: text, user, seconds allowed."""
    executor = ports.tools["sql"].executor  # type: ignore[attr-defined]
    assert isinstance(executor, TableOfOne)
    return executor.ran


LOOKING = ("clock", "interlock", "prover", "executor", "audit")


def plan(sql: str, *, source: str = "rules", stated: float = 0.95) -> SqlPlan:
    return SqlPlan.model_validate(
        {"source": source, "source_id": "shop", "sql": sql, "stated_confidence": stated}
    )
