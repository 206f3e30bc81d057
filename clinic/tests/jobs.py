"""The job worker, run for real in tests that commit (`django_db(transaction=True)`)."""

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


def run_due_jobs(*queues: str) -> None:
    """Work off every job that is due (in these queues, or in all), as the worker's process does,
    and return."""
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(
            queues=list(queues) or None,
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
        )


def make_due(job: ProcrastinateJob) -> None:
    """Let the time pass until the job's next try."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE id = %s", [job.id])
