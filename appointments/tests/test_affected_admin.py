"""The visits that time off, a closure or a doctor made inactive affects, in the console."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from appointments.models import Appointment
from appointments.services import book
from appointments.tests.absences import (
    HALF_HOUR,
    Status,
    local,
    monday,
    page,
    visits_page,
    working_doctor,
)
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import Notification
from doctors.models import Absence, Closure, Doctor
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def test_entering_time_off_leads_to_the_visits_in_it(desk):
    doctor = working_doctor()
    inside = AppointmentFactory(doctor=doctor)
    AppointmentFactory(doctor=doctor, starts_at=next_monday(9) + timedelta(days=1))
    AppointmentFactory(doctor=doctor, starts_at=next_monday(11), status=Status.CANCELLED)

    response = desk.post(page(doctor), {"first": monday().isoformat()}, follow=True)

    absence = Absence.objects.get()
    assert response.redirect_chain == [(visits_page(absence), 302)]
    assert [row.appointment for row in response.context["rows"]] == [inside]
    assert AccessLog.objects.filter(patients__contains=[inside.patient_id]).exists()
    assert visits_page(absence) in desk.get(page(doctor)).content.decode()
    inside.refresh_from_db()
    assert inside.status == Status.BOOKED


def absent(doctor: Doctor, visits: int) -> tuple[Absence, list[Appointment]]:
    """A day off with that many visits in it, half an hour each."""
    booked = [
        AppointmentFactory(doctor=doctor, starts_at=next_monday(7) + HALF_HOUR * number)
        for number in range(visits)
    ]
    day = local(monday(), 0)
    absence = Absence.objects.create(doctor=doctor, starts_at=day, ends_at=day + timedelta(days=1))
    return absence, booked


def form_of(response, ways: dict[Appointment, str]) -> dict[str, str]:
    """What the page's form sends with these radio buttons set."""
    data = {}
    for row in response.context["rows"]:
        key = row.appointment.pk.hex
        data[f"way-{key}"] = ways.get(row.appointment, "keep")
        for option in row.options:
            if option.slot:
                where, start = option.slot.doctor_id.hex, option.slot.starts_at.isoformat()
                value = f"{where}/{start}"
                if option.slot.location_id:
                    value += f"/{option.slot.location_id.hex}"
                assert f'name="{option.way}-{key}" value="{value}"' in response.content.decode()
                data[f"{option.way}-{key}"] = value
    return data


def test_a_visit_takes_its_own_room_along_to_the_place_that_is_proposed(desk):
    """The only room there is, at one of two places that the hours of nobody name."""
    LocationFactory(name="A")
    place = LocationFactory(name="B")
    kind = HealthcareServiceFactory(name="Echo", duration_minutes=30)
    kind.needs.create(pool="Ultrasound")
    ResourceFactory(name="Sono", pool="Ultrasound", location=place)
    doctor = working_doctor()
    colleague = working_doctor(specialization=doctor.specialization)
    visit = AppointmentFactory.build(doctor=doctor, starts_at=next_monday(9), service=kind)
    visit.patient.save()
    book(visit, by=None)
    absence, _ = absent(doctor, 0)
    shown = desk.get(visits_page(absence))
    (row,) = shown.context["rows"]
    proposed = {option.way: option.slot for option in row.options}["colleague"]

    assert (proposed.starts_at, proposed.location_id) == (visit.starts_at, place.pk)
    desk.post(visits_page(absence), form_of(shown, {visit: "colleague"}))

    visit.refresh_from_db()
    assert (visit.doctor, visit.location) == (colleague, place)
    assert [str(room) for room in Appointment.objects.get(pk=visit.pk).rooms] == ["Sono"]


def results(response) -> list[tuple]:
    return [
        (result.outcome.appointment, result.outcome.refusal)
        for result in response.context["results"]
    ]


