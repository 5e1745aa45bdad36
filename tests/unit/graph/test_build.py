"""The graph as a whole, over real ports without I/O."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from clearway.errors import (
    BudgetExceeded,
    ExecutionError,
    IdentityError,
    ModelLimited,
    ModelUnavailable,
    RateLimitError,
    RequestTimeoutError,
)
from clearway.graph import state as states
from clearway.graph.build import build_graph
from clearway.graph.context import Context
from clearway.graph.ports import AuditEvent, ModelRequest, Services, Spending
from clearway.graph.runs import Runs
from clearway.identity import APPROVE, Principal
from clearway.outcome import Degradation, Usage
from clearway.plans import Rejection, SqlPlan
from clearway.semantics.types import Abstention, Reading
from tests.ports import (
    SECRET,
    DrivenClock,
    Estimator,
    NamedCaller,
    OpenBook,
    PhraseBook,
    ScriptedModel,
    TableOfOne,
    Turnstile,
    one_row,
    plan,
    policy,
    ran,
    services,
)

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

DRAWING = Path(__file__).with_name("drawing.mmd")
REVENUE = PhraseBook(plans={"revenue": plan("SELECT sum(total) FROM orders")})


async def ask(
    ports: Services,
    question: str,
    *,
    saver: InMemorySaver | None = None,
    context: Context | None = None,
) -> dict[str, Any]:
    graph = build_graph(ports).compile(checkpointer=saver or InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    return await graph.ainvoke({"question": question}, config, context=context or Context())


def test_the_drawing_is_the_design() -> None:
    drawn = build_graph(services()).compile().get_graph().draw_mermaid()
    assert drawn == DRAWING.read_text("utf-8")


async def test_raw_sql_runs_as_rendered_by_the_interlock() -> None:
    ports = services()
    out = await ask(ports, "select sum(total) from orders")
    assert out["outcome"]["kind"] == "answered"
    assert out["outcome"]["result"]["rows"] == [[987654321]]
    assert ran(ports) == [("/*checked*/ select sum(total) from orders", "ada", 60.0)]


async def test_a_sum_over_nothing_says_that_nothing_is_there() -> None:
    nothing = TableOfOne(script=[lambda: replace(one_row(), rows=((None,),))])
    out = await ask(services(executor=nothing, semantics=REVENUE), "revenue")
    assert out["outcome"]["result"]["rows"] == [[None]]
    assert out["outcome"]["message"].startswith("1 row, and nothing in it")


async def test_the_intent_is_on_record_before_anything_runs() -> None:
    book = OpenBook()
    seen: list[list[tuple[str, str, str]]] = []

    class Watched(TableOfOne):
        async def run(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(book.steps())
            return await super().run(*args, **kwargs)

    await ask(services(audit=book, executor=Watched(), semantics=REVENUE), "revenue")
    assert seen == [[("ask", "intent", ""), ("execute-1", "intent", "")]]
    assert book.steps()[2:] == [
        ("execute-1", "outcome", "succeeded"),
        ("ask", "outcome", "answered"),
    ]


async def test_nothing_runs_when_the_audit_is_lost() -> None:
    class LostAtIntent(OpenBook):
        async def append(self, *events: Any, durable: bool = True) -> None:
            self.lost = events[0].step.startswith("execute")
            await super().append(*events, durable=durable)

    ports = services(audit=LostAtIntent(), semantics=REVENUE)
    out = await ask(ports, "revenue")
    assert out["outcome"]["kind"] == "failed"
    assert ran(ports) == []


async def test_a_refused_statement_never_runs_and_is_on_record() -> None:
    ports = services()
    out = await ask(ports, "select * from customers")
    assert out["outcome"]["kind"] == "refused"
    assert out["outcome"]["rejection"]["layer"] == "names"
    assert ran(ports) == []
    assert ports.audit.steps() == [("ask", "intent", ""), ("ask", "outcome", "refused")]


async def test_a_statement_placed_in_the_state_is_not_run() -> None:
    saver, ports = InMemorySaver(), services(semantics=REVENUE)
    await ask(ports, "revenue", saver=saver)
    graph = build_graph(ports).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "t"}}
    state = (await graph.aget_state(config)).values
    forged = {**state["checked"], "sql": "SELECT * FROM customers"}
    placed = Command(goto="execute", update={"checked": forged})
    out = await graph.ainvoke(placed, config, context=Context())
    assert out["outcome"]["kind"] == "refused"
    assert len(ran(ports)) == 1


@pytest.mark.parametrize("node", ["plan", "validate", "execute", "respond"])
async def test_the_graph_entered_in_the_middle_serves_its_caller_only(node: str) -> None:
    saver, caller = InMemorySaver(), NamedCaller()
    ports = services(semantics=REVENUE, identity=caller)
    await ask(ports, "revenue", saver=saver)
    graph = build_graph(ports).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "t"}}
    caller.principal = Principal(user="ada", roles=frozenset({"guest"}))
    with pytest.raises(IdentityError):
        await graph.ainvoke(Command(goto=node), config, context=Context())
    assert len(ran(ports)) == 1


class LosesTheEnd(OpenBook):
    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        self.lost = any(event.phase == "outcome" for event in events)
        await super().append(*events, durable=durable)


async def test_a_request_whose_end_cannot_be_put_on_record_is_not_remembered() -> None:
    runs, ports = Runs(), services(semantics=REVENUE, audit=LosesTheEnd())
    graph = build_graph(ports, runs=runs).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    out = await graph.ainvoke({"question": "revenue"}, config, context=Context())
    assert out["outcome"]["kind"] == "failed"
    assert await runs.left_open("t") == []


async def test_a_conversation_keeps_its_latest_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST_MESSAGES", 4)
    saver, ports = InMemorySaver(), services(semantics=REVENUE)
    graph = build_graph(ports).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "t"}}
    for turn in range(4):
        said = {"messages": [HumanMessage(f"revenue {turn}")]}
        out = await graph.ainvoke(said, config, context=Context())
    texts = [each.text for each in out["messages"] if each.type == "human"]
    assert (len(out["messages"]), texts) == (4, ["revenue 2", "revenue 3"])
    assert out["messages"][-1].type == "ai"


async def test_a_thread_belongs_to_whoever_began_it() -> None:
    saver, caller = InMemorySaver(), NamedCaller(Principal(user="ada"))
    ports = services(semantics=REVENUE, identity=caller)
    await ask(ports, "revenue", saver=saver)
    caller.principal = Principal(user="eve")
    with pytest.raises(IdentityError, match="no such conversation"):
        await ask(ports, "revenue", saver=saver)
    assert ports.audit.steps()[-1] == ("ask", "outcome", "denied")


async def test_asking_as_another_user_takes_the_scope() -> None:
    ports = services(semantics=REVENUE, identity=NamedCaller(Principal(user="eve")))
    out = await ask(ports, "revenue", context=Context(user="ada"))
    assert out["outcome"]["kind"] == "denied"
    assert ran(ports) == []


async def test_rows_stay_out_of_checkpoints() -> None:
    saver = InMemorySaver()
    ports = services(semantics=REVENUE, policy=policy(preview_rows=0))
    out = await ask(ports, "revenue", saver=saver)
    assert out["outcome"]["result"]["rows"] == [[987654321]]
    kept = [saver.get_tuple(entry.config) for entry in saver.list(None)]
    assert "987654321" not in repr(kept)
    assert "hash-of-one-row" in repr(kept)


async def test_secrets_stay_out_of_checkpoints() -> None:
    saver = InMemorySaver()
    question = f"revenue for {SECRET}"
    book = PhraseBook(plans={"revenue for [KEY]": plan("SELECT 1 FROM orders")})
    out = await ask(services(semantics=book), question, saver=saver)
    assert out["outcome"]["kind"] == "answered"
    assert [note["kind"] for note in out["outcome"]["degradations"]] == ["redaction"]
    newest = next(iter(saver.list(None)))
    assert SECRET not in repr(newest.checkpoint)
    assert "[KEY]" in newest.checkpoint["channel_values"]["messages"][0].text


async def test_low_confidence_asks_back_and_runs_nothing() -> None:
    book = PhraseBook(plans={"sales": plan("SELECT 1 FROM orders", stated=0.69)})
    ports = services(semantics=book)
    out = await ask(ports, "sales")
    assert out["outcome"]["kind"] == "clarify"
    assert out["outcome"]["rounds_left"] == 1
    assert ran(ports) == []


@pytest.mark.parametrize(
    ("asked_for", "kind"),
    [(None, "answered"), (0.9, "clarify"), (0.1, "answered"), (2.0, "clarify")],
)
async def test_a_caller_may_raise_the_threshold(asked_for: float | None, kind: str) -> None:
    book = PhraseBook(plans={"sales": plan("SELECT 1 FROM orders", stated=0.8)})
    context = Context(confidence_threshold=asked_for)
    out = await ask(services(semantics=book), "sales", context=context)
    assert out["outcome"]["kind"] == kind


async def test_a_caller_cannot_go_below_the_operators_minimum() -> None:
    book = PhraseBook(plans={"sales": plan("SELECT 1 FROM orders", stated=0.45)})
    context = Context(confidence_threshold=0.0)
    out = await ask(services(semantics=book), "sales", context=context)
    assert out["outcome"]["kind"] == "clarify"


TWO_WAYS = Abstention(
    reason="“sales” could mean two things.",
    unclear=("sales",),
    readings=(Reading(id="a", label="Money", effect="revenue"), Reading(id="b", label="Pieces")),
)


@pytest.mark.parametrize("reply", ["1", "a", "money"])
async def test_a_choice_is_picked_by_number_id_or_label(reply: str) -> None:
    book = PhraseBook(plans={"sales": TWO_WAYS, **REVENUE.plans})
    saver, ports = InMemorySaver(), services(semantics=book)
    first = await ask(ports, "sales", saver=saver)
    assert [choice["label"] for choice in first["outcome"]["choices"]] == ["Money", "Pieces"]
    second = await ask(ports, reply, saver=saver)
    assert second["outcome"]["kind"] == "answered"


async def test_after_the_last_round_it_is_refused_naming_what_was_unclear() -> None:
    saver, ports = InMemorySaver(), services(semantics=PhraseBook(plans={"sales": TWO_WAYS}))
    for _ in range(2):
        assert (await ask(ports, "sales", saver=saver))["outcome"]["kind"] == "clarify"
    last = await ask(ports, "sales", saver=saver)
    assert last["outcome"]["kind"] == "refused"
    assert "sales" in last["outcome"]["remedy"]


async def test_an_interrupt_waits_and_goes_on_with_the_reply() -> None:
    book = PhraseBook(plans={"sales": TWO_WAYS, **REVENUE.plans})
    ports, saver = services(semantics=book), InMemorySaver()
    graph = build_graph(ports).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": "t"}}
    context = Context(clarify="interrupt")
    paused = await graph.ainvoke({"question": "sales"}, config, context=context)
    assert paused["__interrupt__"][0].value["choices"][0]["id"] == "a"
    out = await graph.ainvoke(Command(resume={"choice": "a"}), config, context=context)
    assert out["outcome"]["kind"] == "answered"


async def test_a_costly_plan_waits_for_someone_who_may_approve() -> None:
    ports = services(
        semantics=REVENUE, prover=Estimator(cost=9e9), policy=policy(approval_plan_cost=1e6)
    )
    graph = build_graph(ports).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    paused = await graph.ainvoke({"question": "revenue"}, config, context=Context())
    assert paused["__interrupt__"][0].value["kind"] == "approve"
    out = await graph.ainvoke(Command(resume={"approved": True}), config, context=Context())
    assert out["outcome"]["kind"] == "needs_review", "ada lacks the scope"
    assert ran(ports) == []


async def test_an_approved_plan_runs() -> None:
    caller = NamedCaller(Principal(user="boss", scopes=frozenset({APPROVE})))
    ports = services(
        semantics=REVENUE,
        identity=caller,
        prover=Estimator(cost=9e9),
        policy=policy(approval_plan_cost=1e6),
    )
    graph = build_graph(ports).compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"question": "revenue"}, config, context=Context())
    ports.clock.advance(86_400)  # a person takes a day, and the query still has its allowance
    out = await graph.ainvoke(Command(resume={"approved": True}), config, context=Context())
    assert out["outcome"]["kind"] == "answered"
    assert [timeout_s for _, _, timeout_s in ran(ports)] == [60.0]


async def test_a_model_learns_from_a_rejection() -> None:
    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.")})
    model = ScriptedModel(
        [plan("SELECT * FROM customers", source="model"), plan("SELECT 1", source="model")]
    )
    ports = services(semantics=book, model=model)
    out = await ask(ports, "people")
    assert out["outcome"]["kind"] == "answered"
    assert "No customers here." in model.asked[1].instructions
    assert out["outcome"]["usage"]["prompt_tokens"] == 20
    assert [note["kind"] for note in out["outcome"]["degradations"]] == ["repair"]


async def test_repairs_are_bounded() -> None:
    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.")})
    model = ScriptedModel([plan("SELECT * FROM customers", source="model") for _ in range(9)])
    out = await ask(services(semantics=book, model=model), "people")
    assert out["outcome"]["kind"] == "refused"
    assert len(model.asked) == 3


async def test_a_statement_that_fails_is_planned_again_and_each_run_is_on_record() -> None:
    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.")})
    model = ScriptedModel([plan("SELECT 1/0", source="model"), plan("SELECT 1", source="model")])
    executor = TableOfOne(script=[ExecutionError("A number was divided by zero.")])
    ports = services(semantics=book, model=model, executor=executor)
    out = await ask(ports, "people")
    assert out["outcome"]["kind"] == "answered"
    assert ports.audit.steps() == [
        ("ask", "intent", ""),
        ("execute-1", "intent", ""),
        ("execute-1", "outcome", "ExecutionError"),
        ("execute-2", "intent", ""),
        ("execute-2", "outcome", "succeeded"),
        ("ask", "outcome", "answered"),
    ]


async def test_a_model_that_fails_leaves_the_rules_and_says_so() -> None:
    book = PhraseBook(plans={"revenue": plan("SELECT 1", stated=0.8)})
    model = ScriptedModel([ModelUnavailable("no answer")])
    out = await ask(services(semantics=book, model=model), "revenue")
    assert out["outcome"]["kind"] == "answered"
    assert out["outcome"]["plan_source"] == "rules"
    assert [note["kind"] for note in out["outcome"]["degradations"]] == ["fallback", "fallback"]


async def test_a_model_that_is_limited_says_when_where_rules_cannot_plan_either() -> None:
    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.", unclear=("people",))})
    model = ScriptedModel([ModelLimited("Too many calls.", retry_after_s=12.5)])
    out = await ask(services(semantics=book, model=model), "people")
    assert (out["outcome"]["kind"], out["outcome"]["retry_after_s"]) == ("limited", 12.5)
    assert [note["kind"] for note in out["outcome"]["degradations"]] == ["limit"]


async def test_a_model_that_is_limited_leaves_what_rules_can_do() -> None:
    limit = ModelLimited("Too many calls.", retry_after_s=7200.0)
    books = {
        "answered": PhraseBook(plans={"revenue": plan("SELECT 1", stated=0.8)}),
        "clarify": PhraseBook(
            plans={
                "revenue": Abstention(
                    reason="Which?", readings=(Reading(id="a", label="a", effect="x"),)
                )
            }
        ),
    }
    for kind, book in books.items():
        out = await ask(services(semantics=book, model=ScriptedModel([limit])), "revenue")
        assert out["outcome"]["kind"] == kind
        assert out["outcome"]["degradations"][0]["kind"] == "limit"


async def test_where_waiting_does_not_help_rules_say_what_stands_in_the_way() -> None:
    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.")})
    model = ScriptedModel([BudgetExceeded("It could cost more than the budget.")])
    out = await ask(services(semantics=book, model=model), "people")
    assert (out["outcome"]["kind"], out["outcome"]["reason"]) == ("refused", "Unknown word.")
    assert [note["kind"] for note in out["outcome"]["degradations"]] == ["limit"]


async def test_how_a_proposal_came_about_is_told_and_put_on_record() -> None:
    class Telling(ScriptedModel):
        async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
            proposal, usage = await super().propose(request)
            note = Degradation(kind="fallback", detail="b answered in place of a.")
            tried = {"a": "failed", "b": "success"}
            told = Spending(**dict(usage), degradations=(note,), tried=tried, policy="p1")
            return proposal, told

    book = PhraseBook(plans={"people": Abstention(reason="Unknown word.")})
    bad, good = plan("SELECT * FROM customers", source="model"), plan("SELECT 1", source="model")
    ports = services(semantics=book, model=Telling([bad, good]))
    out = await ask(ports, "people")
    assert [note["detail"] for note in out["outcome"]["degradations"]] == [
        "b answered in place of a.",
        "plan sent back: sql.word",
    ]
    assert out["outcome"]["usage"]["prompt_tokens"] == 20
    ended = ports.audit.events[-1].details
    assert (ended["models_tried"], ended["model_policy"]) == ("a: failed, b: success", "p1")


async def test_a_doubtful_model_plan_gives_way_to_the_rules() -> None:
    book = PhraseBook(plans={"revenue": plan("SELECT 1", stated=0.8)})
    model = ScriptedModel([plan("SELECT 2", source="model", stated=0.3)])
    ports = services(semantics=book, model=model)
    out = await ask(ports, "revenue")
    assert out["outcome"]["plan_source"] == "rules"
    assert ran(ports)[0][0] == "/*checked*/ SELECT 1"


async def test_a_timeout_is_a_failure_with_its_category() -> None:
    ports = services(
        semantics=REVENUE, executor=TableOfOne(script=[RequestTimeoutError("too slow")])
    )
    out = await ask(ports, "revenue")
    assert out["outcome"]["error"]["category"] == "timeout"
    assert set(out["outcome"]["error"]) == {
        "error_type", "category", "severity", "message", "retryable", "details", "timestamp"
    }  # fmt: skip


async def test_the_databases_objection_is_the_reason() -> None:
    objection = Rejection(layer="database", rule="sql.cost", reason="Too costly.", remedy="Filter.")
    ports = services(semantics=REVENUE, prover=Estimator(objection=objection))
    out = await ask(ports, "revenue")
    assert out["outcome"]["rejection"]["rule"] == "sql.cost"
    assert ran(ports) == []


async def test_a_second_time_the_plan_comes_from_the_cache() -> None:
    ports = services(semantics=REVENUE)
    await ask(ports, "revenue")
    out = await ask(ports, "revenue")
    assert out["outcome"]["cache"] == "process"
    fresh = await ask(ports, "revenue", context=Context(bypass_cache=True))
    assert fresh["outcome"]["cache"] == "none"


@pytest.mark.parametrize(
    ("question", "says"),
    [("", "empty"), ("  \n ", "empty"), ("x" * 10_001, "10001"), ("a\x00b", "control")],
)
async def test_the_unreadable_is_refused_with_a_remedy(question: str, says: str) -> None:
    ports = services()
    out = await ask(ports, question)
    assert out["outcome"]["kind"] == "refused"
    assert says in out["outcome"]["reason"]
    assert out["outcome"]["remedy"]
    assert ports.audit.steps()[-1] == ("ask", "outcome", "refused")


async def test_too_many_requests_are_limited_with_the_wait() -> None:
    out = await ask(services(limits=Turnstile(wait_s=12.0)), "revenue")
    assert out["outcome"]["kind"] == "limited"
    assert out["outcome"]["retry_after_s"] == 12.0


async def test_chat_messages_go_in_and_out() -> None:
    ports = services(semantics=REVENUE)
    graph = build_graph(ports).compile(checkpointer=InMemorySaver())
    message = HumanMessage([{"type": "text", "text": "revenue"}])
    config = {"configurable": {"thread_id": "t"}}
    out = await graph.ainvoke({"messages": [message]}, config, context=Context())
    assert [m.type for m in out["messages"]] == ["human", "ai"]
    assert "987654321" in out["messages"][-1].text


async def test_a_new_turn_forgets_the_last_one() -> None:
    saver, ports = InMemorySaver(), services(semantics=REVENUE)
    await ask(ports, "revenue", saver=saver)
    out = await ask(ports, "hello there", saver=saver)
    assert out["outcome"]["kind"] == "refused"
    assert out["plan"] is None
    assert "sum(total)" not in json.dumps(out["record"])


async def test_the_deadline_is_one_for_the_whole_request() -> None:
    clock = DrivenClock()

    class Slow(Estimator):
        async def prove(self, *args: Any, **kwargs: Any) -> Any:
            clock.advance(7)
            return await super().prove(*args, **kwargs)

    ports = services(semantics=REVENUE, clock=clock, prover=Slow())
    await ask(ports, "revenue", context=Context(timeout_s=10.0))
    assert ran(ports)[0][2] == pytest.approx(3.0)


async def test_a_full_house_is_limited_with_the_wait() -> None:
    busy = TableOfOne(script=[RateLimitError("Too many costly questions.", retry_after_s=5.0)])
    out = await ask(services(semantics=REVENUE, executor=busy), "revenue")
    assert out["outcome"]["kind"] == "limited"
    assert out["outcome"]["retry_after_s"] == 5.0


async def test_the_record_is_tried_again_once_when_the_database_was_away() -> None:
    class Hiccup(OpenBook):
        async def append(self, *events: Any, durable: bool = True) -> None:
            self.lost = len(events) == 2 and not self.lost
            await super().append(*events, durable=durable)

    ports = services(semantics=REVENUE, audit=Hiccup())
    out = await ask(ports, "revenue")
    assert out["outcome"]["kind"] == "answered"
    assert ports.audit.steps()[-1] == ("ask", "outcome", "answered")
    assert len(ran(ports)) == 1


async def test_a_name_is_looked_up_on_record_before_the_plan() -> None:
    book = PhraseBook(
        plans={
            "sales of acme": Abstention(reason="?"),
            "sales of acme (987654321)": plan("SELECT 2"),
        },
        names={"sales of acme": "SELECT name FROM orders"},
    )
    ports = services(semantics=book)
    out = await ask(ports, "sales of acme")
    assert out["outcome"]["kind"] == "answered"
    assert [sql for sql, _, _ in ran(ports)] == [
        "/*checked*/ SELECT name FROM orders",
        "/*checked*/ SELECT 2",
    ]
    assert ports.audit.steps()[:4] == [
        ("ask", "intent", ""),
        ("lookup", "intent", ""),
        ("lookup", "outcome", "succeeded"),
        ("execute-1", "intent", ""),
    ]


async def test_a_look_up_that_may_not_run_changes_nothing() -> None:
    book = PhraseBook(
        plans={"sales of acme": plan("SELECT 1")},
        names={"sales of acme": "SELECT * FROM customers"},
    )
    ports = services(semantics=book)
    out = await ask(ports, "sales of acme")
    assert out["outcome"]["kind"] == "answered"
    assert len(ran(ports)) == 1


async def test_a_look_up_that_fails_is_on_record_and_the_question_goes_on() -> None:
    book = PhraseBook(
        plans={"sales of acme": plan("SELECT 1")}, names={"sales of acme": "SELECT 9"}
    )
    slow = TableOfOne(script=[RequestTimeoutError("too slow")])
    ports = services(semantics=book, executor=slow)
    out = await ask(ports, "sales of acme")
    assert out["outcome"]["kind"] == "answered"
    assert ("lookup", "outcome", "RequestTimeoutError") in ports.audit.steps()
