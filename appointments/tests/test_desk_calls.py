"""Where no mail tells the patient, the console says at once whom to call."""

import html
import re
from datetime import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import opened, said, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.services.unmailed import free_times_for
from appointments.tests.absences import local, monday, page, visits_page, working_doctor
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import HALF_HOUR, doctor_working
from doctors.models import Absence
from patients.models import IdentityDocument, RelatedPerson
from patients.photos import clean_photo
from patients.services import replace_document
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/waitlistentry/"
CALL = "No e-mail: call +49 30 901820."


@pytest.fixture
def desk():
    return signed_in(Role.ADMIN)


@pytest.fixture
def visit():
    patient = PatientFactory(email="", phone="+4930901820")
    return AppointmentFactory(doctor=doctor_working("09:00-17:00"), patient=patient)


def booked(desk, visit):
    return desk.post("/admin/appointments/appointment/add/", form(visit, next_monday(11)))


def moved(desk, visit):
    address = f"/admin/appointments/appointment/{visit.pk}/change/"
    return desk.post(address, form(visit, next_monday(12)) | opened(desk, address))


def form(visit, starts_at) -> dict:
    local = timezone.localtime(starts_at)
    return {
        "patient": visit.patient_id,
        "doctor": visit.doctor_id,
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "duration_minutes": 30,
    }


def cancelled(desk, visit):
    address = f"/admin/appointments/appointment/{visit.pk}/step/cancel/"
    return desk.post(address, {"reason": "Ill", "reason_code": "prov"})


def waits(desk, visit):
    day = monday().isoformat()
    sent = {"patient": visit.patient_id, "doctor": visit.doctor_id}
    return desk.post(
        "/admin/appointments/waitlistentry/add/", sent | {"from_date": day, "to_date": day}
    )


def refused_photo(desk, visit):
    replace_document(visit.patient, clean_photo(upload()), UserFactory())
    address = f"/admin/patients/patient/{visit.patient_id}/photo/check/"
    seen = str(IdentityDocument.objects.get(patient=visit.patient).pk)
    sent = {"decision": "refuse", "refusal_reason": "Too dark.", "seen": seen}
    return desk.post(address, sent)


@pytest.mark.parametrize("does", [booked, moved, cancelled, waits, refused_photo])
def test_what_is_done_says_whom_to_call(desk, visit, does):
    words = said(does(desk, visit))

    assert any(CALL in one and str(visit.patient) in one for one in words), words


@pytest.mark.parametrize("does", [booked, moved, cancelled, waits, refused_photo])
def test_nothing_is_said_where_a_mail_goes(desk, does):
    visit = AppointmentFactory(doctor=doctor_working("09:00-17:00"))

    words = said(does(desk, visit))

    assert words
    assert not any("No e-mail" in one for one in words)


def test_the_calendar_says_it_beside_what_is_odd(desk, visit):
    book = {
        "doctor": visit.doctor_id,
        "patient": visit.patient_id,
        "local_start": f"{timezone.localtime(next_monday(11)):%Y-%m-%dT%H:%M}",
        "duration_minutes": 30,
    }
    answer = desk.post("/admin/calendar/book/", book).json()
    assert answer["done"] is True, answer
    nothing = f"Nothing is mailed to {visit.patient}. {CALL}"
    assert answer["warnings"][-1] == nothing

    visit.refresh_from_db()
    sent = {"sequence": visit.sequence, "starts_at": next_monday(12).isoformat()}
    answer = desk.post(f"/admin/calendar/{visit.pk}/move/", sent).json()
    assert answer["warnings"][-1] == nothing


def test_the_affected_say_it_before_and_after_without_a_query_each(
    desk, django_assert_max_num_queries
):
    doctor = working_doctor()
    silent = PatientFactory(email="", phone="")
    for number, patient in enumerate([PatientFactory(), silent, PatientFactory(email="")]):
        AppointmentFactory(
            doctor=doctor, patient=patient, starts_at=next_monday(9) + HALF_HOUR * number
        )
    desk.post(page(doctor), {"first": monday().isoformat()})
    address = visits_page(Absence.objects.get())

    before = desk.get(address)
    keys = [one.pk.hex for one in Appointment.objects.all()]
    after = desk.post(address, {f"way-{key}": "cancel" for key in keys})

    told = {row.appointment.patient: row.without_mail for row in before.context["rows"]}
    assert told[silent] == "No e-mail, no phone: write a letter."
    assert sorted(words[:9] for words in told.values()) == ["", "No e-mail", "No e-mail"]
    shown = after.content.decode()
    assert shown.count("No e-mail") == 2


