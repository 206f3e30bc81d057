from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Lower, Reverse, Right
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from uuid_utils.compat import uuid7

from accounts.roles import Role
from clinic import languages
from clinic.copies import Copy, changed_fields
from clinic.encryption import EncryptedTextField
from clinic.errors import UNIQUE
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.sorting import sort_name
from clinic.text import LowercaseEmailField, PlainText
from doctors.models import Doctor
from patients.models.standing import lead_up, standing_key
from patients.postal import STATE_MISSING, needs_state, read_postal_code
from patients.search.finding import search

EARLIEST_BIRTH_YEAR = 1900
EMAIL_KNOWN = _("Email is already registered")
NOT_DECEASED = "Only who is marked as deceased has a day of death."
DIED_BEFORE_BIRTH = "The day of death can't be before the date of birth."
PHONE_KNOWN = _("Phone number is already registered")
ADDRESS = frozenset({"street", "city", "zip", "state", "country"})
STANDING = Q(merged_into__isnull=True)
# What stands before the @ of an address, and how a phone number ends.
MAILBOX = Func("email", Value("@"), 1, function="SPLIT_PART", output_field=models.TextField())
LAST_DIGITS = Right("phone", 7)
# Where a search looks: see patients/search/.
NAME_WORDS = Func("first_name", "last_name", function="clinic_name_words")
INDEXED_WORDS = Func("search_words", function="clinic_indexed")


def clinic_country() -> str:
    return settings.CLINIC_COUNTRY


class PatientQuerySet(models.QuerySet["Patient"]):
    is_narrowed = False  # Is it only what concerns one user?
    has_more = False  # Would more fit what was searched for?

    def _clone(self):
        clone = super()._clone()  # type: ignore[misc]
        clone.is_narrowed, clone.has_more = self.is_narrowed, self.has_more
        return clone

    def unverified_since(self, instant) -> "PatientQuerySet":
        """Those who opened an account before then, and whose e-mail isn't verified since."""
        waiting = self.filter(user__isnull=False, email_verified_at=None, merged_into=None)
        return waiting.filter(created_at__lt=instant)

    def narrowed(self, **conditions) -> "PatientQuerySet":
        few = self.filter(**conditions)
        few.is_narrowed = True
        return few

    def standing(self) -> "PatientQuerySet":
        """Without those that were merged into others, whose numbers and addresses are free."""
        return self.filter(merged_into__isnull=True)

    def standing_for(self, pk: UUID | str) -> "PatientQuerySet":
        """Of these, the one to whom the id of a record leads that was merged."""
        return self.filter(pk=standing_key(pk))

    def key_under(self, pk: UUID) -> UUID:
        """The key to which this one leads among these; the same where it leads nowhere."""
        return self.standing_for(pk).values_list("pk", flat=True).first() or pk

    def numbered(self, numbers: Iterable[int]) -> dict[int, "Patient"]:
        """Those of these by each record number, also by those of records merged into them."""
        wanted = set(numbers)
        found: dict[int, Patient] = {one.number: one for one in self.filter(number__in=wanted)}
        if left := wanted - found.keys():
            merged = Patient.objects.filter(merged_into__isnull=False)
            leads = dict(merged.filter(number__in=left).values_list("number", "merged_into"))
            keys = lead_up(leads, merged)
            standing = self.in_bulk(set(keys.values()))
            found |= {one: standing[key] for one, key in keys.items() if key in standing}
        return found

    def visible_to(self, user) -> "PatientQuerySet":
        """The one gate through which the site, the API and the admin read patients."""
        if user.has_perm("patients.view_all_patient"):
            return self.standing()
        role = getattr(user, "role", None)
        if role == Role.DOCTOR:
            return self.standing().narrowed(care_assignments__doctor__user=user)
        if role == Role.PATIENT:
            return self.standing().narrowed(user=user)
        return self.none()

    def search(self, text: str) -> "PatientQuerySet":
        """The patients whom the text means, by parts of names, phone, e-mail, date or year of
        birth, or record number; see `patients/search/`. Typos, accents and order are forgiven.

        `likeness` says of each how well it fits, from 0 to 1. The best come first only if they
        are ordered by it. What narrows the patients comes before the search.
        """
        if not text.strip():
            return self.annotate(likeness=Value(1.0))
        return search(self, text)


