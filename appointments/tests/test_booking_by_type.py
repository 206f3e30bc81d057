"""Patients choose what they come for, then with whom, where and when."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.console import signed_in
from appointments import services
from appointments.models import Appointment, AppointmentResource
from appointments.tests.factories import AppointmentFactory
from appointments.tests.offering import doctor_at, mill_lane, offer, ultrasound
from appointments.tests.pages import text_of, times_on, verified_patient, working_doctor
from appointments.tests.series import booked_series, visits_of, wish
from appointments.transitions import Status
from doctors.models import HealthcareService, Location, Resource, ServiceNeed, WorkingHours
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import CareAssignmentFactory

pytestmark = pytest.mark.django_db

WHERE = "Riverside Clinic, Mill Lane House, 12 Mill Lane; left, 10115 Berlin, second floor"


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada")


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def book_page(client, **query):
    return client.get("/me/book/", query)


def test_a_type_with_whoever_is_free_and_where(client, patient):
    place = mill_lane()
    doctors = [doctor_at(place, last_name=name) for name in ("Adler", "Zorn")]
    working_doctor(last_name="Messer")  # Who doesn't offer it.
    scan = ultrasound(buffer_before_minutes=5)
    offer(scan, *doctors)

    choice = text_of(book_page(client))

    assert f"/me/book/?service={scan.pk}" in unescape(choice)
    for words in ("Ultrasound", "a litre of water", "40 minutes, 45.00 EUR"):
        assert words in choice
    assert "/me/book/?service=" in choice  # Something else.
    whom = text_of(book_page(client, service=scan.pk))
    assert [name in whom for name in ("Adler", "Zorn", "Messer")] == [True, True, False]
    page = book_page(client, service=scan.pk, anybody=1)
    assert "40 minutes, 45.00 EUR" in text_of(page)
    first = times_on(page)[0]
    assert f"at={place.pk}" in first
    confirm = text_of(client.get(first))
    for words in ("Ultrasound", "40 minutes", "45.00 EUR", WHERE, "a litre of water"):
        assert words in confirm
    for page in (choice, whom, confirm):  # Buffers are the clinic's own.
        assert "5 minutes" not in page.replace("five minutes", "")
        assert "10 minutes" not in page

    response = client.post(first, {"reason": "Knee"})

    visit = Appointment.objects.get()
    assert response["Location"] == f"/me/visits/{visit.pk}/"
    assert (visit.service, visit.location, visit.duration_minutes) == (scan, place, 40)
    assert (visit.price_text, visit.buffer_after_minutes) == ("45.00 EUR", 10)
    shown = text_of(client.get(response["Location"]))
    assert all(words in shown for words in ("Ultrasound", "45.00 EUR", WHERE))
    assert "Ultrasound" in text_of(client.get("/me/"))


@pytest.mark.parametrize("is_known", [False, True])
def test_types_are_those_that_the_patient_can_have(client, patient, is_known):
    if is_known:
        AppointmentFactory.past(patient=patient, status=Status.FULFILLED)
    DoctorFactory()
    kinds = {"First visit": "only", "Check-up": "never", "Advice": "any"}
    types = {
        name: ultrasound(name=name, for_new_patients=kind, description="")
        for name, kind in kinds.items()
    }
    ultrasound(name="By phone", is_online=False)
    ultrasound(name="Of old", is_active=False)
    fitting = {"Check-up", "Advice"} if is_known else {"First visit", "Advice"}

    page = text_of(book_page(client))

    assert {name for name in kinds if name in page} == fitting
    assert "By phone" not in page
    assert "Of old" not in page
    other = types["First visit" if is_known else "Check-up"]
    refused = text_of(book_page(client, service=other.pk))
    assert ("for patients who have been here" in refused) == (not is_known)
    assert ("for new patients only" in refused) == is_known
    assert "Advice" in refused
    doctor = working_doctor()
    confirm = f"/me/book/confirm/?service={other.pk}&doctor={doctor.pk}&starts=2027-01-04T09:00:00Z"
    for response in (client.get(confirm), client.post(confirm)):
        assert response["Location"].startswith(f"/me/book/?service={other.pk}&doctor={doctor.pk}")
    gone = text_of(book_page(client, service="00000000-0000-7000-8000-000000000000"))
    assert "be booked online at present" in gone


def test_a_link_to_a_type_of_one_doctor_leads_to_the_times(client):
    doctor = working_doctor(last_name="Adler")
    scan = ultrasound()
    offer(scan, doctor, minutes=60)

    page = book_page(client, service=scan.pk)

    assert "60 minutes" in text_of(page)
    assert len(times_on(page)) == 5  # Three hours and two.
    assert all(f"service={scan.pk}&doctor={doctor.pk}" in time for time in times_on(page))


def test_a_doctor_is_asked_for_by_type_or_for_something_else(client, patient):
    """A visit of no type is offered wherever there are hours that aren't for types alone."""
    typed, plain = working_doctor(last_name="Adler"), working_doctor(last_name="Messer")
    CareAssignmentFactory(doctor=typed, patient=patient)
    scan = ultrasound()
    offer(scan, typed, minutes=50)

    assert f"?doctor={typed.pk}" in text_of(book_page(client))  # Among one's own doctors.
    page = unescape(text_of(book_page(client, doctor=typed.pk)))
    assert "50 minutes, 45.00 EUR" in page
    assert f"?service={scan.pk}&doctor={typed.pk}" in page
    assert f"?service=&doctor={typed.pk}" in page
    assert times_on(book_page(client, doctor=plain.pk))  # Who offers no type.
    others = unescape(text_of(book_page(client, service="")))
    assert f"?service=&doctor={typed.pk}" in others
    assert f"?service=&doctor={plain.pk}" in others
    page = book_page(client, service="", doctor=typed.pk)
    assert f"?service=&doctor={typed.pk}&date=" in unescape(text_of(page))
    client.post(times_on(page)[0])
    assert (Appointment.objects.get().service, Appointment.objects.get().doctor) == (None, typed)

    for hours in WorkingHours.objects.all():
        hours.services.add(scan)
    assert "Something else" not in text_of(book_page(client))
    assert "Something else" not in text_of(book_page(client, doctor=typed.pk))
    assert "Messer" not in text_of(book_page(client, service=""))
    lost = text_of(book_page(client, service=scan.pk, doctor=plain.pk))
    assert "offer it. Please choose another" in lost


