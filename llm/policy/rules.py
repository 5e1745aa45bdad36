"""The form of a policy file, checked with an error that names the place and what is allowed."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clearway.errors import ConfigurationError
from clearway.llm.files import mapping_of, shown, text_of, told
from clearway.llm.ports import Risk, Sensitivity

OURS = "policy.yaml"
Guard = Literal["pii", "secrets"]
Usd = Annotated[Decimal, Field(ge=0, le=100_000)]


class Form(BaseModel):
    """A frozen part of the file; a word it does not know is a mistake, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class When(Form):
    """What is asked; each list that is given must hold the asked value, or one of them."""

    sensitivity: tuple[Sensitivity, ...] = ()
    risk: tuple[Risk, ...] = ()
    tasks: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    residency: tuple[str, ...] = ()
    budget_below: Usd | None = None


class Which(Form):
    """Which models; all that is given must hold."""

    providers: tuple[str, ...] = ()
    local: bool | None = None
    residency: tuple[str, ...] = ()
    output_price_above: Usd | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self == Which.model_construct():
            raise ValueError(
                "name models by providers, local, residency, output_price_above; or all"
            )
        return self


Models = Literal["all"] | Which


class Rule(Form):
    """One rule; it applies where `when` holds."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    when: When = When()
    allow: Models | None = None
    deny: Models | None = None
    guardrails: frozenset[Guard] = frozenset()
    approval: bool = False
    reason: str = Field(min_length=1, max_length=300)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.allow or self.deny or self.guardrails or self.approval):
            raise ValueError("a rule allows, denies, asks for guardrails or for approval")
        return self


class Rules(Form):
    """A policy file."""

    version: Literal[1]
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_id_each(self) -> Self:
        ids = [rule.id for rule in self.rules]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are called {', '.join(twice)}")
        return self


def load_rules(path: Path | None = None) -> Rules:
    """Return the rules of a file, or ours; raise `ConfigurationError` naming what is wrong."""
    if path is None:
        return parsed((files("clearway.llm.policy") / OURS).read_text("utf-8"), OURS)
    return parsed(text_of(path, f"CLEARWAY_POLICY_PATH={path}"), str(path))


def parsed(text: str, source: str) -> Rules:
    """Return the rules of a text; `source` is what an error calls it."""
    document = mapping_of(text, source)
    try:
        return Rules.model_validate(document)
    except ValidationError as error:
        first, wrong = told(error)
        where = _place(document, first["loc"])
        raise ConfigurationError(
            f"{source}: {where}{shown(first)}: {wrong}.", file=source, path=where
        ) from None


def _place(document: Any, path: tuple[int | str, ...]) -> str:
    """Return where in the file, a rule by its id rather than by its number."""
    match path:
        case ("rules", int(number), *rest):
            rule = document["rules"][number]
            name = rule.get("id", number + 1) if isinstance(rule, dict) else number + 1
            inside = ".".join(str(part) for part in rest if part not in ("Which", "literal['all']"))
            return f"rule {name}" + (f", {inside}" if inside else "")
    return ".".join(map(str, path)) or "the file"
