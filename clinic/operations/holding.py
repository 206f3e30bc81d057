"""Messages of a clinic that was restored from a backup are held, until somebody lets them go."""

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.mail import HELD
from clinic.models import MailHold, Notification

Status = Notification.Status


def held_messages() -> QuerySet[Notification]:
    return Notification.objects.filter(status=Status.FAILED, last_error=HELD)


@transaction.atomic
def release_mails() -> int:
    """Hold nothing any more, and queue what was held. Returns how many that were."""
    MailHold.objects.all().delete()
    held = held_messages().select_for_update()
    keys = [str(pk) for pk in held.values_list("pk", flat=True)]
    jobs = ProcrastinateJob.objects.filter(args__notification_id__in=keys).order_by("pk")
    tasks = {job.args["notification_id"]: (job.task_name, job.queue_name) for job in jobs}
    for key, (name, queue) in tasks.items():
        app.configure_task(name, queue=queue).defer(notification_id=key)
    Notification.objects.filter(pk__in=tasks).update(status=Status.OWED, last_error="")
    return len(tasks)
