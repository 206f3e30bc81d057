from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from uuid_utils.compat import uuid7

from clinic import languages
from clinic.copies import Copy, changed_fields
from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.sorting import sort_name
from clinic.text import LowercaseEmailField, PlainText
from doctors.models import Doctor
from patients.models.constraints import (
    ACCOUNT_NEEDS_CONTACT,
    CONSTRAINTS,
    CONTACTS,
    DIED_BEFORE_BIRTH,
    EMAIL_KNOWN,
    INDEXES,
    PHONE_KNOWN,
)
from patients.models.names import Named
from patients.models.querysets import PatientQuerySet
from patients.postal import STATE_MISSING, needs_state, read_postal_code

EARLIEST_BIRTH_YEAR = 1900
ADDRESS = frozenset({"street", "city", "zip", "state", "country"})
# Where a search looks: see patients/search/.
NAME_WORDS = Func(
    Func("first_name", "last_name", function="clinic_name_words"),
    Func("preferred_name", "former_names", function="clinic_name_words"),
    template="(%(expressions)s)",
    arg_joiner=" || ",
)


def clinic_country() -> str:
    return settings.CLINIC_COUNTRY


@tracked(exclude=("search_name", "search_words", "sort_name"))
class Patient(Named, Copy):
    """Somebody whom the clinic cares for (FHIR: Patient)."""

    class Gender(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")
        PREFER_NOT_TO_SAY = "prefer_not_to_say", _("Prefer not to say")

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
    preferred_name = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[PlainText()],
        help_text="What the patient wants to be called, on the board and in mails.",
    )
    former_names = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[PlainText()],
        help_text="Last names of before, such as the one at birth, separated by commas.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="FHIR's Patient.active. Who isn't is found where asked for, and not suggested.",
    )
    email = LowercaseEmailField("e-mail", blank=True, error_messages={"unique": EMAIL_KNOWN})
    phone = PhoneField(blank=True, error_messages={"unique": PHONE_KNOWN})
    date_of_birth = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=20, choices=Gender, blank=True)
    street = models.CharField(max_length=200, blank=True, validators=[PlainText()])
    city = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    state = models.CharField("state or region", max_length=50, blank=True, validators=[PlainText()])
    zip = models.CharField("postal code", max_length=12, blank=True, validators=[PlainText()])
    country = CountryField(default=clinic_country)
    emergency_contact_name = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    emergency_contact_phone = PhoneField(blank=True)
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
    language = models.CharField(
        max_length=10,
        choices=languages.choices,
        default=languages.own,
        help_text="Of the mails and pages that the patient gets.",
    )
    is_deceased = models.BooleanField(
        "deceased",
        default=False,
        db_default=False,
        help_text="FHIR's deceasedBoolean, where the day isn't known.",
    )
    deceased_on = models.DateField(
        "day of death", null=True, blank=True, help_text="FHIR's deceasedDateTime, if it is known."
    )
    mark_shut_account = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="The account was open when the death was noted: taking that back opens it.",
    )
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    phone_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    consented_at = models.DateTimeField(
        "agreed to the privacy notice", null=True, blank=True, editable=False
    )
    consent_version = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of the privacy notice: what PRIVACY_NOTICE_VERSION was then.",
    )
    consent_withdrawn_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Empty again once it is given anew."
    )
    restricted_at = models.DateTimeField(
        "restricted since",
        null=True,
        blank=True,
        editable=False,
        help_text="What is on record is kept, and nothing else is done with it (GDPR, article 18).",
    )
    restriction_reason = EncryptedTextField(
        blank=True, default="", db_default="", max_length=300, validators=[PlainText()]
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Of the record, its visits alone are left."
    )
    search_name = models.GeneratedField(
        expression=Func(Concat("first_name", Value(" "), "last_name"), function="clinic_fold"),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )
    search_words = models.GeneratedField(
        expression=NAME_WORDS, output_field=SearchVectorField(), db_persist=True, editable=False
    )
    sort_name = models.GeneratedField(
        expression=sort_name(),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
        editable=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        help_text="The record that stands for this one now (FHIR: Patient.link, replaced-by).",
    )

    doctors = models.ManyToManyField(
        Doctor, through="CareAssignment", related_name="patients", blank=True
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["sort_name", "id"]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return self.name

    def own_ids(self) -> list[UUID]:
        """The record's id, and those of all that were merged into it."""
        ids, found = [self.pk], [self.pk]
        while found:
            rows = Patient.objects.filter(merged_into__in=found)
            found = list(rows.values_list("pk", flat=True))
            ids += found
        return ids

    def acts_for(self) -> "models.QuerySet":
        """The relations by which this patient acts for others now, with those others."""
        acting = self.related_to.acting().select_related("patient")
        return acting.order_by("patient__sort_name", "patient")

    @property
    def has_consented(self) -> bool:
        """Do they agree to the privacy notice? Setting it notes when, and to which version."""
        return self.consented_at is not None and self.consent_withdrawn_at is None

    @has_consented.setter
    def has_consented(self, agrees: bool) -> None:
        if agrees == self.has_consented:
            return
        if agrees:
            self.consented_at, self.consent_withdrawn_at = timezone.now(), None
            self.consent_version = settings.PRIVACY_NOTICE_VERSION
        elif self.consented_at is not None:
            self.consent_withdrawn_at = timezone.now()

    @property
    def record_number(self) -> str:
        """The number that people read out to each other, such as P-000123."""
        return f"P-{self.number:06d}"

    def clean(self):
        self.settle_death()
        self.settle_names()
        faults = {
            "former_names": self.former_names_fault(),
            "date_of_birth": self.birth_fault(),
            "deceased_on": self.death_fault(),
            "zip": self.zip_fault(),
            "state": self.state_fault(),
            **self.contact_faults(),
        }
        if any(faults.values()):
            raise ValidationError({field: fault for field, fault in faults.items() if fault})

    def contact_faults(self) -> dict[str, str]:
        """Who has an account signs in with the address, and is called at the number."""
        missing = [name for name in CONTACTS if self.user_id and not getattr(self, name)]
        return dict.fromkeys(missing, str(ACCOUNT_NEEDS_CONTACT))

    def zip_fault(self) -> str:
        """Puts the postal code into its one form, or says why it has none."""
        try:
            self.zip = read_postal_code(self.zip, str(self.country))
        except ValidationError as error:
            return error.messages[0]
        return ""

    def state_fault(self) -> str:
        """An address lacks the state that those of its country have. One on record that always
        lacked it is left alone until somebody changes the address."""
        has_address = bool(self.street or self.city or self.zip)
        if not has_address or self.state.strip() or not needs_state(str(self.country)):
            return ""
        is_of_address = self._state.adding or changed_fields(self) & ADDRESS
        return str(STATE_MISSING) if is_of_address else ""

    @property
    def death(self) -> str:
        """That the patient has died, and when if that is known, as the console says it."""
        day = self.deceased_on
        if not self.is_deceased:
            return ""
        return f"deceased on {day.day} {day:%b %Y}" if day else "deceased"

    def settle_death(self) -> None:
        """A day of death implies the mark, and without the mark there is no day: whichever of the
        two was changed, the other follows."""
        if self.is_deceased or not self.deceased_on:
            return
        changed = changed_fields(self)
        if self._state.adding or "is_deceased" not in changed:
            self.is_deceased = True
        elif "deceased_on" not in changed:
            self.deceased_on = None

    def death_fault(self) -> str:
        day, born = self.deceased_on, self.date_of_birth
        if day and day > timezone.localdate():
            return "The day of death can't be in the future."
        return DIED_BEFORE_BIRTH if day and born and day < born else ""

    def birth_fault(self) -> str:
        born = self.date_of_birth
        if born and born >= timezone.localdate():
            return gettext("The date of birth must be in the past.")
        if born and born.year < EARLIEST_BIRTH_YEAR:
            return gettext("Please check the year of birth.")
        return ""
