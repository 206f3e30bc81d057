"""`/waitlist`: who waits, whom a time is offered, and what becomes of it."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services.waitlist import offer_free_times
from appointments.tests.factories import next_monday
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import WorkingHoursFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
PATH = f"{V1}/waitlist"
MONDAY = next_monday(12).date()


@pytest.fixture
def doctor():
    return WorkingHoursFactory(starts=time(9), ends=time(10)).doctor


@pytest.fixture
def patient():
    return PatientFactory(with_account=True, email_verified_at=timezone.now())


def wish(doctor=None, **fields) -> dict:
    whom = {"doctor_id": str(doctor.pk)} if doctor else {}
    return {**whom, "from_date": str(MONDAY), "to_date": str(MONDAY), **fields}


def test_a_patient_waits_and_leaves(api, doctor, patient):
    client = api(patient.user)

    response = client.post(PATH, wish(doctor, earliest="09:00", latest="09:30"), format="json")

    assert response.status_code == 201, response.content
    told = response.json()
    assert (told["patient_id"], told["state"]) == (str(patient.pk), "waiting")
    assert (told["earliest"], told["duration_minutes"], told["offer"]) == ("09:00", None, None)
    assert client.get(PATH).json()["results"] == [told]
    assert client.delete(f"{PATH}/{told['id']}").status_code == 204
    assert client.get(PATH).json()["count"] == 0
    check_problem(client.delete(f"{PATH}/{told['id']}"), 404, "not_found")


@pytest.mark.parametrize(("sent", "minutes"), [({}, 50), ({"duration_minutes": 25}, 25)], ids=str)
def test_an_offer_has_the_length_named_or_else_the_doctors_own(api, doctor, patient, sent, minutes):
    Doctor.objects.update(default_duration_minutes=50)
    client = api(patient.user)
    client.post(PATH, wish(specialization=doctor.specialization, **sent), format="json")
    offer_free_times(doctor.pk)

    [entry] = client.get(PATH).json()["results"]

    starts_at, ends_at = (entry["offer"][name] for name in ("starts_at", "ends_at"))
    length = datetime.fromisoformat(ends_at) - datetime.fromisoformat(starts_at)
    assert length == timedelta(minutes=minutes)


def test_an_offer_is_accepted_once(api, doctor, patient):
    client = api(patient.user)
    entry = client.post(PATH, wish(specialization=doctor.specialization), format="json").json()
    offer_free_times(doctor.pk)

    offer = client.get(PATH).json()["results"][0]["offer"]
    booked = client.post(f"{PATH}/{entry['id']}/accept")

    assert booked.status_code == 200, booked.content
    assert booked.json()["starts_at"] == offer["starts_at"]
    assert Appointment.objects.get().doctor == doctor
    check_problem(client.post(f"{PATH}/{entry['id']}/accept"), 404, "not_found")
    assert WaitlistEntry.objects.get().state == "booked"


def test_a_declined_offer_is_not_made_again(api, doctor, patient):
    client = api(patient.user)
    entry = client.post(PATH, wish(doctor), format="json").json()
    (first,) = offer_free_times(doctor.pk)

    assert client.post(f"{PATH}/{entry['id']}/decline").status_code == 204

    (second,) = offer_free_times(doctor.pk)
    assert (first.starts_at, second.starts_at) != (second.starts_at, first.starts_at)
    assert SlotOffer.objects.get(pk=first.pk).state == "declined"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"doctor_id": "x"}, ["doctor_id"]),
        ({"specialization": "Surgery"}, ["doctor_id"]),
        ({"to_date": "2020-01-01"}, ["to_date"]),
        ({"to_date": None}, ["to_date"]),
        ({"earliest": "10:00", "latest": "09:00"}, ["latest"]),
        ({"duration_minutes": 10}, ["duration_minutes"]),
        ({"urgent": True}, ["urgent"]),
    ],
)
def test_a_wish_that_makes_no_sense(api, doctor, patient, fields, named):
    answer = api(patient.user).post(PATH, wish(doctor) | fields, format="json")

    check_problem(answer, 422, "validation_error", *named)
    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_twice(api, doctor, patient):
    client = api(patient.user)
    client.post(PATH, wish(doctor), format="json")

    check_problem(client.post(PATH, wish(doctor), format="json"), 409, "already_waiting")


def test_staff_see_all_and_a_patient_the_own_place(api, doctor, patient):
    desk = api(UserFactory())
    other = PatientFactory(with_account=True)
    check_problem(desk.post(PATH, wish(doctor), format="json"), 422, "validation_error")
    for one in (patient, other):
        fields = wish(doctor, patient_id=str(one.pk))
        assert desk.post(PATH, fields, format="json").status_code == 201

    assert desk.get(PATH).json()["count"] == 2
    assert desk.get(PATH, {"patient_id": str(other.pk)}).json()["count"] == 1
    own = api(patient.user).get(PATH).json()["results"]
    assert [entry["patient_id"] for entry in own] == [str(patient.pk)]
    foreign = WaitlistEntry.objects.get(patient=other)
    check_problem(api(patient.user).delete(f"{PATH}/{foreign.pk}"), 404, "not_found")
    doctor_user = UserFactory(role=Role.DOCTOR)
    check_problem(api(doctor_user).get(PATH), 403, "permission_denied")


def test_an_address_that_is_not_confirmed_waits_for_nothing(api, doctor):
    patient = PatientFactory(with_account=True)

    answer = api(patient.user).post(PATH, wish(doctor), format="json")

    check_problem(answer, 403, "permission_denied")


def test_what_is_held_is_offered_to_nobody_else(api, doctor, patient):
    asked = {"date": str(MONDAY), "days": 1}
    path = f"{V1}/doctors/{doctor.pk}/slots"
    api(patient.user).post(PATH, wish(doctor), format="json")
    before = api().get(path, asked).json()

    (offer,) = offer_free_times(doctor.pk)

    assert len(before) == 2
    assert len(api().get(path, asked).json()) == 1
    SlotOffer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api().get(path, asked).json() == before
    assert offer.state == "open"
