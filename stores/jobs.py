"""The jobs of maintenance: each removes or repairs something, says what, and may run twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from clearway.graph.ports import Clock, Redactor
from clearway.resilience.scheduler import Job
from clearway.settings import Settings
from clearway.stores.audit.erase import count_prunable, prune_audit
from clearway.stores.audit.facts import Recorder
from clearway.stores.connect import connect
from clearway.stores.conversations.pruning import idle_threads, prune_threads
from clearway.stores.feedback_retention import count_old_feedback, prune_feedback
from clearway.stores.keys import Keys
from clearway.stores.models.generation_flights import PostgresGenerationFlights
from clearway.stores.models.generations import PostgresGenerations
from clearway.stores.models.pruning import count_old_attempts, prune_ledger
from clearway.stores.models.spend_alerts import alerts_of
from clearway.stores.models.sweeping import count_dead, sweep_attempts
from clearway.stores.plans.upkeep import PlanUpkeep
from clearway.stores.postgres import VARIABLE, Database
from clearway.stores.sweep import count_interrupted, sweep
from clearway.stores.writes import count_old_writes, prune_writes

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_CHECKPOINTS = 1_000
"""Of one conversation, however often it is taken up."""
BY = "clearway maintain"
"""Who the audit says removed old records."""


@dataclass(frozen=True, kw_only=True)
class Housekeeping:
    """What the jobs work on."""

    settings: Settings
    database: Database
    upkeep: PlanUpkeep
    clock: Clock
    keys: Keys
    redactor: Redactor
    instance: Callable[[], Awaitable[int]]
    """This process's id: what it began itself is not interrupted."""

    def jobs(self) -> tuple[Job, ...]:
        """Return every job, the most urgent first."""
        return (
            Job(
                name="interrupted",
                about="close the record of requests whose process is gone, or could not for a week",
                every=timedelta(minutes=5),
                run=self._interrupted,
            ),
            Job(
                name="attempts",
                about="settle the model calls of processes that died at their worst case, and "
                "forget replies and budgets whose time is over",
                every=timedelta(minutes=1),
                run=self._attempts,
            ),
            Job(
                name="alerts",
                about="tell the log and CLEARWAY_ALERT_WEBHOOK_URL, once a day each, of ceilings "
                "that were reached",
                every=timedelta(minutes=1),
                run=self._alerts,
            ),
            Job(
                name="demo",
                about="let the demo warehouse reach the present",
                every=HOUR,
                run=self._demo,
            ),
            Job(
                name="history",
                about="remove plans not used for CLEARWAY_HISTORY_RETENTION_DAYS",
                every=HOUR,
                run=self._history,
            ),
            Job(
                name="plans",
                about="drop the plans worth least above CLEARWAY_HISTORY_MAX_PLANS",
                every=6 * HOUR,
                run=self._plans,
            ),
            Job(
                name="threads",
                about="remove conversations idle for CLEARWAY_THREAD_RETENTION_DAYS, and all but "
                "the latest checkpoint of those idle for CLEARWAY_THREAD_HISTORY_DAYS, or with "
                f"more than {MOST_CHECKPOINTS}",
                every=6 * HOUR,
                run=self._threads,
            ),
            Job(
                name="audit-retention",
                about="remove records older than CLEARWAY_AUDIT_RETENTION_DAYS",
                every=DAY,
                run=self._audit,
            ),
            Job(
                name="feedback",
                about="remove feedback that was not accepted in CLEARWAY_FEEDBACK_RETENTION_DAYS, "
                "and from what was, who gave it",
                every=DAY,
                run=self._feedback,
            ),
            Job(
                name="writes",
                about="forget which requests wrote to a service CLEARWAY_WRITE_RETENTION_DAYS ago",
                every=DAY,
                run=self._writes,
            ),
            Job(
                name="ledger",
                about="remove model calls older than CLEARWAY_LEDGER_RETENTION_DAYS; reports keep "
                "what they add up to",
                every=DAY,
                run=self._ledger,
            ),
        )

    async def _interrupted(self, dry_run: bool) -> str:
        own, pool, now = await self.instance(), self.database.pool, self.clock.now()
        if dry_run:
            found = await count_interrupted(pool, instance=own, now=now)
            return f"{_count(found, 'request')} to close"
        closed = await sweep(pool, instance=own, now=now)
        return f"{_count(closed, 'request')} closed as interrupted"

    async def _attempts(self, dry_run: bool) -> str:
        pool = self.database.pool
        if dry_run:
            return f"{_count(await count_dead(pool), 'model call')} to settle"
        settled = await sweep_attempts(pool)
        await PostgresGenerationFlights(pool, self.clock).sweep()
        await PostgresGenerations(pool).sweep()
        return f"{_count(settled, 'model call')} settled at the worst case"

    async def _alerts(self, dry_run: bool) -> str:
        alerts = alerts_of(self.settings, self.database.pool)
        if alerts is None:
            return "nothing to do: no CLEARWAY_DAILY_CEILING_USD or CLEARWAY_PROVIDER_CEILINGS_USD"
        if dry_run:
            return f"{_count(len(await alerts.over()), 'ceiling')} reached"
        told = [alert.ceiling for alert in await alerts.check()]
        return f"told of {', '.join(told)}" if told else "nothing new to tell"

    async def _demo(self, dry_run: bool) -> str:
        if self.settings.warehouse_url is not None:
            return "nothing to do: CLEARWAY_WAREHOUSE_URL is set"
        if dry_run:
            return "the demo warehouse would be brought up to the present"
        done = await self.database.refresh_demo(self.clock.now())
        return "brought up to the present" if done else "up to date"

    async def _history(self, dry_run: bool) -> str:
        history = self.upkeep.history
        if dry_run:
            return f"{_count(await history.expired(), 'plan')} to remove"
        return f"{_count(await history.cleanup(), 'plan')} removed"

    async def _plans(self, dry_run: bool) -> str:
        most = self.settings.history_max_plans
        kept = await self.upkeep.history.count()
        if kept <= most:
            return f"{_count(kept, 'plan')} kept, {most} may be"
        if dry_run:
            return f"{_count(kept, 'plan')} kept: the fifth worth least would go"
        return f"{_count(await self.upkeep.optimize(), 'plan')} dropped"

    async def _threads(self, dry_run: bool) -> str:
        pool, now, settings = self.database.pool, self.clock.now(), self.settings
        over = await idle_threads(pool, before=now - timedelta(days=settings.thread_retention_days))
        ended = set(over)
        quiet_since = now - timedelta(days=settings.thread_history_days)
        quiet = await idle_threads(pool, before=quiet_since, more_than=1)
        # One that is taken up every day is never quiet.
        quiet += await idle_threads(pool, before=now, more_than=MOST_CHECKPOINTS)
        quiet = [thread for thread in dict.fromkeys(quiet) if thread not in ended]
        if not dry_run:
            removed = await prune_threads(pool, over, keep_latest=False)
            shortened = await prune_threads(pool, quiet, keep_latest=True)
            return f"{_count(removed, 'conversation')} removed, {shortened} shortened"
        return f"{_count(len(over), 'conversation')} to remove, {len(quiet)} to shorten"

    async def _feedback(self, dry_run: bool) -> str:
        days, pool = self.settings.feedback_retention_days, self.database.pool
        if days is None:
            return "nothing to do: CLEARWAY_FEEDBACK_RETENTION_DAYS is not set"
        before = self.clock.now() - timedelta(days=days)
        if dry_run:
            old = await count_old_feedback(pool, before=before)
            return f"{_count(old, 'mark')} to remove or to take the names from"
        removed, kept = await prune_feedback(pool, before=before)
        return f"{_count(removed, 'mark')} removed, {kept} kept without names"

    async def _audit(self, dry_run: bool) -> str:
        days = self.settings.audit_retention_days
        if days is None:
            return "nothing to do: CLEARWAY_AUDIT_RETENTION_DAYS is not set"
        before = self.clock.now() - timedelta(days=days)
        async with await connect(self.database.addresses.owner, VARIABLE) as connection:
            found = await count_prunable(connection, before=before)
            if dry_run:
                return f"at most {_count(found, 'record')} to remove"
            if not found:
                return "0 records removed"
            removed = await prune_audit(
                connection,
                Recorder(self.keys, self.redactor),
                before=before,
                by=BY,
                now=self.clock.now(),
            )
        return f"{_count(removed, 'record')} removed"

    async def _writes(self, dry_run: bool) -> str:
        days = self.settings.write_retention_days
        if days is None:
            return "nothing to do: CLEARWAY_WRITE_RETENTION_DAYS is not set"
        before = self.clock.now() - timedelta(days=days)
        if dry_run:
            found = await count_old_writes(self.database.pool, before=before)
            return f"{_count(found, 'write')} to forget"
        async with await connect(self.database.addresses.owner, VARIABLE) as connection:
            return f"{_count(await prune_writes(connection, before=before), 'write')} forgotten"

    async def _ledger(self, dry_run: bool) -> str:
        days = self.settings.ledger_retention_days
        if days is None:
            return "nothing to do: CLEARWAY_LEDGER_RETENTION_DAYS is not set"
        before = self.clock.now() - timedelta(days=days)
        if dry_run:
            found = await count_old_attempts(self.database.pool, before=before)
            return f"{_count(found, 'model call')} to remove"
        async with await connect(self.database.addresses.owner, VARIABLE) as connection:
            return f"{_count(await prune_ledger(connection, before=before), 'model call')} removed"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
