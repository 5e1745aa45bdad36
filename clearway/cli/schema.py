"""`clearway schema`: the contracts other programs hold us to, as JSON Schema."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

BASE = "https://json-schema.org/draft/2020-12/schema"


class Contract(StrEnum):
    """What there is a schema of."""

    OUTCOME = "outcome"


def schema(
    contract: Annotated[Contract, typer.Argument(help="Which one.")] = Contract.OUTCOME,
) -> int:
    """Print a JSON Schema: of every Outcome, as Python, the command line and servers give it."""
    typer.echo(schema_text(contract), nl=False)
    return 0


def schema_text(contract: Contract) -> str:
    """Return the schema as it is kept in docs/: the same text for the same contract."""
    from clearway.outcome import OUTCOME, SCHEMA_VERSION

    made: dict[str, Any] = OUTCOME.json_schema(mode="serialization")
    for each in made["$defs"].values():
        if "properties" in each:  # what is given is always given in full, defaults included
            each["required"] = list(each["properties"])
    head = {"$schema": BASE, "title": "Outcome", "$comment": f"schema_version {SCHEMA_VERSION}"}
    return json.dumps({**head, **made}, indent=2) + "\n"
