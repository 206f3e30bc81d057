"""What the clinic's own operation keeps: messages owed, answers given to repeated requests, and
files of records that came in or went out."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.history import tracked


class Notification(models.Model):
    """A message that the clinic owes somebody for one event, from the moment it is owed.

    The row is written in the transaction of the event itself, so that what is owed is known
    even if no job ever runs. One event is told to one recipient once.
    """

    class Status(models.TextChoices):
        OWED = "owed", "Owed"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        OUTDATED = "outdated", "Outdated"

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.CharField(
        max_length=200, help_text="What happened, e.g. patient_registered:<id>."
    )
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254, help_text="The address or phone number.")
    subject_id = models.UUIDField(help_text="The record that the message is about.")
    subject_version = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="The record's version that it tells of; once there is another, it isn't sent.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.OWED)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    refused_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the mail server first refused the recipient, or this mail, for good.",
    )
    failed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was given up."
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient"], name="notification_once_per_event"
            ),
            models.CheckConstraint(name="notification_to_somebody", condition=~Q(recipient="")),
            models.CheckConstraint(
                name="notification_sent_has_time",
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="notification_not_sent",
                condition=~Q(status__in=("sent", "outdated")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.recipient}"


class MailHold(models.Model):
    """While there is one, nothing is sent: this is a copy of the clinic, or was one until now."""

    reason = models.CharField(max_length=100)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="mail_hold_is_one", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"Mails are held since {self.since}: {self.reason}"

    @classmethod
    def begin(cls, reason: str) -> None:
        cls.objects.get_or_create(pk=1, defaults={"reason": reason})


class IdempotencyKey(models.Model):
    """The answer once given to a request that bore an `Idempotency-Key`.

    It is written in the transaction of what the request did: both are kept or neither.
    """

    id = models.BigAutoField(primary_key=True)
    caller = models.CharField(max_length=80, help_text="The user's id, or the client's address.")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    body_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(help_text="JSON; it may repeat what is encrypted elsewhere.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "route", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class FileTransferQuerySet(models.QuerySet["FileTransfer"]):
    def imports_of(self, user, kind: str) -> "FileTransferQuerySet":
        """Whoever sent a file goes on with it; it is nobody else's."""
        return self.filter(user=user, kind=kind, direction=FileTransfer.Direction.IMPORT)


@tracked(exclude=("stored_as", "progress", "faults", "headings", "columns", "answers"))
class FileTransfer(models.Model):
    """A file of records that somebody imported or exported, and what became of it."""

    class Direction(models.TextChoices):
        IMPORT = "import", "Import"
        EXPORT = "export", "Export"

    class State(models.TextChoices):
        MATCHING = "matching", "Waits for its columns"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked, not imported yet"
        FAULTY = "faulty", "Not imported: it has faults"
        WRITING = "writing", "At work"
        DONE = "done", "Done"
        DROPPED = "dropped", "Given up"
        FAILED = "failed", "Ended by an error"

    AT_WORK = (State.CHECKING, State.WRITING)
    # Somebody's word is waited for, as long as the file is kept.
    WAITING = (State.MATCHING, State.CHECKED, State.FAULTY)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=10, choices=Direction)
    kind = models.CharField(max_length=20, help_text="What is in it, e.g. patients.")
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State)
    door = models.CharField(max_length=10, help_text="admin or command.")
    request_id = models.CharField(max_length=64, blank=True)
    with_sensitive = models.BooleanField(default=False)
    stored_as = models.CharField(
        max_length=100, blank=True, help_text="The file, encrypted, until it is imported."
    )
    headings = models.JSONField(
        default=list, db_default=[], help_text="Of an imported file, as they came."
    )
    columns = models.JSONField(
        default=list, db_default=[], help_text="The field that each column stands for."
    )
    answers = models.JSONField(
        default=dict, db_default={}, help_text="What was said of whole columns, by field."
    )
    is_partial = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Were the rows without a fault imported, and the others not?",
    )
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    fault_count = models.PositiveIntegerField(default=0)
    refusal = models.TextField(blank=True, help_text="Why the file as a whole was refused.")
    progress = models.PositiveIntegerField(default=0, help_text="Rows so far.")
    faults = models.JSONField(default=list, help_text="[row, column, sentence] of each.")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = FileTransferQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="file_transfer_stored",
                condition=~Q(stored_as=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} of {self.kind}: {self.file_name}"

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING and bool(self.stored_as)

    @property
    def faulty_rows(self) -> list[int]:
        """The numbers of the rows with a fault, in order."""
        return sorted({row for row, _, _ in self.faults})
