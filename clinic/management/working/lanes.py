"""The lanes in which one process works off jobs: what one of them waits for holds up no other."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from clinic import queues
from clinic.errors import is_unavailable

logger = logging.getLogger(__name__)

POLLED_SECONDS = 5.0
POLLED_SECONDS_BEHIND_POOLER = 1.0  # Where no message of a new job comes.
LONGEST_JOB_SECONDS = 30.0  # That is waited for when the worker ends; others are done again.
MOST_TRIES = 20


@dataclass(frozen=True)
class Lane:
    name: str
    queues: tuple[str, ...]
    at_once: int


LANES = (
    Lane("messages", (queues.MESSAGES,), at_once=4),
    Lane("files", (queues.FILES,), at_once=1),
    Lane("default", (queues.DEFAULT, "builtin"), at_once=2),  # The latter is procrastinate's own.
)


class CircumstancesRetry(BaseRetryStrategy):
    """Jobs that know of no other are tried again where nothing was wrong with them: somebody kept a
    row locked, or the database went away."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not is_unavailable(exception) or job.attempts >= MOST_TRIES:
            return None
        return RetryDecision(retry_in={"seconds": min(2**job.attempts, 300)})


class LaneWorker(Worker):
    """A worker of one lane. The clock's jobs are queued by one lane for all of them."""

    async def _periodic_deferrer(self) -> Any:
        if queues.DEFAULT in (self.queues or ()):
            return await super()._periodic_deferrer()
        return await asyncio.Event().wait()

    async def _process_job(self, context: JobContext) -> None:
        task = self.app.tasks.get(context.job.task_name)
        # A file that was half read is never read again by itself.
        if task and task.retry_strategy is None and task.queue != queues.FILES:
            task.retry_strategy = CircumstancesRetry()
        try:
            await super()._process_job(context)
        except ConnectorException:  # What became of it isn't written: it is found, and done again.
            logger.warning("What became of job %s couldn't be written", context.job.id)

    async def _poll_jobs_to_abort(self) -> Any:
        """Nobody stops a job here, so nobody asks for those to be stopped."""
        return await asyncio.Event().wait()

    async def _monitor_side_tasks(self, side_tasks: list[asyncio.Task[Any]]) -> None:
        """As it is, but without a traceback for each lane where the database has gone."""
        done, _ = await asyncio.wait(side_tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if fault := task.exception():
                logger.warning("Lane %s: %s failed (%r)", self.worker_name, task.get_name(), fault)
        self.stop()


def worker_of(lane: Lane, app: App, *, is_shared: bool, is_endless: bool) -> LaneWorker:
    """`is_shared`: a pooler hands the connections on, so that nothing can be listened to."""
    options: dict[str, Any] = {**app.worker_defaults}
    return LaneWorker(
        app,
        **options
        | {
            "name": lane.name,
            "queues": list(lane.queues),
            "concurrency": lane.at_once,
            "wait": is_endless,
            "listen_notify": is_endless and not is_shared,
            "fetch_job_polling_interval": (
                POLLED_SECONDS_BEHIND_POOLER if is_shared else POLLED_SECONDS
            ),
            "shutdown_graceful_timeout": LONGEST_JOB_SECONDS,
            "install_signal_handlers": False,
        },
    )


def without_lane(app: App) -> Iterable[str]:
    """Queues whose jobs nobody would ever take."""
    taken = {queue for lane in LANES for queue in lane.queues}
    return sorted({task.queue for task in app.tasks.values()} - taken)
