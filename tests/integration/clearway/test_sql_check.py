"""What `clearway sql check` says of the database when it cannot be asked."""

from __future__ import annotations

import pytest

from clearway import Clearway
from clearway.cli.sql import ask_database
from clearway.plans import CheckedSql, Proof
from clearway.settings import Settings
from tests.integration.clearway.conftest import OPERATOR

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


async def test_a_warehouse_that_is_gone_is_said_to_be_not_asked(settings: Settings) -> None:
    async with Clearway.open(settings, principal=OPERATOR) as cw:
        verdict = cw.check_sql("select sum(revenue) from demo.sales_fact")
        assert isinstance(verdict, CheckedSql)
        asked = await ask_database(cw, verdict, None)
        assert isinstance(asked.found, Proof)
        assert asked.not_asked == ""
        await cw.wired.warehouse.close()
        lost = await ask_database(cw, verdict, None)
    assert lost.found is None
    assert lost.not_asked.startswith("The warehouse does not answer")
