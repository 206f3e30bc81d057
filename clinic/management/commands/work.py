"""`manage.py work`: the job worker."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from clinic.database import timeouts
from clinic.management.working.lanes import without_lane
from clinic.management.working.working import Working


class Command(BaseCommand):
    help = (
        "Work off jobs: mails, files of records and everything else side by side, so that a mail "
        "server that keeps silent holds up nothing but mails. Waits for the database where it is "
        "away."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="End when no job is due, for a clock or a test."
        )

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        timeouts.use_for_process(timeouts.JOB)
        app.perform_import_paths()
        if queues := without_lane(app):
            raise CommandError(f"No lane takes jobs of the queues {', '.join(queues)}.")
        address = connector_params()
        asyncio.run(wait_and_work(address, once))


async def wait_and_work(address: dict, once: bool) -> None:
    """Raises CommandError where the tables are not those of this version."""
    working = Working(app, address, settings.VAR_DIR, is_shared=settings.DATABASE_POOLER)
    if not await working.database_answers():
        return
    working.is_shared = await asyncio.to_thread(look_at_database)
    await working.work(is_endless=not once)


def look_at_database() -> bool:
    """Is it behind a pooler? Raises CommandError where `migrate` must run first."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The tables are not up to date. Run `manage.py migrate` first.")
        return bool(connection.is_behind_pooler)  # type: ignore[attr-defined]
    except Error as error:
        raise CommandError(f"The database can't be used: {str(error).strip()}") from error
    finally:
        connection.close()
