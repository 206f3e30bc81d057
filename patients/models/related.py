"""Who belongs to a patient: parents, spouses, those who care for somebody."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import TruncDate
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from clinic import languages
from clinic.copies import Copy, changed_fields
from clinic.days import born_by
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.text import LowercaseEmailField, PlainText
from patients.models.patients import Patient

NOT_ONESELF = _("Nobody is a related person of their own.")
SAME_PAIR = _("These two are related to each other on record already.")
ACTS_BY_ACCOUNT = _("Only another patient, with an account, can act.")
PATIENT_OR_NAME = _("A related person is another patient, or has a name of their own.")
NOT_REACHED = _("Who gets the messages needs an e-mail address or a phone number.")
NOT_YET = _("This must not be in the future.")
ENDS_BEFORE_TODAY = _("The last day must not be in the past.")
# How old the patient was on the day on which staff confirmed the relation.
CONFIRMED_AT_AGE = Func(
    TruncDate("confirmed_at"),
    "patient__date_of_birth",
    template="EXTRACT(YEAR FROM AGE(%(expressions)s))",
    output_field=models.IntegerField(),
)


class RelatedPersonQuerySet(models.QuerySet["RelatedPerson"]):
    def valid(self) -> "RelatedPersonQuerySet":
        """Those that haven't ended. One that a merge left behind, because the record that stands
        now has the same, is none of them."""
        current = self.filter(Q(valid_until=None) | Q(valid_until__gte=timezone.localdate()))
        return current.filter(patient__merged_into=None, related_patient__merged_into=None)

    def between(self, one: Patient, other: Patient) -> "RelatedPersonQuerySet":
        """Those of the two with each other, in either direction."""
        return self.filter(
            Q(patient=one, related_patient=other) | Q(patient=other, related_patient=one)
        )

    def merge_clashes(self, survivor: Patient, other: Patient) -> list[str]:
        """Why these two can't be one person: see patients/services/merging/belongings.py."""
        if relation := self.between(survivor, other).first():
            kind = relation.get_relationship_display().lower()
            return [
                f"{relation.full_name} is on record as the {kind} of {relation.patient}. "
                "If the two are one person, take that relation off the record first."
            ]
        told = self.unconfirmed().filter(Q(may_act=True) | Q(gets_messages=True))
        if claim := told.filter(patient__in=[survivor, other]).first():
            return [
                f"{claim.full_name} has registered {claim.patient} ({claim.patient.record_number}) "
                f"as {claim.get_relationship_display().lower()}, and would see the other record, "
                "too: confirm or withdraw that first."
            ]
        both = {survivor.pk, other.pk}
        if both & self.acted_for_by(both):
            return [
                "As one person they would act for somebody who acts for them: "
                "take one of these relations off the record first."
            ]
        return []

    def holding(self) -> "RelatedPersonQuerySet":
        """Those that others go by: of a minor, or confirmed by staff since the patient came of
        age. Whose birthday nobody knows counts as of age."""
        of_age = born_by(timezone.localdate(), settings.AGE_OF_MAJORITY)
        is_minor = Q(patient__date_of_birth__gt=of_age)
        is_confirmed = Q(GreaterThanOrEqual(CONFIRMED_AT_AGE, settings.AGE_OF_MAJORITY)) | Q(
            patient__date_of_birth=None, confirmed_at__isnull=False
        )
        return self.valid().filter(is_minor | is_confirmed)

    def in_force(self) -> "RelatedPersonQuerySet":
        """Those by which somebody may act for a patient."""
        return self.holding().filter(may_act=True)

    def acted_for_by(self, keys: Iterable[UUID]) -> set[UUID]:
        """Whom these act for, and whom those act for, and so on. One of them is among these where
        they act in a circle."""
        found: set[UUID] = set()
        waiting = set(keys)
        while waiting:
            rows = self.in_force().filter(related_patient__in=waiting)
            waiting = set(rows.values_list("patient", flat=True)) - found
            found |= waiting
        return found

    def acting(self) -> "RelatedPersonQuerySet":
        """Those by which somebody acts now: both are alive and on record, and the one who acts
        has an account. The one rule of who sees and books for whom."""
        return self.in_force().filter(
            patient__is_deceased=False,
            related_patient__is_deceased=False,
            related_patient__user__is_active=True,
        )

    def unconfirmed(self) -> "RelatedPersonQuerySet":
        """Those that a patient has told of, and staff haven't confirmed yet."""
        asked = self.valid().filter(related_patient__isnull=False, confirmed_at=None)
        return asked.filter(patient__is_deceased=False)

    def visible_to(self, user) -> "RelatedPersonQuerySet":
        """Those of patients whom the user may see."""
        if not user.has_perm("patients.view_relatedperson"):
            return self.none()
        return self.filter(patient__in=Patient.objects.visible_to(user))


