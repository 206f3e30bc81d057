"""Jobs that keep the clinic's own house in order."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from clinic.files.tasks import give_up_file
from clinic.models import IdempotencyKey
from clinic.queues import FILES

STALLED_AFTER_SECONDS = 30
MOST_HANDED_ON = 2  # How often a file is: it may be what ended its workers.
IDEMPOTENCY_KEPT = timedelta(hours=24)


@app.periodic(cron="* * * * *")
@app.task(name="clinic.retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Hand the jobs of workers that died without a word to the workers that live."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        if job.queue == FILES and job.attempts >= MOST_HANDED_ON:
            await manager.finish_job(job, Status.FAILED, delete_job=False)
            await give_up_file.defer_async(transfer_id=str(job.task_kwargs["transfer_id"]))
        else:
            await manager.retry_job(job)


@app.periodic(cron="7 * * * *")
@app.task(name="clinic.remove_idempotency_keys", queueing_lock="remove_idempotency_keys")
def remove_idempotency_keys(timestamp: int) -> None:
    """Forget the answers that no repeated request may ask for any more."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEPT).delete()
