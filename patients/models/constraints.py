"""What the database holds every patient's record to, and by what it finds one quickly."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Reverse, Right
from django.utils.translation import gettext_lazy as _

from clinic.errors import UNIQUE

EMAIL_KNOWN = _("Email is already registered")
PHONE_KNOWN = _("Phone number is already registered")
NOT_DECEASED = "Only who is marked as deceased has a day of death."
DIED_BEFORE_BIRTH = "The day of death can't be before the date of birth."
ACCOUNT_NEEDS_CONTACT = _("An account needs an e-mail address and a phone number.")
STANDING = Q(merged_into__isnull=True)
CONTACTS = ("email", "phone")
# What stands before the @ of an address, and how a phone number ends.
MAILBOX = Func("email", Value("@"), 1, function="SPLIT_PART", output_field=models.TextField())
LAST_DIGITS = Right("phone", 7)
# Where a search looks: see patients/search/.
INDEXED_WORDS = Func("search_words", function="clinic_indexed")
CONSTRAINTS: list[models.BaseConstraint] = [
    models.UniqueConstraint(
        fields=["email"],
        condition=STANDING & ~Q(email=""),
        name="patient_email_unique",
        violation_error_code=UNIQUE,
        violation_error_message=EMAIL_KNOWN,
    ),
    models.UniqueConstraint(
        fields=["phone"],
        condition=STANDING & ~Q(phone=""),
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
        condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
        violation_error_message="Phone numbers are stored as in +4930123456 (E.164).",
    ),
    models.CheckConstraint(
        name="patient_account_has_contacts",
        condition=Q(user=None) | (~Q(email="") & ~Q(phone="")),
        violation_error_message=ACCOUNT_NEEDS_CONTACT,
    ),
]
INDEXES: list[models.Index] = [
    GinIndex(fields=["search_name"], name="patient_search_name", opclasses=["gin_trgm_ops"]),
    GinIndex(INDEXED_WORDS, name="patient_search_words"),
    GinIndex(fields=["email"], name="patient_email_parts", opclasses=["gin_trgm_ops"]),
    models.Index(OpClass(Reverse("phone"), name="text_pattern_ops"), name="patient_phone_ending"),
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