def test_each_visit_goes_the_way_that_is_chosen(desk):
    doctor, colleague = working_doctor(), working_doctor()
    absence, (kept, moved, given, cancelled) = absent(doctor, 4)
    shown = desk.get(visits_page(absence))
    ways = {moved: "same_doctor", given: "colleague", cancelled: "cancel"}

    response = desk.post(visits_page(absence), form_of(shown, ways))

    assert [refusal for _, refusal in results(response)] == ["", "", ""]
    assert [row.appointment for row in response.context["rows"]] == [kept]
    text = response.content.decode()
    for visit in (kept, moved, given, cancelled):
        visit.refresh_from_db()
    assert (kept.status, kept.sequence) == (Status.BOOKED, 0)
    assert (moved.doctor, moved.starts_at.date() == monday()) == (doctor, False)
    assert (given.doctor, given.status) == (colleague, Status.BOOKED)
    assert cancelled.status == Status.CANCELLED
    assert cancelled.history.get().reason_code == "prov-pers"
    assert f"moved to {timezone.localtime(given.starts_at):%a}" in text
    owed = Notification.objects.values_list("recipient", "event")
    events = {recipient: event.split(":")[0] for recipient, event in owed}
    assert events == {
        moved.patient.email: "appointment_moved",
        given.patient.email: "appointment_moved",
        cancelled.patient.email: "appointment_cancelled",
    }


def test_sending_the_same_choices_again_does_nothing_more(desk):
    absence, (moved, gone) = absent(working_doctor(), 2)
    data = form_of(desk.get(visits_page(absence)), {moved: "same_doctor", gone: "cancel"})
    desk.post(visits_page(absence), data)
    owed = Notification.objects.count()

    again = desk.post(visits_page(absence), data)

    assert {refusal for _, refusal in results(again)} == {
        "This visit has changed meanwhile: it is not affected any more."
    }
    assert Notification.objects.count() == owed == 2


def test_a_time_taken_meanwhile_is_refused_with_a_fresh_proposal(desk):
    doctor = working_doctor()
    absence, (visit,) = absent(doctor, 1)
    shown = desk.get(visits_page(absence))
    slot = shown.context["rows"][0].options[1].slot
    AppointmentFactory(doctor=doctor, starts_at=slot.starts_at)

    response = desk.post(visits_page(absence), form_of(shown, {visit: "same_doctor"}))

    assert results(response) == [(visit, "This doctor is already booked then.")]
    (row,) = response.context["rows"]
    assert row.refusal == "This doctor is already booked then."
    assert row.options[1].slot not in (None, slot)
    visit.refresh_from_db()
    assert (visit.status, visit.sequence) == (Status.BOOKED, 0)


@pytest.mark.parametrize("way", ["keep", "same_doctor", "colleague", "cancel"])
def test_one_button_sets_every_row_and_does_nothing_yet(desk, way):
    doctor = working_doctor()
    working_doctor()
    absence, _ = absent(doctor, 3)

    response = desk.post(visits_page(absence), {"all": way})

    assert [row.chosen for row in response.context["rows"]] == [way] * 3
    assert response.content.decode().count("checked") == 3
    assert not Appointment.objects.exclude(status=Status.BOOKED).exists()
    assert not Notification.objects.exists()


def test_where_there_is_no_such_time_the_row_is_kept(desk):
    absence, _ = absent(DoctorFactory(), 1)

    response = desk.post(visits_page(absence), {"all": "same_doctor"})

    (row,) = response.context["rows"]
    assert row.chosen == "keep"
    assert "no free time near" in response.content.decode()


@pytest.mark.parametrize(
    "slot", ["", "x", "x/2030-01-01T10:00:00+00:00", "{doctor}/9999-12-31T23:59:00+00:00",
             "{doctor}/2030-01-01T10:00:00", "{doctor}/", "{nobody}/2030-01-01T10:00:00+00:00"],
)  # fmt: skip
def test_a_time_that_makes_no_sense_moves_nothing(desk, slot):
    absence, (visit,) = absent(working_doctor(), 1)
    key = visit.pk.hex
    text = slot.format(doctor=absence.doctor_id.hex, nobody=visit.pk.hex)

    response = desk.post(
        visits_page(absence), {f"way-{key}": "same_doctor", f"same_doctor-{key}": text}
    )

    assert results(response) == [
        (visit, "The time that was chosen can't be read. Please choose again.")
    ]
    visit.refresh_from_db()
    assert visit.sequence == 0


def test_choices_for_what_is_not_on_the_page_do_nothing(desk):
    absence, _ = absent(working_doctor(), 1)
    elsewhere = AppointmentFactory()

    desk.post(
        visits_page(absence),
        {f"way-{elsewhere.pk.hex}": "cancel", "way-x": "cancel", "way-": "cancel"},
    )

    elsewhere.refresh_from_db()
    assert elsewhere.status == Status.BOOKED


