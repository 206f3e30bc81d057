"""Messages of a clinic that was restored from a backup are held, until somebody lets them go."""

from django.db import transaction
from django.db.models import QuerySet

from clinic.mail import HELD
from clinic.models import MailHold, Notification
from clinic.operations.resending import BATCH, send_batch_again


def held_messages() -> QuerySet[Notification]:
    failed = Notification.Status.FAILED
    return Notification.objects.filter(status=failed, last_error=HELD)


@transaction.atomic
def release_mails() -> int:
    """Hold nothing any more, and queue what was held. Returns how many that were."""
    MailHold.objects.all().delete()
    keys = list(held_messages().order_by("created_at", "id").values_list("pk", flat=True))
    parts = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
    return sum(map(send_batch_again, parts))
