"""What nodes may ask of the world. Implemented elsewhere; known here only as Protocols."""

from clearway.graph.ports.callers import (
    Clock as Clock,
)
from clearway.graph.ports.callers import (
    Identity as Identity,
)
from clearway.graph.ports.callers import (
    Ids as Ids,
)
from clearway.graph.ports.callers import (
    Limits as Limits,
)
from clearway.graph.ports.callers import (
    Policy as Policy,
)
from clearway.graph.ports.keeping import (
    Asked as Asked,
)
from clearway.graph.ports.keeping import (
    PlanCache as PlanCache,
)
from clearway.graph.ports.keeping import (
    PlanRun as PlanRun,
)
from clearway.graph.ports.keeping import (
    Recalled as Recalled,
)
from clearway.graph.ports.meaning import (
    Confidence as Confidence,
)
from clearway.graph.ports.meaning import (
    Definitions as Definitions,
)
from clearway.graph.ports.meaning import (
    Glossary as Glossary,
)
from clearway.graph.ports.meaning import (
    Look as Look,
)
from clearway.graph.ports.meaning import (
    Meaning as Meaning,
)
from clearway.graph.ports.meaning import (
    Semantics as Semantics,
)
from clearway.graph.ports.meaning import (
    VerifiedQueries as VerifiedQueries,
)
from clearway.graph.ports.meaning import (
    VerifiedQuery as VerifiedQuery,
)
from clearway.graph.ports.models import (
    Flights as Flights,
)
from clearway.graph.ports.models import (
    ModelRequest as ModelRequest,
)
from clearway.graph.ports.models import (
    PlannerModel as PlannerModel,
)
from clearway.graph.ports.models import (
    Proposal as Proposal,
)
from clearway.graph.ports.models import (
    Spending as Spending,
)
from clearway.graph.ports.record import (
    AuditEvent as AuditEvent,
)
from clearway.graph.ports.record import (
    AuditTrail as AuditTrail,
)
from clearway.graph.ports.record import (
    Redactor as Redactor,
)
from clearway.graph.ports.record import (
    Screen as Screen,
)
from clearway.graph.ports.record import (
    Seal as Seal,
)
from clearway.graph.ports.services import (
    Services as Services,
)
from clearway.graph.ports.tools import (
    Inquiry as Inquiry,
)
from clearway.graph.ports.tools import (
    Interlock as Interlock,
)
from clearway.graph.ports.tools import (
    Lookups as Lookups,
)
from clearway.graph.ports.tools import (
    Proposed as Proposed,
)
from clearway.graph.ports.tools import (
    Prover as Prover,
)
from clearway.graph.ports.tools import (
    Ran as Ran,
)
from clearway.graph.ports.tools import (
    Rows as Rows,
)
from clearway.graph.ports.tools import (
    SqlExecutor as SqlExecutor,
)
from clearway.graph.ports.tools import (
    ToolPort as ToolPort,
)
from clearway.graph.ports.tools import (
    Weighing as Weighing,
)
