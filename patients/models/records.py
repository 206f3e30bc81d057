"""What belongs to a patient's record: the photo of the ID, and who looks after the patient."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.copies import Copy
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models import Doctor
from patients.models.patients import Patient

KIND_SENTENCE = "Which kind of document is it?"


def documents_storage():
    return storages["documents"]


def document_name(document: "IdentityDocument", filename: str) -> str:
    """A name that tells nothing about the patient or the file that was sent."""
    name = uuid7().hex
    return f"{name[-2:]}/{name}"


class IdentityDocumentQuerySet(models.QuerySet["IdentityDocument"]):
    def visible_to(self, user) -> "IdentityDocumentQuerySet":
        """The photos of patients whom the user may see. Whether any may be seen, a permission
        says: `patients.view_identitydocument`."""
        return self.filter(patient__in=Patient.objects.visible_to(user))

    def to_check(self) -> "IdentityDocumentQuerySet":
        """Those that nobody has decided on."""
        return self.filter(check_result="")


@tracked()
class IdentityDocument(Copy):
    """The photo of a patient's identity document: decoded, upright, stripped, encrypted.

    The front desk checks it: it is verified, or refused with a reason that the patient reads. A
    new photo is a new row, which nobody has checked.
    """

    class ContentType(models.TextChoices):
        JPEG = "image/jpeg", "JPEG"
        PNG = "image/png", "PNG"

    class DocumentType(models.TextChoices):
        PASSPORT = "passport", "Passport"
        NATIONAL_ID = "national_id", "National ID"
        DRIVING_LICENCE = "driving_licence", "Driving licence"
        RESIDENCE_PERMIT = "residence_permit", "Residence permit"
        OTHER = "other", "Other"

    class Result(models.TextChoices):
        VERIFIED = "verified", "Verified"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="document")
    file = models.FileField(storage=documents_storage, upload_to=document_name, unique=True)
    content_type = models.CharField(max_length=10, choices=ContentType)
    width = models.PositiveIntegerField(help_text="Pixels.")
    height = models.PositiveIntegerField(help_text="Pixels.")
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty where the patient sent it with the registration.",
    )
    document_type = models.CharField(
        "type of document", max_length=20, choices=DocumentType, blank=True
    )
    expires_on = models.DateField("valid until", null=True, blank=True)
    check_result = models.CharField(max_length=10, choices=Result, blank=True)
    refusal_reason = models.CharField(
        "reason",
        max_length=300,
        blank=True,
        validators=[PlainText()],
        help_text="The patient reads it.",
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = IdentityDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "ID photo"
        indexes = [
            models.Index(
                fields=["uploaded_at"], name="document_to_check", condition=Q(check_result="")
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="document_check_noted",
                condition=Q(check_result="", checked_at=None, checked_by=None)
                | Q(
                    check_result__in=("verified", "refused"),
                    checked_at__isnull=False,
                    checked_by__isnull=False,
                ),
                violation_error_message="A check has a result, a time and somebody who did it.",
            ),
            models.CheckConstraint(
                name="document_refused_for_a_reason",
                condition=Q(check_result="refused") & ~Q(refusal_reason="")
                | ~Q(check_result="refused") & Q(refusal_reason=""),
                violation_error_message="Only what is refused has a reason, and it must have one.",
            ),
            models.CheckConstraint(
                name="document_kind_known",
                condition=Q(
                    document_type__in=(
                        "passport",
                        "national_id",
                        "driving_licence",
                        "residence_permit",
                        "other",
                    )
                )
                | Q(document_type="") & ~Q(check_result="verified"),
                violation_error_message=KIND_SENTENCE,
            ),
            models.CheckConstraint(
                name="document_type_known",
                condition=Q(content_type__in=("image/jpeg", "image/png")),
                violation_error_message="The photo must be a JPEG or PNG image.",
            ),
        ]

    def __str__(self) -> str:
        return f"ID photo of {self.patient}"

    @property
    def is_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < timezone.localdate()

    def clean(self):
        if self.check_result == self.Result.VERIFIED:
            self.clean_verified()
        if self.check_result == self.Result.REFUSED and not self.refusal_reason:
            raise ValidationError({"refusal_reason": "Tell the patient why."})

    def clean_verified(self):
        faults = {}
        if not self.document_type:
            faults["document_type"] = KIND_SENTENCE
        if self.is_expired:
            faults["expires_on"] = "It has expired: ask for a valid one."
        if faults:
            raise ValidationError(faults)


@tracked()
class CareAssignment(models.Model):
    """This doctor looks after this patient, and so may read the patient's record.

    What a booking began ends with its visits; what somebody has assigned, by hand.
    """

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="care_assignments")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="care_assignments")
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    by_booking = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Did a booked visit begin it?"
    )

    class Meta:
        ordering = ["assigned_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["doctor", "patient"],
                name="care_assignment_once",
                violation_error_message="This patient is assigned to this doctor already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doctor} looks after {self.patient}"
