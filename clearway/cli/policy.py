"""`clearway policy`: the rules that say which models may be asked what, and a dry run of them."""

from __future__ import annotations

import json
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from clearway.cli.run import entry

if TYPE_CHECKING:
    from clearway.llm.policy.decide import RulePolicy
    from clearway.llm.ports import PolicyDecision, Risk, Sensitivity

commands = typer.Typer(help="Which models may be asked what.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@commands.command("show")
def show(as_json: AsJson = False) -> int:
    """Show the rules in force, and their version."""
    policy = _policy()
    if as_json:
        rules = policy.rules.model_dump(mode="json", exclude_defaults=True)
        typer.echo(json.dumps({**rules, "hash": policy.version}, indent=2))
        return 0
    console = Console()
    for rule in policy.rules.rules:
        console.print(f"[bold]{rule.id}[/]  {escape(rule.reason)}", highlight=False)
        said = rule.model_dump(mode="json", exclude_defaults=True, exclude={"id", "reason"})
        for name, value in said.items():
            console.print(f"    {name}: {escape(_plain(value))}", highlight=False, soft_wrap=True)
    count = len(policy.rules.rules)
    counted = "1 rule" if count == 1 else f"{count} rules"
    console.print(f"{counted}, version {policy.version[:12]}", highlight=False)
    return 0


@commands.command("test")
def test(
    *,
    task: Annotated[str, typer.Option(help="What the model is to do.")] = "sql_generation",
    sensitivity: Annotated[
        str, typer.Option(help="public, internal, confidential or restricted.")
    ] = "internal",
    risk: Annotated[str, typer.Option(help="low, medium or high.")] = "low",
    role: Annotated[list[str] | None, typer.Option(help="Role of who asks; repeatable.")] = None,
    tenant: Annotated[str, typer.Option(help="Tenant of who asks.")] = "",
    residency: Annotated[
        list[str] | None, typer.Option(help="Region the data may go to; repeatable.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="What is left to spend, in USD.")] = None,
    as_json: AsJson = False,
) -> int:
    """Say which models the rules allow for a request, and why; nothing is called."""
    from clearway.llm.ports import PolicyQuery

    decision = _policy().decide(
        PolicyQuery(
            task=task,
            risk=_risk(risk),
            sensitivity=_sensitivity(sensitivity),
            roles=frozenset(role or ()),
            tenant=tenant,
            residency=frozenset(residency or ()),
            budget_usd=_usd(budget),
        )
    )
    if as_json:
        typer.echo(json.dumps(_record(decision), indent=2))
        return 0
    console = Console()
    mark = "[green]✓[/]" if decision.allowed else "[red]✗[/]"
    models = ", ".join(_models(decision)) or "none"
    console.print(f"{mark} models      {escape(models)}", highlight=False, soft_wrap=True)
    console.print(
        f"  guardrails  {', '.join(sorted(decision.guardrails)) or 'none'}", highlight=False
    )
    console.print(f"  approval    {'needed' if decision.needs_approval else 'not needed'}")
    console.print(f"  version     {decision.version[:12]}", highlight=False)
    for reason in decision.reasons:
        console.print(f"  · {escape(reason)}", highlight=False, soft_wrap=True)
    return 0


def _policy() -> RulePolicy:
    """Return the policy of the settings over the registry in use."""
    from clearway.llm.policy.decide import RulePolicy, facts_of
    from clearway.llm.policy.rules import load_rules
    from clearway.llm.providers.registry import load_registry
    from clearway.llm.providers.routes import Environment, all_routes

    settings = entry()
    environment = Environment(os.environ)
    own = environment.value("PROVIDERS_PATH")
    registry = load_registry(Path(own) if own else None)
    routes, _ = all_routes(registry, environment)
    facts = [facts_of(each, routes.get(each.id, ())) for each in registry]
    return RulePolicy(load_rules(settings.policy_path), facts)


def _models(decision: PolicyDecision) -> list[str]:
    """Return who may be asked; with the endpoints, where not all of them may."""
    told = []
    for provider in sorted(decision.allowed):
        own = sorted(p for p in decision.places if p.partition("/")[0] == provider)
        some = any(place.partition("/")[0] == provider for place in decision.denied)
        named = ", ".join(place.partition("/")[2] for place in own)
        told.append(f"{provider} (only {named})" if some else provider)
    return told


def _record(decision: PolicyDecision) -> dict[str, object]:
    return {
        "version": decision.version,
        "allowed": sorted(decision.allowed),
        "endpoints": sorted(decision.places),
        "guardrails": sorted(decision.guardrails),
        "needs_approval": decision.needs_approval,
        "reasons": list(decision.reasons),
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _sensitivity(word: str) -> Sensitivity:
    match word:
        case "public" | "internal" | "confidential" | "restricted":
            return word
    raise typer.BadParameter(f"--sensitivity {word}: public, internal, confidential or restricted")


def _risk(word: str) -> Risk:
    match word:
        case "low" | "medium" | "high":
            return word
    raise typer.BadParameter(f"--risk {word}: low, medium or high")


def _usd(amount: str | None) -> Decimal | None:
    try:
        return None if amount is None else Decimal(amount)
    except InvalidOperation:
        raise typer.BadParameter(f"--budget {amount}: an amount in USD, such as 0.25") from None
