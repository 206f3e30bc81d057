from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.roles import Role
from clinic.copies import Copy
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.sorting import name_key
from clinic.text import LowercaseEmailField, PlainText
from doctors.models.specializations import CODE_SHAPE, SAME_FIELD, Specialized, named_so

UNAPPROVED_SENTENCE = "This application must be approved first."


class DoctorQuerySet(models.QuerySet["Doctor"]):
    def active(self) -> "DoctorQuerySet":
        return self.filter(is_active=True)

    def waiting(self) -> "DoctorQuerySet":
        """Those who applied, and wait for an admin's approval, or have yet to prove that the
        address is theirs."""
        return self.filter(applied_at__isnull=False, approved_at=None)

    def to_be_approved(self) -> "DoctorQuerySet":
        """Those of them whose address is theirs."""
        return self.waiting().filter(email_verified_at__isnull=False)

    def unconfirmed(self) -> "DoctorQuerySet":
        return self.waiting().filter(email_verified_at=None)

    def named_so(self, specialization: str) -> "DoctorQuerySet":
        """Those of the field that somebody names so, in any language or by a lay word."""
        return self.filter(named_so(specialization))

    def one_of_each_field(self) -> "DoctorQuerySet":
        by_field = self.annotate(common_field=SAME_FIELD)
        return by_field.order_by("common_field", "specialization", "pk").distinct("common_field")

    def visible_to(self, user) -> "DoctorQuerySet":
        """The front office sees every doctor; anybody else those who take appointments."""
        if user.has_perm("doctors.view_all_doctor"):
            return self
        if user.is_authenticated:
            return self.filter(Q(is_active=True) | Q(user=user))
        return self.active()


@tracked(exclude=("specialization_code",))
class Doctor(Specialized, Copy):
    """A practitioner who takes appointments (FHIR: Practitioner)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name="account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="doctor",
    )
    first_name = models.CharField(max_length=50, validators=[PlainText()])
    last_name = models.CharField(max_length=50, validators=[PlainText()])
    email = LowercaseEmailField(error_messages={"unique": "Email is already registered"})
    phone = PhoneField(blank=True)
    specialization = models.CharField(max_length=100, validators=[PlainText()])
    license_number = models.CharField(max_length=50, blank=True, validators=[PlainText()])
    is_active = models.BooleanField(
        "active", default=True, help_text="Inactive doctors take no appointments."
    )
    default_duration_minutes = models.PositiveSmallIntegerField(
        "usual length of a visit", default=30, help_text="Minutes, 15 to 180."
    )
    slot_interval_minutes = models.PositiveSmallIntegerField(
        "a visit may start every",
        null=True,
        blank=True,
        help_text="Minutes, 5 to 180, from the start of the hours on. Left empty: visits start "
        "one after the other.",
    )
    applied_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they applied on their own."
    )
    email_verified_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When an applicant has shown that the address is theirs.",
    )
    approved_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When an admin approved the application."
    )
    consented_at = models.DateTimeField(
        "agreed to the privacy notice", null=True, blank=True, editable=False
    )
    consent_version = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of the privacy notice: what PRIVACY_NOTICE_VERSION was as they applied.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DoctorQuerySet.as_manager()

    class Meta:
        ordering = [name_key(), "id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="doctor_email_unique"),
            models.CheckConstraint(
                name="doctor_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="E-mail addresses are stored in lower case.",
            ),
            models.CheckConstraint(
                name="doctor_duration_in_bounds",
                condition=Q(default_duration_minutes__range=(15, 180)),
                violation_error_message="The usual length must be 15 to 180 minutes.",
            ),
            models.CheckConstraint(
                name="doctor_slot_interval_in_bounds",
                condition=Q(slot_interval_minutes__range=(5, 180)) | Q(slot_interval_minutes=None),
                violation_error_message="Visits may start every 5 to 180 minutes.",
            ),
            models.CheckConstraint(
                name="doctor_active_once_approved",
                condition=Q(is_active=False) | Q(applied_at=None) | Q(approved_at__isnull=False),
                violation_error_message=UNAPPROVED_SENTENCE,
            ),
            models.CheckConstraint(name="doctor_specialization_code_shape", condition=CODE_SHAPE),
        ]
        indexes = [models.Index(fields=["specialization"], name="doctor_specialization")]

    def __str__(self) -> str:
        return f"Dr {self.first_name} {self.last_name}"

    @property
    def waits_for_approval(self) -> bool:
        return self.applied_at is not None and self.approved_at is None

    def clean(self):
        super().clean()
        if self.is_active and self.waits_for_approval:
            raise ValidationError({"is_active": UNAPPROVED_SENTENCE})
        if self.user is not None and self.user.role != Role.DOCTOR:
            role = self.user.get_role_display()
            raise ValidationError({"user": f"This account's role is {role}, not Doctor."})