@tracked(exclude=("search_name", "search_words", "sort_name"))
class Patient(Copy):
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
    email = LowercaseEmailField("e-mail", error_messages={"unique": EMAIL_KNOWN})
    phone = PhoneField(error_messages={"unique": PHONE_KNOWN})
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
        "deceased", default=False, help_text="FHIR's deceasedBoolean, where the day isn't known."
    )
    deceased_on = models.DateField(
        "day of death", null=True, blank=True, help_text="FHIR's deceasedDateTime, if it is known."
    )
    mark_shut_account = models.BooleanField(
        default=False,
        editable=False,
        help_text="The account was open when the death was noted: taking that back opens it.",
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
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=STANDING,
                name="patient_email_unique",
                violation_error_code=UNIQUE,
                violation_error_message=EMAIL_KNOWN,
            ),
            models.UniqueConstraint(
                fields=["phone"],
                condition=STANDING,
                name="patient_phone_unique",
                violation_error_code=UNIQUE,
                violation_error_message=PHONE_KNOWN,
            ),
            models.CheckConstraint(
                name="patient_not_merged_into_itself",
                condition=~Q(merged_into=F("id")),
                violation_error_message="A record can't be merged into itself.",
            ),
            models.CheckConstraint(
                name="patient_deceased_on_of_deceased",
                condition=Q(deceased_on=None) | Q(is_deceased=True),
                violation_error_message=NOT_DECEASED,
            ),
            models.CheckConstraint(
                name="patient_died_after_birth",
                condition=Q(deceased_on=None)
                | Q(date_of_birth=None)
                | Q(deceased_on__gte=F("date_of_birth")),
                violation_error_message=DIED_BEFORE_BIRTH,
            ),
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
            GinIndex(INDEXED_WORDS, name="patient_search_words"),
            GinIndex(fields=["email"], name="patient_email_parts", opclasses=["gin_trgm_ops"]),
            models.Index(
                OpClass(Reverse("phone"), name="text_pattern_ops"), name="patient_phone_ending"
            ),
            models.Index(fields=["sort_name", "id"], name="patient_by_name"),
            models.Index(fields=["created_at", "id"], name="patient_by_registration"),
            models.Index(fields=["date_of_birth"], name="patient_date_of_birth"),
            # Where likely twins are looked for: see patients/duplicates/candidates.py.
            models.Index(MAILBOX, name="patient_mailbox"),
            models.Index(LAST_DIGITS, name="patient_last_digits"),
            models.Index(fields=["zip", "street"], name="patient_address"),
            models.Index(
                fields=["created_at"],
                name="patient_unverified",
                condition=Q(user__isnull=False, email_verified_at=None, merged_into=None),
            ),
            models.Index(
                fields=["merged_into"],
                name="patient_merged",
                condition=Q(merged_into__isnull=False),
            ),
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

    def own_ids(self) -> list[UUID]:
        """The record's id, and those of all that were merged into it."""
        ids, found = [self.pk], [self.pk]
        while found:
            rows = Patient.objects.filter(merged_into__in=found)
            found = list(rows.values_list("pk", flat=True))
            ids += found
        return ids

    @property
    def record_number(self) -> str:
        """The number that people read out to each other, such as P-000123."""
        return f"P-{self.number:06d}"

    def clean(self):
        self.settle_death()
        faults = {
            "date_of_birth": self.birth_fault(),
            "deceased_on": self.death_fault(),
            "zip": self.zip_fault(),
            "state": self.state_fault(),
        }
        if any(faults.values()):
            raise ValidationError({field: fault for field, fault in faults.items() if fault})

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
