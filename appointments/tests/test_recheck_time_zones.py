"""`manage.py recheck_time_zones`: visits that the clocks have left."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.management.commands.recheck_time_zones import NONE
from appointments.models import Appointment
from appointments.services import book, cancel, reschedule
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def recheck(*arguments: str) -> tuple[int, str]:
    """The command's exit code and what it prints."""
    out = StringIO()
    try:
        call_command("recheck_time_zones", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def booked(hour: int = 9) -> Appointment:
    people = {"doctor": DoctorFactory(), "patient": PatientFactory()}
    return book(
        AppointmentFactory.build(**people, starts_at=next_monday(hour)),
        UserFactory(role=Role.ADMIN),
    )


def booked_under_other_rules(hour: int = 9) -> Appointment:
    """When it was booked, the zone's clocks were to be an hour ahead of what they are now."""
    visit = booked(hour)
    then = timezone.localtime(visit.starts_at) + timedelta(hours=1)
    Appointment.objects.filter(pk=visit.pk).update(local_start=f"{then:%Y-%m-%dT%H:%M}")
    visit.refresh_from_db()
    return visit


def test_nothing_to_report():
    booked()

    assert recheck() == (0, f"{NONE}\n")
    assert recheck("--json") == (0, "[]\n")


def test_a_visit_whose_local_time_moved_is_reported():
    booked(12)
    visit = booked_under_other_rules()
    is_now = timezone.localtime(visit.starts_at)

    code, printed = recheck()

    assert code == 1
    assert printed == (
        f"{visit.pk}  {visit.doctor}  {visit.patient.record_number}  "
        f"was {visit.local_start} Europe/Berlin, is {is_now:%Y-%m-%dT%H:%M} Europe/Berlin\n"
    )
    assert visit.patient.last_name not in printed


def test_the_report_for_programs():
    later, visit = booked_under_other_rules(13), booked_under_other_rules()

    code, printed = recheck("--json")

    rows = json.loads(printed)
    assert code == 1
    assert [row["id"] for row in rows] == [str(visit.pk), str(later.pk)]
    assert rows[0]["record_number"] == visit.patient.record_number
    assert (rows[0]["was"], rows[0]["was_zone"]) == (visit.local_start, "Europe/Berlin")


def test_a_clinic_that_has_moved_to_another_zone(settings):
    visit = booked()
    settings.TIME_ZONE = "America/New_York"

    code, printed = recheck()

    assert code == 1
    assert f"was {visit.local_start} Europe/Berlin, is " in printed
    assert printed.endswith(" America/New_York\n")


def test_a_zone_with_the_same_clocks_moves_nothing(settings):
    booked()
    settings.TIME_ZONE = "Europe/Paris"

    assert recheck() == (0, f"{NONE}\n")


def test_what_is_over_cancelled_or_moved_since_is_not_reported():
    admin = UserFactory(role=Role.ADMIN)
    cancel(booked_under_other_rules(9), admin)
    reschedule(booked_under_other_rules(10), admin, next_monday(11))
    past = AppointmentFactory.past(local_start="2020-01-01T09:00", time_zone="Europe/Berlin")
    assert past.starts_at < timezone.now()
    AppointmentFactory(starts_at=next_monday(15))  # Its local time was never written down.

    assert recheck() == (0, f"{NONE}\n")
