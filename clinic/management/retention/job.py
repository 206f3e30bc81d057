"""The nightly job that deletes what has been kept long enough."""

import logging

from procrastinate.contrib.django import app

from clinic.management.retention.purging import purge

logger = logging.getLogger(__name__)


@app.periodic(cron="17 3 * * *")
@app.task(name="clinic.purge", queueing_lock="purge")
def purge_nightly(timestamp: int) -> None:
    for purged in purge():
        if purged.rows:
            did = "deleted" if purged.kind.remove else "listed"
            logger.info("Retention: %s of %s %s", purged.rows, purged.kind.name, did)
