"""Works off jobs until told to end, whatever becomes of the database meanwhile."""

import asyncio
import logging
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from clinic.management.working import alive
from clinic.management.working.lanes import LANES, LaneWorker, worker_of
from clinic.operations.maintenance import Lookout

logger = logging.getLogger(__name__)

ASKED_AGAIN_SECONDS = 1.0
ANSWER_SECONDS = 5.0
TOLD_AGAIN_SECONDS = 60.0
LOST = (ConnectorException, psycopg.Error, OSError, TimeoutError)


class Working:
    """One process with a lane for each queue. Made within the loop that it works in."""

    def __init__(self, app: App, address: dict, var_dir: Path, *, is_shared: bool):
        self.app, self.address, self.var_dir = app, address, var_dir
        self.is_shared = is_shared
        self.lookout = Lookout()
        self.ending = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.ending.set)

    async def work(self, *, is_endless: bool = True) -> None:
        loop = asyncio.get_running_loop()
        # A thread for each job that runs, so that no lane takes those of another one.
        loop.set_default_executor(ThreadPoolExecutor(sum(lane.at_once for lane in LANES) + 2))
        while not self.ending.is_set():
            await self.rest_while_closed()
            if not await self.database_answers():
                return
            if await self.work_while_it_answers(is_endless) and not is_endless:
                return

    async def database_answers(self) -> bool:
        """Wait for it. False where the worker is told to end before."""
        told_at = 0.0
        since = time.monotonic()
        while not self.ending.is_set():
            try:
                async with await psycopg.AsyncConnection.connect(**self.address):
                    if told_at:
                        waited = time.monotonic() - since
                        logger.warning("The database answers after %.0f seconds", waited)
                    return True
            except (psycopg.Error, OSError) as error:
                if not told_at or time.monotonic() - told_at > TOLD_AGAIN_SECONDS:
                    told_at = time.monotonic()
                    reason = str(error).strip().partition("\n")[0]
                    logger.error("The job worker waits for the database: %s", reason)
            await self.pause(ASKED_AGAIN_SECONDS)
        return False

    async def rest_while_closed(self) -> None:
        """Nothing is done during maintenance. Who rests lives, and says so."""
        is_told = False
        while self.lookout.now() and not self.ending.is_set():
            if not is_told:
                logger.warning("The job worker rests: the clinic is closed for maintenance")
                is_told = True
            with suppress(OSError):
                alive.touch(self.var_dir)
            await self.pause(ASKED_AGAIN_SECONDS)

    async def pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds)

    async def work_while_it_answers(self, is_endless: bool) -> bool:
        """Run all lanes until one of them ends, the worker is told to, or the database is lost.
        False where it was lost."""
        # Who waits for a connection that doesn't come learns it soon: it is opened anew then.
        connector = PsycopgConnector(
            kwargs=self.address, min_size=1, max_size=8, timeout=5, reconnect_timeout=5
        )
        try:
            with self.app.replace_connector(connector) as app:
                async with app.open_async():
                    workers = [
                        worker_of(lane, app, is_shared=self.is_shared, is_endless=is_endless)
                        for lane in LANES
                    ]
                    await self.run_lanes(app, workers)
        except LOST as error:
            if not self.ending.is_set():
                reason = str(error.__cause__ or error).strip().partition("\n")[0]
                logger.error("The job worker has lost the database: %s", reason)
            return False
        return True

    async def run_lanes(self, app: App, workers: list[LaneWorker]) -> None:
        app.perform_import_paths()
        lanes = [asyncio.create_task(worker.run(), name=str(worker.queues)) for worker in workers]
        watch = asyncio.create_task(self.watch(app, workers))
        try:
            await asyncio.wait([*lanes, watch], return_when=asyncio.FIRST_COMPLETED)
            if any(worker.wait for worker in workers):
                for worker in workers:
                    worker.stop()
        finally:
            ended = await asyncio.gather(*lanes, return_exceptions=True)
            watch.cancel()
            ended += await asyncio.gather(watch, return_exceptions=True)
        for fault in ended:
            if isinstance(fault, Exception):
                raise fault

    async def watch(self, app: App, workers: list[LaneWorker]) -> None:
        """Give a sign of life as long as the database answers. Return when told to end, or when the
        clinic is closed for maintenance."""
        logger.info("Jobs are worked off in %s lanes", len(workers))
        while not self.ending.is_set() and not self.lookout.now():
            asked = app.connector.execute_query_one_async("SELECT 1 AS it_answers")
            await asyncio.wait_for(asked, ANSWER_SECONDS)
            with suppress(OSError):
                alive.touch(self.var_dir)
            await self.pause(alive.TOUCHED_EVERY)
