"""What belongs to a patient's record: the photo of the ID, and who looks after the patient."""

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.history import tracked
from doctors.models import Doctor
from patients.models.patients import Patient


def documents_storage():
    return storages["documents"]


def document_name(document: "IdentityDocument", filename: str) -> str:
    """A name that tells nothing about the patient or the file that was sent."""
    name = uuid7().hex
    return f"{name[-2:]}/{name}"


@tracked()
class IdentityDocument(models.Model):
    """The photo of a patient's identity document: decoded, upright, stripped, encrypted."""

    class ContentType(models.TextChoices):
        JPEG = "image/jpeg", "JPEG"
        PNG = "image/png", "PNG"

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

    class Meta:
        verbose_name = "ID photo"
        constraints = [
            models.CheckConstraint(
                name="document_type_known",
                condition=Q(content_type__in=("image/jpeg", "image/png")),
                violation_error_message="The photo must be a JPEG or PNG image.",
            )
        ]

    def __str__(self) -> str:
        return f"ID photo of {self.patient}"


@tracked()
class CareAssignment(models.Model):
    """This doctor looks after this patient, and so may read the patient's record."""

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