def test_many_types_stand_by_field_and_are_found(client):
    hearts = DoctorFactory(last_name="Núñez", specialization="Cardiology")
    for number in range(8):
        ultrasound(name=f"Advice {number}")
    offer(ultrasound(name="Echo", description="Of the heart"), hearts)

    page = text_of(book_page(client))
    assert '<h2 id="field-2">Cardiology</h2>' in page
    for words, found in {"echoo": "Echo", "nunez": "Núñez", "advice": "Advice 7"}.items():
        page = text_of(book_page(client, q=words))
        names = ("Echo", "Núñez", "Advice 7")
        assert [name for name in names if f"<bdi>{name}" in page or f"{name}</bdi>" in page] == [
            found
        ], words
    assert "Nothing here has this name." in text_of(book_page(client, q="xyz"))


def test_where_is_chosen_where_there_are_several_places(client, patient):
    lane, harbour = mill_lane(), Location.objects.create(name="Harbour")
    Location.objects.create(name="Far away")  # Nobody works there.
    one, other = doctor_at(lane, [(9, 10)]), doctor_at(harbour, [(9, 10)])
    scan = ultrasound()

    page = book_page(client, service=scan.pk, anybody=1)

    text = text_of(page)
    assert "Far away" not in text
    assert '<bdi class="time-place">Harbour</bdi>' in text
    assert [
        f"at={place.pk}" in time
        for place, time in zip((lane, harbour), times_on(page), strict=True)
    ]
    page = book_page(client, service=scan.pk, anybody=1, location=harbour.pk)
    [time] = times_on(page)
    assert f"doctor={other.pk}" in time
    client.post(time)
    assert Appointment.objects.get().location == harbour
    assert one.appointments.count() == 0


