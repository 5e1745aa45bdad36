"""What the model router asks of others. Implemented elsewhere; known here only as Protocols."""

from clearway.llm.ports.admission import Admission as Admission
from clearway.llm.ports.admission import Attempt as Attempt
from clearway.llm.ports.admission import AttemptStatus as AttemptStatus
from clearway.llm.ports.admission import BreakerProfile as BreakerProfile
from clearway.llm.ports.admission import BreakerState as BreakerState
from clearway.llm.ports.admission import Health as Health
from clearway.llm.ports.admission import Pass as Pass
from clearway.llm.ports.admission import Period as Period
from clearway.llm.ports.admission import Purse as Purse
from clearway.llm.ports.admission import Result as Result
from clearway.llm.ports.admission import Turned as Turned
from clearway.llm.ports.admission import Verdict as Verdict
from clearway.llm.ports.admission import Window as Window
from clearway.llm.ports.generations import Generation as Generation
from clearway.llm.ports.generations import GenerationCache as GenerationCache
from clearway.llm.ports.generations import GenerationFlights as GenerationFlights
from clearway.llm.ports.generations import GenerationSeat as GenerationSeat
from clearway.llm.ports.policy import ModelPolicy as ModelPolicy
from clearway.llm.ports.policy import PolicyDecision as PolicyDecision
from clearway.llm.ports.policy import PolicyQuery as PolicyQuery
from clearway.llm.ports.policy import Risk as Risk
from clearway.llm.ports.policy import Sensitivity as Sensitivity
from clearway.llm.ports.texts import Guardrails as Guardrails
from clearway.llm.ports.texts import Hidden as Hidden
from clearway.llm.ports.texts import TokenCounter as TokenCounter
