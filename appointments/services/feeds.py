"""The address at which a doctor's other calendars look for the visits."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from appointments.invites import feed
from appointments.models import Appointment, CalendarFeed
from clinic.days import day_start
from clinic.errors import NotAllowed
from doctors.models import Doctor
from doctors.services import lock_doctors

SHOWN_BACK = timedelta(days=30)
# Compared with where a doctor has no feed, so that both take the same time.
NOBODYS = b"\0" * 32


def digest_of(token: str) -> bytes:
    """A token has 256 random bits: a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def address_of(doctor: Doctor, token: str) -> str:
    return f"{settings.CLINIC_URL}/api/v1/doctors/{doctor.pk}/calendar.ics?token={token}"


def may_manage(doctor: Doctor, by: User) -> bool:
    """A doctor's own feed is the doctor's; admins manage all of them."""
    if by.has_perm("appointments.manage_all_calendarfeed"):
        return True
    return by.has_perm("appointments.change_calendarfeed") and doctor.user_id == by.pk


@transaction.atomic
def renew(doctor: Doctor, by: User) -> str:
    """A new token for the doctor's feed, told this once; the one before opens nothing any more.

    Raises NotAllowed.
    """
    check_may_manage(doctor, by)
    lock_doctors([doctor.pk])
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        doctor=doctor,
        defaults={
            "token_digest": digest_of(token),
            "created_at": timezone.now(),
            "created_by": by,
        },
    )
    return token


@transaction.atomic
def revoke(doctor: Doctor, by: User) -> None:
    """Let no address open the doctor's feed any more. Raises NotAllowed."""
    check_may_manage(doctor, by)
    lock_doctors([doctor.pk])
    CalendarFeed.objects.filter(doctor=doctor).delete()


def check_may_manage(doctor: Doctor, by: User) -> None:
    if not may_manage(doctor, by):
        raise NotAllowed("Only the doctor and administrators give out this calendar.")


def doctor_behind(doctor_id: UUID, token: str) -> Doctor | None:
    """The doctor whose feed this token opens. With a doctor's account, the feed is closed, too."""
    found = CalendarFeed.objects.filter(doctor=doctor_id).select_related("doctor__user").first()
    known = bytes(found.token_digest) if found else NOBODYS
    is_known = constant_time_compare(digest_of(token), known)
    if found is None or not is_known:
        return None
    user = found.doctor.user
    return found.doctor if user is None or user.is_active else None


@dataclass(frozen=True)
class Feed:
    """A doctor's visits from a month ago on, and what tells this content from any other."""

    doctor: Doctor
    since: datetime
    tag: str

    @property
    def visits(self) -> QuerySet[Appointment]:
        return visits_since(self.doctor, self.since).select_related(
            "patient", "service", "location", "session__service"
        )

    def content(self, visits: list[Appointment]) -> bytes:
        return feed(self.doctor, visits)


def visits_since(doctor: Doctor, since: datetime) -> QuerySet[Appointment]:
    visits = Appointment.objects.filter(doctor=doctor, starts_at__gte=since)
    return visits.order_by("starts_at", "pk")


def feed_of(doctor: Doctor) -> Feed:
    """The doctor's feed as it is now. Its tag takes one query, however many visits there are.

    Every change of a visit counts its `sequence` on. The time of the latest change alone would
    miss one whose transaction ends after that of a later one.
    """
    since = day_start(timezone.localdate() - SHOWN_BACK)
    state = (
        visits_since(doctor, since)
        .order_by()
        .aggregate(
            Count("pk"),
            Sum("sequence"),
            Max("updated_at"),
            *(
                Max(f"{named}__updated_at")
                for named in ("patient", "service", "location", "session")
            ),
        )
    )
    named = (settings.CLINIC_NAME, settings.CLINIC_ADDRESS, settings.CLINIC_URL)
    parts = (doctor.pk, str(doctor), since, *named, *state.values())
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
    return Feed(doctor, since, f'"{digest[:32]}"')
