from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField
from uuid_utils.compat import uuid7

from accounts.roles import Role
from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from clinic.text import LowercaseEmailField, PlainText
from doctors.models import Doctor
from patients.postal import postal_code_fault
from patients.search import likeness, name_matches, other_matches

EARLIEST_BIRTH_YEAR = 1900


def clinic_country() -> str:
    return settings.CLINIC_COUNTRY


def documents_storage():
    return storages["documents"]


def document_name(document: "IdentityDocument", filename: str) -> str:
    """A name that tells nothing about the patient or the file that was sent."""
    name = uuid7().hex
    return f"{name[-2:]}/{name}"


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user) -> "PatientQuerySet":
        """The one gate through which the site, the API and the admin read patients."""
        if user.has_perm("patients.view_all_patient"):
            return self
        role = getattr(user, "role", None)
        if role == Role.DOCTOR:
            return self.filter(care_assignments__doctor__user=user)
        if role == Role.PATIENT:
            return self.filter(user=user)
        return self.none()

    def search(self, text: str) -> "PatientQuerySet":
        """Patients whose name is like the words, or that bear this e-mail, phone, birth date
        or record number. Typos, accents and the order of names are forgiven.

        `likeness` says of each how like the words the name is, from 0 to 1.
        """
        if not text.strip():
            return self.annotate(likeness=Value(1.0))
        matching = self.filter(name_matches(text) | other_matches(text))
        return matching.annotate(likeness=likeness(text))


@tracked(exclude=("search_name",))
class Patient(models.Model):
    """Somebody whom the clinic cares for (FHIR: Patient)."""

    class Gender(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        OTHER = "other", "Other"
        PREFER_NOT_TO_SAY = "prefer_not_to_say", "Prefer not to say"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("patient_number"), function="nextval"),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="patient",
    )
    first_name = models.CharField(
        "first name(s)", max_length=50, blank=True, validators=[PlainText()]
    )
    last_name = models.CharField(max_length=50, validators=[PlainText()])
    email = LowercaseEmailField("e-mail", error_messages={"unique": "Email is already registered"})
    phone = PhoneNumberField(error_messages={"unique": "Phone number is already registered"})
    date_of_birth = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=20, choices=Gender, blank=True)
    street = models.CharField(max_length=200, blank=True, validators=[PlainText()])
    city = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    state = models.CharField("state or region", max_length=50, blank=True, validators=[PlainText()])
    zip = models.CharField("postal code", max_length=12, blank=True, validators=[PlainText()])
    country = CountryField(default=clinic_country)
    emergency_contact_name = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    emergency_contact_phone = PhoneNumberField(blank=True)
    emergency_contact_relationship = models.CharField(
        max_length=50, blank=True, validators=[PlainText()]
    )
    insurance_provider = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    insurance_policy_number = EncryptedTextField(
        blank=True, max_length=100, validators=[PlainText()]
    )
    medical_history = EncryptedTextField(
        blank=True, help_text="One entry a line.", validators=[PlainText(multiline=True)]
    )
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    phone_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    consented_at = models.DateTimeField(
        "agreed to the privacy notice", null=True, blank=True, editable=False
    )
    search_name = models.GeneratedField(
        expression=Func(Concat("first_name", Value(" "), "last_name"), function="clinic_fold"),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    doctors = models.ManyToManyField(
        Doctor, through="CareAssignment", related_name="patients", blank=True
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="patient_email_unique"),
            models.UniqueConstraint(fields=["phone"], name="patient_phone_unique"),
            models.CheckConstraint(
                name="patient_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="E-mail addresses are stored in lower case.",
            ),
            models.CheckConstraint(
                name="patient_phone_e164",
                condition=Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                violation_error_message="Phone numbers are stored as in +4930123456 (E.164).",
            ),
        ]
        indexes = [
            GinIndex(
                fields=["search_name"], name="patient_search_name", opclasses=["gin_trgm_ops"]
            ),
            models.Index(fields=["last_name", "first_name", "id"], name="patient_by_name"),
            models.Index(fields=["created_at", "id"], name="patient_by_registration"),
            models.Index(fields=["date_of_birth"], name="patient_date_of_birth"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @name.setter
    def name(self, full_name: str) -> None:
        """The last word is taken for the last name; what stands before it for the first names."""
        first, _, last = " ".join(full_name.split()).rpartition(" ")
        self.first_name, self.last_name = first, last

    @property
    def record_number(self) -> str:
        """The number that people read out to each other, such as P-000123."""
        return f"P-{self.number:06d}"

    def clean(self):
        faults = {
            "date_of_birth": self.birth_fault(),
            "zip": postal_code_fault(self.zip, str(self.country)),
        }
        if any(faults.values()):
            raise ValidationError({field: fault for field, fault in faults.items() if fault})

    def birth_fault(self) -> str:
        born = self.date_of_birth
        if born and born >= timezone.localdate():
            return "The date of birth must be in the past."
        if born and born.year < EARLIEST_BIRTH_YEAR:
            return "Please check the year of birth."
        return ""


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
