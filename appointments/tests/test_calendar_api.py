"""Invitations as files, and the feeds of doctors by a token of their own."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, CalendarFeed
from appointments.services import book, cancel, reschedule
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.logs import SecretFilter
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def visit(**fields) -> Appointment:
    fields.setdefault("doctor", DoctorFactory(with_account=True))
    fields.setdefault("patient", PatientFactory(with_account=True))
    return book(
        AppointmentFactory.build(**fields, reason="A secret cough"), UserFactory(role=Role.ADMIN)
    )


def invite_url(appointment) -> str:
    return f"/api/v1/appointments/{appointment.pk}/invite.ics"


def token_url(doctor) -> str:
    return f"/api/v1/doctors/{doctor.pk}/calendar-token"


def renew(api, doctor, by=None) -> str:
    response = api(by or doctor.user).post(token_url(doctor))
    assert response.status_code == 201
    return response.json()["url"].removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize("accept", ["*/*", "text/calendar", "application/json"])
def test_the_invitation_as_a_file(api, accept):
    appointment = visit()

    response = api(appointment.patient.user).get(invite_url(appointment), HTTP_ACCEPT=accept)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert response["Cache-Control"] == "private, no-store"
    method, [event] = read(response.content)
    assert (method, event.sequence, event.status) == ("PUBLISH", 0, "CONFIRMED")
    assert b"ATTENDEE" not in response.content
    assert event.uid == f"{appointment.pk}@clinic.example"
    assert (event.starts_at, event.ends_at) == (appointment.starts_at, appointment.ends_at)
    assert "cough" not in response.content.decode()
    noted = AccessLog.objects.get()
    assert (noted.user, noted.patients) == (appointment.patient.user, [appointment.patient_id])


def test_the_invitation_of_what_is_cancelled_cancels(api):
    appointment = visit()
    cancel(appointment, UserFactory(role=Role.ADMIN))

    response = api(appointment.doctor.user).get(invite_url(appointment))

    method, [event] = read(response.content)
    assert (method, event.sequence, event.status) == ("PUBLISH", 1, "CANCELLED")
    assert b"TRANSP:TRANSPARENT" in response.content
    assert event.summary.startswith("Cancelled: ")


def test_nobody_gets_the_invitation_of_a_stranger(api):
    appointment, other = visit(), visit(starts_at=next_monday(11))

    for asker in (other.patient.user, other.doctor.user):
        assert api(asker).get(invite_url(appointment)).status_code == 404
    assert api().get(invite_url(appointment)).status_code == 401


def test_the_patients_page_hands_the_same_file_out(client, api):
    appointment = visit()
    client.force_login(appointment.patient.user)

    page = client.get(f"/me/visits/{appointment.pk}/invite.ics")

    assert page["Content-Type"] == "text/calendar; charset=utf-8"
    assert page.content == api(appointment.doctor.user).get(invite_url(appointment)).content
    other = visit(starts_at=next_monday(11))
    assert client.get(f"/me/visits/{other.pk}/invite.ics").status_code == 404


def test_a_doctor_subscribes_to_the_own_visits(api):
    patient = PatientFactory(first_name="Ada", last_name="Lovelace", email="ada@mail.example")
    booked = visit(patient=patient)
    doctor = booked.doctor
    cancelled = visit(doctor=doctor, starts_at=next_monday(11))
    cancel(cancelled, UserFactory(role=Role.ADMIN))
    visit(starts_at=next_monday(12))  # With another doctor.
    long_ago = timezone.now() - timedelta(days=32)
    AppointmentFactory.past(doctor=doctor, starts_at=long_ago)
    recent = AppointmentFactory.past(doctor=doctor, starts_at=timezone.now() - timedelta(days=20))

    response = api().get(renew(api, doctor))

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    method, events = read(response.content)
    assert method == "PUBLISH"
    assert {(event.uid.partition("@")[0], event.status) for event in events} == {
        (str(recent.pk), "CONFIRMED"),
        (str(booked.pk), "CONFIRMED"),
        (str(cancelled.pk), "CANCELLED"),
    }
    titles = {event.uid.partition("@")[0]: event.summary for event in events}
    assert titles[str(booked.pk)] == f"{patient.record_number} A. L."
    assert titles[str(cancelled.pk)].startswith("Cancelled: P-")
    assert response.content.count(b"TRANSP:TRANSPARENT") == 1
    text = response.content.decode()
    for trace in ("Lovelace", "Ada", "ada@", "cough"):
        assert trace not in text


def test_who_the_feed_shows_is_noted_as_read_by_the_doctor(api):
    appointment = visit()
    url = renew(api, appointment.doctor)

    api().get(url)

    noted = AccessLog.objects.get()
    assert (noted.user, noted.action) == (appointment.doctor.user, "list")
    assert noted.patients == [appointment.patient_id]


def test_polling_is_cheap(api):
    """What is known already costs two queries and shows nothing; the rest doesn't grow."""
    appointment = visit()
    url = renew(api, appointment.doctor)
    counts = []
    for hour in (None, 11, 12):
        if hour:
            visit(doctor=appointment.doctor, starts_at=next_monday(hour))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = api().get(url)
        counts.append(len(queries))
    assert len(set(counts)) == 1

    with CaptureQueriesContext(connection) as queries:
        again = api().get(url, HTTP_IF_NONE_MATCH=response["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == response["ETag"]
    assert len(queries) == 2


@pytest.mark.parametrize("change", ["book", "cancel", "move", "move away", "name"])
def test_every_change_is_news(api, change):
    appointment, by = visit(), UserFactory(role=Role.ADMIN)
    url = renew(api, appointment.doctor)
    known = api().get(url)["ETag"]

    if change == "book":
        visit(doctor=appointment.doctor, starts_at=next_monday(11))
    elif change == "cancel":
        cancel(appointment, by)
    elif change == "move":
        reschedule(appointment, by, next_monday(12))
    elif change == "move away":
        reschedule(appointment, by, next_monday(9), doctor=DoctorFactory())
    else:
        appointment.patient.last_name = "Zuse"
        appointment.patient.save()

    response = api().get(url, HTTP_IF_NONE_MATCH=known)
    assert response.status_code == 200
    assert response["ETag"] != known


def test_a_change_that_is_older_but_seen_later_is_news(api):
    """Its transaction ended after that of a change which was made later."""
    appointment, by = visit(), UserFactory(role=Role.ADMIN)
    later = visit(doctor=appointment.doctor, starts_at=next_monday(11))
    url = renew(api, appointment.doctor)
    Appointment.objects.filter(pk=later.pk).update(updated_at=timezone.now() + timedelta(hours=1))
    known = api().get(url)["ETag"]

    cancel(appointment, by)

    assert api().get(url, HTTP_IF_NONE_MATCH=known).status_code == 200


def test_a_new_token_ends_the_old_one_and_revoking_ends_it_all(api):
    doctor = DoctorFactory(with_account=True)
    first = renew(api, doctor)
    second = renew(api, doctor)

    assert api().get(first).status_code == 404
    assert api().get(second).status_code == 200
    assert api(doctor.user).delete(token_url(doctor)).status_code == 204
    assert api().get(second).status_code == 404
    assert api(doctor.user).delete(token_url(doctor)).status_code == 204
    assert not CalendarFeed.objects.exists()


def test_a_wrong_token_is_answered_as_an_unknown_doctor(api):
    doctor, other = DoctorFactory(with_account=True), DoctorFactory(with_account=True)
    url, others = renew(api, doctor), renew(api, other)
    path, _, token = url.partition("?")
    unknown = api().get(f"/api/v1/doctors/{UserFactory().pk}/calendar.ics?{token}")

    for wrong in (
        path,
        f"{path}?token=",
        f"{url}x",
        f"{path}?token=%F0%9F%98%80",
        f"{path}?{others.partition('?')[2]}",
        "/api/v1/doctors/none/calendar.ics?token=x",
    ):
        response = api().get(wrong)
        assert response.status_code == 404
        assert response.json()["errors"] == unknown.json()["errors"]
        assert response.json()["message"] == unknown.json()["message"]


def test_the_feed_ends_with_the_doctors_account(api):
    doctor = DoctorFactory(with_account=True)
    url = renew(api, doctor)
    doctor.user.is_active = False
    doctor.user.save()

    assert api().get(url).status_code == 404


def test_only_the_doctor_and_admins_make_and_revoke_a_token(api):
    doctor = DoctorFactory(with_account=True)
    url = renew(api, doctor, by=UserFactory(role=Role.ADMIN))

    for other in (DoctorFactory(with_account=True).user, UserFactory()):
        assert api(other).post(token_url(doctor)).status_code == 403
        assert api(other).delete(token_url(doctor)).status_code == 403
    assert api().post(token_url(doctor)).status_code == 401
    assert api().get(url).status_code == 200


def test_the_token_is_stored_as_a_digest_and_struck_from_logs(api):
    doctor = DoctorFactory(with_account=True)
    url = renew(api, doctor)
    token = url.partition("token=")[2]

    assert token.encode() not in bytes(CalendarFeed.objects.get().token_digest)
    record = logging.LogRecord("x", logging.INFO, "x", 1, 'GET "%s"', (url,), None)
    SecretFilter().filter(record)
    assert token not in record.getMessage()
    assert "token=..." in record.getMessage()


def test_who_tries_tokens_is_slowed_down(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "feed": "2/m"}
    url = renew(api, DoctorFactory(with_account=True))

    assert [api().get(url).status_code for _ in range(3)] == [200, 200, 429]
