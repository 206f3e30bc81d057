from datetime import UTC, datetime, timedelta

import factory
from django.utils import timezone

from appointments.models import Appointment, GroupSession
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory


def next_monday(hour: int, minute: int = 0) -> datetime:
    """A time on the Monday at least a week from now, in UTC."""
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=14 - today.weekday())
    return datetime(monday.year, monday.month, monday.day, hour, minute, tzinfo=UTC)


class AppointmentFactory(factory.django.DjangoModelFactory):
    """A booked half hour, written straight into the table."""

    class Meta:
        model = Appointment

    doctor = factory.SubFactory(DoctorFactory)
    patient = factory.SubFactory(PatientFactory)
    starts_at = factory.LazyFunction(lambda: next_monday(9))
    ends_at = factory.LazyAttribute(lambda o: o.starts_at + timedelta(minutes=30))

    @classmethod
    def today(cls, **fields) -> Appointment:
        """One that begins just now."""
        return cls.past(starts_at=timezone.now(), **fields)

    @classmethod
    def past(cls, **fields) -> Appointment:
        """One whose start has passed: booked two days before it."""
        starts_at = fields.pop("starts_at", timezone.now() - timedelta(hours=1))
        return cls(starts_at=starts_at, booked_at=starts_at - timedelta(days=2), **fields)


class GroupSessionFactory(factory.django.DjangoModelFactory):
    """An hour with three places, written straight into the table."""

    class Meta:
        model = GroupSession

    doctor = factory.SubFactory(DoctorFactory)
    starts_at = factory.LazyFunction(lambda: next_monday(9))
    ends_at = factory.LazyAttribute(lambda o: o.starts_at + timedelta(hours=1))
    capacity = 3
    title = "Back school"


class ParticipantFactory(AppointmentFactory):
    """Somebody who takes part in a session, written straight into the table."""

    session = factory.SubFactory(GroupSessionFactory)
    seat = 1
    doctor = factory.SelfAttribute("session.doctor")
    starts_at = factory.SelfAttribute("session.starts_at")
    ends_at = factory.SelfAttribute("session.ends_at")