@tracked()
class RelatedPerson(Copy):
    """Somebody who belongs to a patient (FHIR: RelatedPerson): another patient, or a person who
    is none and has a name and contacts here.

    `relationship` is what that person is to the patient: of a child's record, the mother is the
    parent.
    """

    class Relationship(models.TextChoices):
        PARENT = "parent", _("Parent")
        GUARDIAN = "guardian", _("Guardian")
        SPOUSE = "spouse", _("Spouse or partner")
        CHILD = "child", _("Child")
        SIBLING = "sibling", _("Brother or sister")
        CAREGIVER = "caregiver", _("Caregiver")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="related_persons")
    related_patient = models.ForeignKey(
        Patient,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="related_to",
        help_text="The related person's own record. Empty for a person who is no patient.",
    )
    name = models.CharField(
        max_length=101,
        blank=True,
        validators=[PlainText()],
        help_text="Of a person who is no patient.",
    )
    email = LowercaseEmailField("e-mail", blank=True)
    phone = PhoneField(blank=True)
    language = models.CharField(
        max_length=10,
        choices=languages.choices,
        default=languages.own,
        help_text="In which a person who is no patient is written to.",
    )
    relationship = models.CharField(max_length=10, choices=Relationship)
    may_act = models.BooleanField(
        "may act for the patient",
        default=False,
        help_text="Sees and books for the patient, with an account of their own.",
    )
    gets_messages = models.BooleanField(
        "gets the patient's messages",
        default=False,
        help_text="Mails and texts about the patient go to this person.",
    )
    valid_until = models.DateField(
        null=True, blank=True, help_text="The last day on which this holds."
    )
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The member of staff who saw that it is so.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RelatedPersonQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="related_person_not_oneself",
                condition=~Q(related_patient=F("patient")),
                violation_error_message=NOT_ONESELF,
            ),
            models.UniqueConstraint(
                fields=["patient", "related_patient"],
                name="related_person_once",
                violation_error_message=SAME_PAIR,
            ),
            models.CheckConstraint(
                name="related_person_patient_or_name",
                condition=Q(related_patient__isnull=False, name="", email="", phone="")
                | (Q(related_patient=None) & ~Q(name="")),
                violation_error_message=PATIENT_OR_NAME,
            ),
            models.CheckConstraint(
                name="related_person_acts_by_account",
                condition=Q(may_act=False) | Q(related_patient__isnull=False),
                violation_error_message=ACTS_BY_ACCOUNT,
            ),
            models.CheckConstraint(
                name="related_person_can_be_reached",
                condition=Q(gets_messages=False)
                | Q(related_patient__isnull=False)
                | ~Q(email="")
                | ~Q(phone=""),
                violation_error_message=NOT_REACHED,
            ),
            models.CheckConstraint(
                name="related_person_relationship_known",
                condition=Q(
                    relationship__in=(
                        *("parent", "guardian", "spouse", "child"),
                        *("sibling", "caregiver", "other"),
                    )
                ),
                violation_error_message=_("This relationship is not known."),
            ),
            models.CheckConstraint(
                name="related_person_email_lower_case",
                condition=Q(email=models.functions.Lower("email")),
                violation_error_message=_("E-mail addresses are stored in lower case."),
            ),
            models.CheckConstraint(
                name="related_person_phone_e164",
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                violation_error_message=_("Phone numbers are stored as in +4930123456 (E.164)."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_relationship_display()}: {self.full_name}"

    @property
    def full_name(self) -> str:
        return self.related_patient.name if self.related_patient else self.name

    @property
    def has_ended(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()

    @property
    def is_confirmed_ahead(self) -> bool:
        """Is it to be confirmed only? The clocks of programs differ a little from ours."""
        slack = timedelta(minutes=1)
        return self.confirmed_at is not None and self.confirmed_at > timezone.now() + slack

    def clean(self):
        is_new = self._state.adding or "valid_until" in changed_fields(self)
        faults = {
            **self.person_faults(),
            **({"valid_until": ENDS_BEFORE_TODAY} if is_new and self.has_ended else {}),
            **({"confirmed_at": NOT_YET} if self.is_confirmed_ahead else {}),
        }
        if faults:
            raise ValidationError(faults)

    def person_faults(self) -> dict[str, Any]:
        """What the constraints say of the person, each where its reader can mend it."""
        if self.related_patient_id is not None:
            if self.related_patient_id == self.patient_id:
                return {"related_patient": NOT_ONESELF}
            own = [name for name in ("name", "email", "phone") if getattr(self, name)]
            return dict.fromkeys(own, PATIENT_OR_NAME)
        if not self.name:
            return {"name": PATIENT_OR_NAME}
        faults: dict[str, Any] = {"may_act": ACTS_BY_ACCOUNT} if self.may_act else {}
        if self.gets_messages and not (self.email or self.phone):
            faults["gets_messages"] = NOT_REACHED
        return faults
