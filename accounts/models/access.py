from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.days import moment_text


class AccessLogQuerySet(models.QuerySet["AccessLog"]):
    def about(self, *patient_ids: UUID) -> "AccessLogQuerySet":
        """Who has seen this patient's data, the latest first. The patient's own reads are there,
        too: their user is the patient's. Several ids are of records that were merged."""
        rows = self.filter(patients__overlap=list(patient_ids)).select_related("user")
        return rows.order_by("-at", "-id")


class AccessLog(models.Model):
    """Who read which patients' data, when and how: one row a request, and of a file that was
    exported one for every thousand patients in it.

    The database lets nobody change or delete a row.
    """

    class Action(models.TextChoices):
        LIST = "list", _("Found in a list")
        READ = "read", _("Read the record")
        DOCUMENT = "document", _("Saw the ID photo")
        EXPORT = "export", _("Downloaded the data")
        EXPORTED = "exported", _("Exported in a file")
        EMERGENCY = "emergency", _("Opened the record in an emergency")

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = models.CharField(max_length=10, choices=Action)
    patients = ArrayField(models.UUIDField(), help_text="The patients' ids.")
    door = models.CharField(max_length=10, help_text="site, api, admin or command.")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "access"
        verbose_name_plural = "access log"
        indexes = [
            GinIndex(fields=["patients"], name="access_by_patient"),
            models.Index(fields=["user", "-at"], name="access_by_user"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_action_display()}, {moment_text(self.at)}"
