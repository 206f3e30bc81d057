"""Waiting for a visit of a type: of one doctor or of whoever offers it, and where."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentResource, SlotOffer, WaitlistEntry
from appointments.scheduling.availability import wanted_for
from appointments.services import waitlist
from appointments.services.unmailed import free_times_for
from appointments.tests.factories import AppointmentFactory
from appointments.tests.offering import doctor_at, mill_lane, offer, ultrasound
from appointments.tests.pages import text_of
from appointments.tests.scheduling import doctor_working, offered, patient_online
from appointments.tests.waiting import NOW, TOMORROW, offers, wait
from appointments.transitions import Status
from clinic.tests.problems import V1, check_problem
from doctors.models import Location, Resource, ServiceNeed, WorkingHours
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def scan():
    """Forty minutes, with ten kept free after them, on one of the scanners."""
    service = ultrasound()
    ServiceNeed.objects.create(service=service, pool="scanners")
    Resource.objects.create(name="Scanner", kind="equipment", pool="scanners")
    return service


def test_an_offer_holds_what_the_type_needs_and_books_it(scan):
    place = mill_lane()
    doctor, other = doctor_at(place, [(9, 10)]), doctor_at(place, [(9, 10)])
    offer(scan, doctor)
    entry = wait(service=scan)
    waitlist.move_on()

    assert offers() == [(entry, "Tue 09:00", "open")]
    held = SlotOffer.objects.get()
    assert (held.doctor, held.service, held.location) == (doctor, scan, place)
    assert held.ends_at - held.starts_at == 40 * MINUTE
    assert held.busy_until - held.ends_at == 10 * MINUTE
    assert other.slot_offers.count() == 0
    visit = waitlist.accept(held)

    assert (visit.service, visit.location, visit.price_text) == (scan, place, "45.00 EUR")
    assert visit.buffer_after_minutes == 10
    assert AppointmentResource.objects.get().appointment == visit


@pytest.mark.parametrize("in_the_way", ["buffer", "room", "place", "length", "hours"])
def test_only_what_fits_is_offered(scan, in_the_way):
    place = mill_lane()
    doctor = doctor_at(place, [(9, 10)])
    entry = wait(doctor, service=scan, location=place)
    day = TOMORROW
    if in_the_way == "buffer":
        taken = AppointmentFactory.build(doctor=doctor, patient=PatientFactory())
        # 9:45 in Berlin: within the ten minutes.
        taken.starts_at = NOW.replace(hour=7, minute=45) + timedelta(days=1)
        taken.ends_at = taken.starts_at + 15 * MINUTE
        services.book(taken, by=UserFactory())
    elif in_the_way == "room":
        Resource.objects.update(is_active=False)
    elif in_the_way == "place":
        WorkingHours.objects.update(location=Location.objects.create(name="Harbour"))
    elif in_the_way == "length":
        WorkingHours.objects.update(ends="09:35")
    else:
        WorkingHours.objects.get(weekday=day.weekday()).services.add(ultrasound(name="Other"))

    waitlist.move_on()

    assert offers() == []
    assert free_times_for([entry.pk]) == {}


@pytest.mark.parametrize("end", ["accepted", "declined", "expired", "withdrawn"])
def test_an_open_offer_keeps_its_room(scan, clock, end):
    doctor, other = doctor_working("09:00-09:40"), doctor_working("09:00-09:40")
    wait(doctor, service=scan)
    waitlist.offer_free_times(doctor.pk)
    held = SlotOffer.objects.get()

    def book_with(whom):
        visit = AppointmentFactory.build(
            doctor=whom, patient=PatientFactory(), service=scan, ends_at=None
        )
        visit.starts_at = held.starts_at
        return services.book(visit, by=UserFactory())

    def is_free():
        return bool(offered(other, TOMORROW, wanted=wanted_for(scan.pk)))

    assert not is_free()
    with pytest.raises(ValidationError, match="No room or device that this needs is free then"):
        book_with(other)
    if end == "accepted":
        visit = waitlist.accept(held)
    elif end == "declined":
        waitlist.decline(held)
    elif end == "expired":
        clock.move_to(held.expires_at)  # Before the job that ends it.
    else:
        visit = book_with(doctor)  # The desk may book a time that is held; it gets the room, too.

    assert is_free() == (end in ("declined", "expired"))
    if is_free():
        visit = book_with(other)
    held.refresh_from_db()
    assert held.state == end
    assert [row.appointment for row in AppointmentResource.objects.all()] == [visit]


def test_the_last_room_is_offered_to_one(scan):
    doctors = [doctor_working("09:00-09:40"), doctor_working("09:00-09:40")]
    for _ in range(2):
        wait(service=scan)

    made = [waitlist.offer_free_times(doctor.pk) for doctor in doctors]

    assert [len(offered) for offered in made] == [1, 0]
    Resource.objects.create(name="Another", kind="equipment", pool="scanners")
    assert len(waitlist.offer_free_times(doctors[1].pk)) == 1


def test_a_booking_over_the_buffer_of_an_offer_ends_it(scan):
    doctor = doctor_working("09:00-11:00")
    wait(doctor, service=scan)
    waitlist.offer_free_times(doctor.pk)
    held = SlotOffer.objects.get()
    start = held.ends_at + 5 * MINUTE

    visit = AppointmentFactory.build(doctor=doctor, patient=PatientFactory(), starts_at=start)
    services.book(visit, by=UserFactory())

    held.refresh_from_db()
    assert held.state == "withdrawn"


@pytest.mark.parametrize(
    ("of_type", "at_place", "ends"),
    [(True, True, True), (False, True, False), (True, False, False)],
)
def test_a_visit_of_the_same_type_there_ends_the_wait(of_type, at_place, ends):
    lane, harbour = mill_lane(), Location.objects.create(name="Harbour")
    doctor, service = doctor_at(None, [(9, 12)]), ultrasound()
    entry = wait(service=service, location=lane)
    visit = AppointmentFactory.build(
        doctor=doctor,
        patient=entry.patient,
        service=service if of_type else ultrasound(name="Other"),
        location=lane if at_place else harbour,
        starts_at=NOW.replace(hour=8) + timedelta(days=1),
        ends_at=None,
    )

    services.book(visit, by=UserFactory())

    entry.refresh_from_db()
    assert entry.state == ("booked" if ends else "waiting")


def test_one_place_for_each_type_of_a_doctor(scan):
    doctor, patient = doctor_working("09:00-10:00"), patient_online()
    wait(doctor, patient=patient)
    entry = wait(doctor, patient=patient, service=scan)
    wait(patient=patient, service=scan)

    with pytest.raises(ValidationError, match="already"):
        wait(doctor, patient=patient, service=scan)
    assert entry.whom == f"Ultrasound, {doctor}"
    other = PatientFactory()
    WaitlistEntry.objects.filter(pk=entry.pk).update(patient=other)
    [clash] = WaitlistEntry.objects.merge_clashes(other, patient) or ["none"]
    assert clash == "none"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ("unknown type", "service_id"),
        ("inactive type", "service_id"),
        ("not online", "service_id"),
        ("for new ones", "service_id"),
        ("other doctor", "service_id"),
        ("unknown place", "location_id"),
        ("other place", "location_id"),
        ("other length", "duration_minutes"),
    ],
)
def test_what_cannot_be_waited_for(api, scan, fault, field):
    patient, place = patient_online(), mill_lane()
    doctor = doctor_working("09:00-10:00")
    sent = {"service_id": str(scan.pk), "location_id": str(place.pk)}
    sent |= {"from_date": str(TOMORROW), "to_date": str(TOMORROW), "doctor_id": str(doctor.pk)}
    nobody = "00000000-0000-7000-8000-000000000000"
    if fault == "unknown type":
        sent["service_id"] = nobody
    elif fault == "inactive type":
        scan.is_active = False
    elif fault == "not online":
        scan.is_online = False
    elif fault == "for new ones":
        scan.for_new_patients = "only"
        AppointmentFactory.past(patient=patient, status=Status.FULFILLED)
    elif fault == "other doctor":
        offer(scan, doctor_working())
    elif fault == "unknown place":
        sent["location_id"] = nobody
    elif fault == "other place":
        scan.locations.add(Location.objects.create(name="Harbour"))
    else:
        sent["duration_minutes"] = 60
    scan.save()

    response = api(patient.user).post(f"{V1}/waitlist", sent, format="json")

    check_problem(response, 422, "validation_error", field)
    assert not WaitlistEntry.objects.exists()


def test_the_api_waits_for_a_type_of_anybody(api, scan):
    doctor, patient = doctor_working("09:00-10:00"), patient_online()
    client = api(patient.user)
    days = {"from_date": str(TOMORROW), "to_date": str(TOMORROW)}

    response = client.post(f"{V1}/waitlist", days | {"service_id": str(scan.pk)}, format="json")

    assert response.status_code == 201, response.content
    told = response.json()
    assert (told["service_id"], told["location_id"], told["doctor_id"]) == (
        str(scan.pk),
        None,
        None,
    )
    waitlist.offer_free_times(doctor.pk)
    [entry] = client.get(f"{V1}/waitlist").json()["results"]
    assert entry["offer"]["service_id"] == str(scan.pk)
    assert client.post(f"{V1}/waitlist/{told['id']}/accept").status_code == 200
    assert Appointment.objects.get().service == scan
    refused = client.post(f"{V1}/waitlist", days, format="json")
    check_problem(refused, 422, "validation_error", "doctor_id")


def test_the_pages_wait_for_a_type(scan):
    place, patient = mill_lane(), patient_online()
    doctor = doctor_at(place, [(9, 10)])
    client = signed_in(patient.user)
    path = f"/me/waitlist/?service={scan.pk}&anybody=1&location={place.pk}"
    assert "Ultrasound" in text_of(client.get(path))

    response = client.post(path, {"from_date": str(TOMORROW), "to_date": str(TOMORROW)})

    assert said(response) == [
        "You are on the waitlist for Ultrasound, Mill Lane House. We write to you."
    ]
    waitlist.offer_free_times(doctor.pk)
    page = text_of(client.get("/me/"))
    assert "Ultrasound, Mill Lane House" in page
    assert "12 Mill Lane; left, 10115 Berlin" in page
    held = SlotOffer.objects.get()
    client.post(f"/me/offers/{held.pk}/answer/", {"answer": "accept"})
    assert Appointment.objects.get().service == scan


def test_the_desk_waits_for_a_type_and_calls(scan):
    """Types and places are asked for where there are any. Of who has no mail, what is free leads
    to its booking."""
    desk = signed_in(UserFactory())
    add = "/admin/appointments/waitlistentry/add/"
    assert 'name="location"' not in text_of(desk.get(add))
    place = mill_lane()
    assert 'name="location"' not in text_of(desk.get(add))  # There is but one.
    Location.objects.create(name="Harbour")
    doctor = doctor_at(place, [(9, 10)], last_name="Adler")
    patient = PatientFactory(email="")
    form = text_of(desk.get(add))
    assert 'name="service"' in form
    assert 'name="location"' in form

    sent = {"patient": patient.pk, "service": scan.pk, "location": place.pk, "doctor": ""}
    sent |= {"from_date": str(TOMORROW), "to_date": str(TOMORROW)}
    assert desk.post(add, sent).status_code == 302

    entry = WaitlistEntry.objects.get()
    assert (entry.service, entry.location, entry.doctor) == (scan, place, None)
    page = text_of(desk.get("/admin/appointments/waitlistentry/"))
    assert "Ultrasound<br>" in page
    assert "Mill Lane House" in page
    assert f"service={scan.pk}" in page
    assert f"location={place.pk}" in page
    assert f"doctor={doctor.pk}" in page
    [address] = re.findall(r'Free: <a href="([^"]+)"', page)
    form = text_of(desk.get(address))
    for chosen in (scan, place):
        assert f'value="{chosen.pk}" selected' in form


def test_offering_asks_as_often_however_many_wait_for_types(scan):
    doctor = doctor_working("09:00-17:00")
    counts = []
    for number in range(3):
        for name in "abc":
            days = {"to_date": TOMORROW + timedelta(days=4)}
            wait(service=ultrasound(name=f"{name}{number}"), **days)
        with CaptureQueriesContext(connection) as queries:
            made = waitlist.offer_free_times(doctor.pk)
        counts.append(len(queries) / len(made))
    assert counts[0] == counts[1] == counts[2], counts