def test_a_doctor_moves_the_own_visits_and_hands_none_over():
    doctor = working_doctor(with_account=True)
    working_doctor()
    absence, (visit,) = absent(doctor, 1)
    client = signed_in(doctor.user)

    shown = client.get(visits_page(absence))
    assert [str(one.way) for one in shown.context["rows"][0].options] == [
        "keep",
        "same_doctor",
        "cancel",
    ]
    client.post(visits_page(absence), form_of(shown, {visit: "same_doctor"}))

    visit.refresh_from_db()
    assert (visit.doctor, visit.sequence) == (doctor, 1)


def test_a_closure_leads_to_the_visits_of_everybody(desk):
    first, second = AppointmentFactory(), AppointmentFactory()
    data = {"starts_on": monday().isoformat(), "ends_on": monday().isoformat(), "reason": "Flood"}

    response = desk.post("/admin/doctors/closure/add/", data, follow=True)

    closure = Closure.objects.get()
    url = f"/admin/doctors/closure/{closure.pk}/visits/"
    assert response.redirect_chain == [(url, 302)]
    assert {row.appointment for row in response.context["rows"]} == {first, second}
    assert url in desk.get("/admin/doctors/closure/").content.decode()
    desk.post(f"/admin/doctors/closure/{closure.pk}/delete/", {"post": "yes"})
    assert not Closure.objects.exists()


def test_a_closure_in_the_wrong_order_is_refused(desk):
    data = {"starts_on": "2027-02-02", "ends_on": "2027-02-01", "reason": ""}

    response = desk.post("/admin/doctors/closure/add/", data)

    assert faults(response) == {"ends_on": ["The last day must not be before the first one."]}


def test_doctors_read_closures_and_see_their_own_visits_alone():
    mine = AppointmentFactory(doctor=DoctorFactory(with_account=True))
    AppointmentFactory()
    closure = Closure.objects.create(starts_on=monday(), ends_on=monday())
    client = signed_in(mine.doctor.user)

    assert client.get("/admin/doctors/closure/").status_code == 200
    assert client.get("/admin/doctors/closure/add/").status_code == 403
    assert client.post(f"/admin/doctors/closure/{closure.pk}/delete/").status_code == 403
    rows = client.get(f"/admin/doctors/closure/{closure.pk}/visits/").context["rows"]
    assert [row.appointment for row in rows] == [mine]


def test_a_doctor_made_inactive_leads_to_the_visits_ahead():
    admin = signed_in(Role.ADMIN)
    visit = AppointmentFactory(doctor=working_doctor())
    colleague, doctor = working_doctor(), visit.doctor
    change = f"/admin/doctors/doctor/{doctor.pk}/change/"
    data = {
        name: getattr(doctor, name)
        for name in ("first_name", "last_name", "specialization", "email", "license_number")
    }
    data |= {"phone": str(doctor.phone), "default_duration_minutes": "30"}

    response = admin.post(change, data, follow=True)

    assert response.redirect_chain == [(page(doctor, "ahead"), 302)]
    (row,) = response.context["rows"]
    assert row.options[1].slot is None
    assert row.options[2].slot.doctor_id == colleague.pk
    assert page(doctor, "ahead") in admin.get(change).content.decode()
    admin.post(page(doctor, "ahead"), form_of(response, {visit: "colleague"}))
    visit.refresh_from_db()
    assert visit.doctor == colleague


def test_two_doctors_made_inactive_are_each_pointed_out():
    doctors = [AppointmentFactory().doctor for _ in range(2)]
    admin = signed_in(Role.ADMIN)

    response = admin.post(
        "/admin/doctors/doctor/",
        {
            "action": "deactivate",
            "confirmed": "yes",
            "_selected_action": [one.pk for one in doctors],
        },
    )

    told = said(response)
    assert told[0] == "2 doctors are inactive now."
    assert all(page(doctor, "ahead") in " ".join(told[1:]) for doctor in doctors)


@pytest.mark.parametrize("visits", [1, 12])
def test_the_pages_take_a_fixed_number_of_queries(visits, desk, django_assert_num_queries):
    doctor = working_doctor()
    working_doctor()
    absence, _ = absent(doctor, visits)

    with django_assert_num_queries(16):  # The first asks whether anything is set up, for the menu.
        assert len(desk.get(visits_page(absence)).context["rows"]) == visits
    with django_assert_num_queries(6):
        assert desk.get(page(doctor)).status_code == 200
