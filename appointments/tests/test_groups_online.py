"""Patients take places in group sessions: the times of a type that has any."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, GroupSession
from appointments.tests.factories import GroupSessionFactory, ParticipantFactory
from appointments.tests.offering import mill_lane, ultrasound
from appointments.tests.pages import text_of, times_on, verified_patient, working_doctor
from clinic.tests.problems import V1
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada")


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def yoga(days: int, taken: int = 0, **fields) -> GroupSession:
    """Ten places' less eight in so many days, some of which are taken."""
    starts_at = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0) + days * DAYS
    fields |= {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    session = GroupSessionFactory(capacity=2, **fields)
    for seat in range(1, taken + 1):
        other = PatientFactory(first_name="Hidden", last_name="Quizzlebaum")
        ParticipantFactory(session=session, patient=other, seat=seat)
    return session


def test_a_place_in_a_session(client, patient):
    group, doctor, place = ultrasound(name="Yoga group"), working_doctor(), mill_lane()
    soon = yoga(
        3,
        title="Yoga & breath",
        taken=1,
        service=group,
        doctor=doctor,
        location=place,
        price_amount=9,
        price_currency="EUR",
    )
    yoga(4, taken=2, service=group, doctor=doctor)
    yoga(5, doctor=doctor)  # Of no type: the desk's alone.
    assert f"?service={group.pk}" in text_of(client.get("/me/book/"))

    page = client.get(f"/me/book/?service={group.pk}")

    assert times_on(page) == [f"/me/book/group/{soon.pk}/"]  # None of the doctor's other times.
    assert "1 place left" in text_of(page)
    assert "Mill Lane House" in text_of(page)
    confirm = text_of(client.get(times_on(page)[0]))
    for words in ("Yoga & breath", "60 minutes", "9.00 EUR", "12 Mill Lane", "Book this time"):
        assert words in confirm
    response = client.post(times_on(page)[0], {"reason": "My back"})

    visit = Appointment.objects.get(patient=patient)
    assert response["Location"] == f"/me/visits/{visit.pk}/"
    assert (visit.session, visit.seat, visit.reason) == (soon, 2, "My back")
    assert client.post(times_on(page)[0])["Location"] == f"/me/visits/{visit.pk}/"  # Pressed twice.
    shown = text_of(client.get(f"/me/visits/{visit.pk}/"))
    assert f"/me/visits/{visit.pk}/move/" not in shown
    assert f"/me/visits/{visit.pk}/cancel/" in shown
    assert client.get(f"/me/visits/{visit.pk}/move/")["Location"] == f"/me/visits/{visit.pk}/"
    for told in (confirm, shown, text_of(client.get(f"/me/visits/{visit.pk}/cancel/"))):
        assert "Quizzlebaum" not in told
    assert not times_on(client.get(f"/me/book/?service={group.pk}"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_last_place_is_gone(client, method):
    group, doctor = ultrasound(name="Yoga group"), working_doctor()
    full = yoga(3, taken=2, service=group, doctor=doctor)
    later = yoga(4, service=group, doctor=doctor)

    response = getattr(client, method)(f"/me/book/group/{full.pk}/")

    assert "All places are taken" in text_of(response)
    assert times_on(response) == [f"/me/book/group/{later.pk}/"]
    assert "2 places left" in text_of(response)
    assert "Quizzlebaum" not in text_of(response)
    assert full.appointments.count() == 2


def test_sessions_that_are_not_open(client):
    session = yoga(3, service=ultrasound(is_online=False))
    assert client.get(f"/me/book/group/{session.pk}/").status_code == 404
    assert client.post(f"/me/book/group/{session.pk}/").status_code == 404


def test_a_type_with_sessions_is_booked_in_them_alone(client):
    group, doctor = ultrasound(name="Yoga group"), working_doctor()
    yoga(3, service=group, doctor=doctor)
    starts_at = timezone.now().replace(minute=0, second=0, microsecond=0) + 2 * DAYS
    query = {"service": group.pk, "doctor": doctor.pk, "starts": starts_at.isoformat()}

    response = client.post(
        f"/me/book/confirm/?{'&'.join(f'{k}={v}' for k, v in query.items())}".replace("+00:00", "Z")
    )

    assert response.status_code == 302
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("door", ["appointments", "slots", "waitlist"])
def test_the_api_books_a_type_with_sessions_in_them_alone(api, patient, door):
    group, doctor = ultrasound(name="Yoga group"), working_doctor()
    yoga(3, service=group, doctor=doctor)
    starts_at = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0) + 4 * DAYS
    own = {"service_id": str(group.pk), "doctor_id": str(doctor.pk), "patient_id": str(patient.pk)}
    day = starts_at.date().isoformat()
    if door == "slots":
        address = f"{V1}/doctors/{doctor.pk}/slots?service_id={group.pk}&date={day}"
        asked = [api(user).get(address) for user in (patient.user, UserFactory())]
    else:
        more = {
            "appointments": {"starts_at": starts_at.isoformat()},
            "waitlist": {"from_date": day, "to_date": day},
        }[door]
        asked = [
            api(user).post(f"{V1}/{door}", own | more, format="json")
            for user in (patient.user, UserFactory())
        ]

    refused, done = asked
    assert refused.json()["errors"] == {
        "service_id": ["This takes place in a group. Please take a place in one of its sessions."]
    }
    assert refused.status_code == 422
    assert done.status_code in (200, 201)
