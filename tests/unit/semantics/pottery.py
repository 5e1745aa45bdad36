"""The catalog of a pottery that sells: people above people, tasks with several of them, several
dates, and two tables with money in them."""

from __future__ import annotations

from clearway.semantics.catalog import stamped
from clearway.semantics.types import Catalog
from clearway.semantics.understanding import Understanding
from tests.unit.semantics.catalogs import declare

POTTERY = stamped(
    Catalog(
        source_id="pottery",
        tables=(
            declare(
                "potter",
                "potter_id:int name:text country:text",
                rows=40,
                key="potter_id",
                values={"country": ("Japan", "Portugal")},
            ),
            declare(
                "glaze",
                "glaze_id:int name:text",
                rows=4,
                key="glaze_id",
                values={"name": ("Celadon", "Raku", "Shino")},
            ),
            declare(
                "piece",
                "piece_id:int title:text potter_id:int glaze_id:int price:num made_on:date",
                rows=900,
                key="piece_id",
                links={"potter_id": "potter.potter_id", "glaze_id": "glaze.glaze_id"},
            ),
            declare(
                "collector",
                "collector_id:int first_name:text last_name:text city:text advisor_id:int",
                rows=200,
                key="collector_id",
                links={"advisor_id": "staff.staff_id"},
                values={"city": ("Faro", "Kyoto")},
            ),
            declare(
                "purchase",
                "purchase_id:int collector_id:int piece_id:int bought_on:date amount:num",
                rows=3000,
                key="purchase_id",
                links={"collector_id": "collector.collector_id", "piece_id": "piece.piece_id"},
            ),
            declare(
                "staff",
                "staff_id:int first_name:text last_name:text reports_to:int hire_date:date"
                " birth_date:date salary:num",
                rows=30,
                key="staff_id",
                links={"reports_to": "staff.staff_id"},
            ),
            declare(
                "task",
                "task_id:int title:text status:text created_by:int assigned_to:int due_on:date",
                rows=700,
                key="task_id",
                links={"created_by": "staff.staff_id", "assigned_to": "staff.staff_id"},
                values={"status": ("blocked", "finished", "open")},
            ),
            declare(
                "kiln",
                "kiln_id:int name:text managed_by:int built_on:date",
                rows=8,
                key="kiln_id",
                links={"managed_by": "staff.staff_id"},
                values={"name": ("Anagama", "Noborigama")},
            ),
            declare(
                "grant_award",
                "award_id:int potter_id:int amount:num paid_fee:num",
                rows=60,
                key="award_id",
                links={"potter_id": "potter.potter_id"},
            ),
        ),
    )
)

pottery = Understanding(POTTERY)