def test_moving_keeps_type_and_place(client, patient):
    lane, harbour = mill_lane(), Location.objects.create(name="Harbour")
    doctor, other = doctor_at(lane, last_name="Adler"), doctor_at(harbour, last_name="Zorn")
    scan = ultrasound()
    offer(scan, doctor, other)
    client.post(times_on(book_page(client, service=scan.pk, doctor=doctor.pk))[0])
    visit = Appointment.objects.get()
    HealthcareService.objects.update(duration_minutes=60, is_active=False)  # Of new ones alone.
    move = f"/me/visits/{visit.pk}/move/"
    day = timezone.localdate(visit.starts_at) + timedelta(days=1)

    page = client.get(f"{move}?date={day}")
    assert "Show those of anybody who offers it" in text_of(page)
    confirm = text_of(client.get(times_on(page)[1]))
    assert "40 minutes" in confirm
    assert "Ultrasound" in confirm
    assert WHERE in confirm
    page = client.get(f"{move}?anybody=1&location=any&date={day}")
    [away, *_] = [time for time in times_on(page) if f"at={harbour.pk}" in time]
    assert "Harbour" in text_of(client.get(away))
    client.post(away, {"sequence": visit.sequence})

    visit.refresh_from_db()
    assert (visit.service, visit.duration_minutes, visit.price_text) == (scan, 40, "45.00 EUR")
    assert (visit.location, visit.doctor) == (harbour, other)


def test_a_visit_of_a_series_leads_to_the_others(client, patient):
    first, *others = visits_of(booked_series(wish(patient=patient)))
    services.cancel(others[0], by=patient.user)

    page = text_of(client.get(f"/me/visits/{first.pk}/"))

    assert all(f"/me/visits/{one.pk}/" in page for one in others)
    assert page.count("Cancelled") == 1
    alone = AppointmentFactory(patient=patient, starts_at=first.starts_at + timedelta(days=2))
    assert "in a series" not in text_of(client.get(f"/me/visits/{alone.pk}/"))


def test_the_last_room_is_gone(client):
    doctor, other = working_doctor(), working_doctor()
    scan = ultrasound()
    ServiceNeed.objects.create(service=scan, pool="ultrasound")
    Resource.objects.create(name="Scanner", kind="equipment", pool="ultrasound")
    time = times_on(book_page(client, service=scan.pk, doctor=doctor.pk))[0]
    at_once = signed_in(verified_patient().user)
    assert at_once.post(time.replace(str(doctor.pk), str(other.pk))).status_code == 302

    for response in (client.get(time), client.post(time)):
        assert "perhaps somebody was a little faster" in text_of(response)
        assert times_on(response)
        assert time not in times_on(response)
    assert Appointment.objects.count() == AppointmentResource.objects.count() == 1


def test_pages_ask_as_often_however_much_is_offered(client):
    place = mill_lane()
    counts = []
    for _ in range(3):
        for number in range(2):
            scan = ultrasound(name=f"Scan {len(counts)} {number}")
            offer(scan, doctor_at(place), doctor_at(place))
            ServiceNeed.objects.create(service=scan, pool="ultrasound")
            Resource.objects.create(name=scan.name, kind="room", pool="ultrasound")
        paths = ["/me/book/", f"/me/book/?service={scan.pk}"]
        paths.append(f"/me/book/?service={scan.pk}&anybody=1")
        paths.append(times_on(client.get(paths[-1]))[0])
        asked = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            asked.append(len(queries))
        counts.append(asked)
    assert len(set(map(tuple, counts))) == 1, counts
    assert max(counts[0]) <= 16, counts