def test_the_waitlist_says_it_of_who_is_offered_a_time(desk):
    doctor, day = doctor_working("09:00-12:00"), monday()
    for patient in (PatientFactory(email="", phone="+4930901820"), PatientFactory()):
        entry = WaitlistEntry(patient=patient, doctor=doctor, from_date=day, to_date=day)
        waitlist.join(entry, by=UserFactory(role=Role.ADMIN))
    waitlist.offer_free_times(doctor.pk)
    waitlist.move_on()
    offer = SlotOffer.objects.get()
    assert offer.entry.patient.email

    shown = desk.get(LIST).content.decode()

    assert shown.count(CALL) == 1
    [address] = re.findall(r'Free: <a href="([^"]+)">', shown)
    entry = WaitlistEntry.objects.get(patient__email="")
    slot = free_times_for([entry.pk])[entry.pk]
    assert slot.starts_at == offer.ends_at  # What is held for somebody else is not free.
    form = desk.get(html.unescape(address)).context["adminform"].form
    assert str(form["patient"].value()) == str(entry.patient_id)
    assert str(form["doctor"].value()) == str(doctor.pk)
    assert form["starts_at"].value() == timezone.localtime(slot.starts_at)
    booked = {"patient": entry.patient_id, "doctor": doctor.pk, "duration_minutes": 30}
    local = timezone.localtime(slot.starts_at)
    booked |= {"starts_at_0": f"{local:%Y-%m-%d}", "starts_at_1": f"{local:%H:%M}"}
    desk.post("/admin/appointments/appointment/add/", booked)
    entry.refresh_from_db()
    assert entry.state == WaitlistEntry.State.BOOKED


def test_the_free_time_of_who_is_called_fits_and_takes_no_query_each(desk):
    day = monday()
    doctors = [doctor_working(f"{hour}:00-12:00", specialization="Eyes") for hour in ("10", "09")]
    wishes = [
        ({"doctor": doctors[0]}, "10:00"),
        ({"specialization": "eyes"}, "09:30"),
        ({"specialization": "Eyes"}, "09:00"),
        ({"doctor": doctors[1], "earliest": time(9, 31)}, "10:00"),
        ({"specialization": "Ears"}, None),
    ]
    entries, counted = {}, []

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            desk.get(LIST)
        return len(asked)

    for fields, start in wishes:
        patient = PatientFactory(email="", phone="")
        place = WaitlistEntry(patient=patient, from_date=day, to_date=day, **fields)
        entries[waitlist.join(place, by=UserFactory(role=Role.ADMIN)).pk] = start
        if fields.get("specialization") == "eyes":  # Who has a visit elsewhere then.
            AppointmentFactory(patient=patient, starts_at=local(day, 9))
        counted.append(queries())
    assert waitlist.offer_free_times(doctors[1].pk) == []

    found = free_times_for(entries)

    told = {pk: f"{timezone.localtime(slot.starts_at):%H:%M}" for pk, slot in found.items()}
    assert told == {pk: start for pk, start in entries.items() if start}
    assert len(set(counted)) == 1


def test_the_day_on_paper_and_on_the_board_has_the_number_of_who_belongs_to_the_patient(desk):
    child = PatientFactory(email="", phone="", date_of_birth="2020-05-04")
    RelatedPerson.objects.create(
        patient=child, name="Eva Roth", phone="+4930901821", relationship="parent"
    )
    AppointmentFactory.today(patient=child)
    AppointmentFactory.today(patient=PatientFactory(email="", phone=""))

    for address in ("/admin/day-sheet/", "/admin/", "/admin/board/"):
        assert "Eva Roth (parent), +49 30 901821" in desk.get(address).content.decode()
    assert desk.get("/admin/").content.decode().count("No phone") == 1


def test_numbers_to_call_take_no_query_for_each_card(desk):
    def queries(patients: int) -> int:
        for _ in range(patients):
            child = PatientFactory(email="", phone="", date_of_birth="2020-05-04")
            RelatedPerson.objects.create(
                patient=child, related_patient=PatientFactory(), relationship="parent"
            )
            AppointmentFactory.today(patient=child)
        with CaptureQueriesContext(connection) as asked:
            desk.get("/admin/")
        return len(asked)

    assert queries(1) == queries(4)


def test_a_cancellation_is_undone_from_the_board_all_the_same(desk, visit):
    board = f"/admin/?day={timezone.localtime(visit.starts_at):%Y-%m-%d}&done={visit.pk}"

    cancelled(desk, visit)

    shown = desk.get(board).content.decode()
    assert CALL in shown
    assert "Undo:" in shown
