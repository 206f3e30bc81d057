"""What waits for somebody of the clinic to decide on it: the console's page of approvals.

Six kinds, each shown to those who may decide on it:

- doctors who applied, and have confirmed their address,
- photos of IDs that nobody has checked,
- registrations that came to nothing so far: patients with an account whose e-mail address isn't
  confirmed `UNCONFIRMED_AFTER` their registration,
- pairs of records that may be one person's,
- who belongs to whom, as patients told it themselves,
- those who came of age in the last `LATELY` and have no account of their own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from doctors.models import Doctor
from patients.models import (
    IdentityDocument,
    Invitation,
    Patient,
    PossibleDuplicate,
    RelatedPerson,
)

UNCONFIRMED_AFTER = timedelta(days=3)
LATELY = timedelta(days=90)


def applications(user) -> QuerySet:
    return Doctor.objects.visible_to(user).to_be_approved().order_by("applied_at", "pk")


def photos(user) -> QuerySet:
    documents = IdentityDocument.objects.to_check().filter(patient__merged_into=None)
    return documents.order_by("uploaded_at", "pk")


def unconfirmed(user) -> QuerySet:
    since = timezone.now() - UNCONFIRMED_AFTER
    return Patient.objects.unverified_since(since).order_by("created_at", "pk")


def duplicates(user) -> QuerySet:
    pairs = PossibleDuplicate.objects.open()
    standing = {"first__merged_into": None, "second__merged_into": None}
    return pairs.filter(**standing).order_by("-score", "pk")


def unconfirmed_relations(user) -> QuerySet:
    return RelatedPerson.objects.unconfirmed().order_by("created_at", "pk")


def came_of_age(user) -> QuerySet:
    """Who was acted for until then, and hasn't been invited since."""
    since = timezone.localdate() - LATELY
    invited = Invitation.objects.filter(patient=OuterRef("pk"), created_at__date__gte=since)
    patients = Patient.objects.came_of_age(since).filter(~Exists(invited))
    return patients.order_by("-date_of_birth", "pk")


@dataclass(frozen=True)
class Kind:
    """Something that waits. Its rows are seen by those who have both permissions."""

    name: str
    title: str
    none: str
    rows: Callable[[Any], Any]
    permission: str  # To decide on it.
    sees: str  # To see all records of which it may be.


KINDS = (
    Kind(
        "doctors",
        "Doctors who applied",
        "No application waits.",
        applications,
        "doctors.approve_doctor",
        "doctors.view_all_doctor",
    ),
    Kind(
        "photos",
        "ID photos to check",
        "Every photo is checked.",
        photos,
        "patients.verify_identitydocument",
        "patients.view_all_patient",
    ),
    Kind(
        "relations",
        "Family to be confirmed",
        "Nobody waits for the desk's word.",
        unconfirmed_relations,
        "patients.change_relatedperson",
        "patients.view_all_patient",
    ),
    Kind(
        "registrations",
        "E-mail not confirmed",
        "Everybody has confirmed their address.",
        unconfirmed,
        "patients.change_patient",
        "patients.view_all_patient",
    ),
    Kind(
        "of_age",
        "Came of age lately",
        "Nobody without an account of their own.",
        came_of_age,
        "patients.invite_patient",
        "patients.view_all_patient",
    ),
    Kind(
        "duplicates",
        "Possible duplicates",
        "No pair is open.",
        duplicates,
        "patients.merge_patient",
        "patients.view_all_patient",
    ),
)


def kinds_for(user) -> Iterator[Kind]:
    """What this user may decide on."""
    return (one for one in KINDS if user.has_perm(one.permission) and user.has_perm(one.sees))


def may_see(user) -> bool:
    return any(kinds_for(user))


def waiting(user) -> list[QuerySet]:
    """What waits for this user, for the menu: partial indexes answer how much."""
    return [one.rows(user) for one in kinds_for(user)]
