"""`POST /appointments` and `/reschedule`: what is asked, what is answered, what is stored."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.models import Notification
from clinic.tests.problems import V1, check_problem
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db
PATH = f"{V1}/appointments"
NOON = next_monday(12)


@pytest.fixture
def desk(api):
    return api(UserFactory())


def book(client, doctor=None, patient=None, starts_at=NOON, minutes=30, **fields):
    data = {
        "doctor_id": str((doctor or DoctorFactory()).pk),
        "patient_id": str((patient or PatientFactory()).pk),
        "starts_at": starts_at if isinstance(starts_at, str) else starts_at.isoformat(),
        "duration_minutes": minutes,
    }
    return client.post(PATH, {**data, **fields}, format="json")


def move(client, appointment, **fields):
    fields["starts_at"] = fields.get("starts_at", NOON + timedelta(days=1)).isoformat()
    return client.post(f"{PATH}/{appointment.pk}/reschedule", fields, format="json")


def only_these_are_stored(*appointments) -> bool:
    has_traces = (
        ProcrastinateJob.objects.exists()
        or Notification.objects.exists()
        or AppointmentChange.objects.exists()
    )
    return set(Appointment.objects.all()) == set(appointments) and not has_traces


@pytest.mark.parametrize("who", ["desk", "patient"])
def test_a_booking_takes_ten_statements(api, who):
    doctor, patient = doctor_working("08:00-17:00"), patient_online()
    client = api(UserFactory() if who == "desk" else patient.user)

    with CaptureQueriesContext(connection) as queries:
        assert book(client, doctor, patient).status_code == 201

    around = ("SAVEPOINT", "RELEASE")
    asked = [one["sql"] for one in queries if not one["sql"].startswith(around)]
    assert len(asked) == 10, "\n".join(asked)


def test_a_booking_is_stored_with_all_that_belongs_to_it(api):
    receptionist = UserFactory()
    client, doctor, patient = api(receptionist), DoctorFactory(), PatientFactory()

    response = book(client, doctor, patient, reason="Cough\nand fever")

    appointment = Appointment.objects.get()
    assert response.status_code == 201, response.content
    assert response["Location"] == f"http://testserver{PATH}/{appointment.pk}"
    told = response.json()
    assert (told["doctor_id"], told["patient_id"]) == (str(doctor.pk), str(patient.pk))
    assert told["starts_at"] == NOON.isoformat().replace("+00:00", "Z")
    assert told["ends_at"] == (NOON + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    assert (told["duration_minutes"], told["status"]) == (30, "booked")
    assert (told["reason"], told["overbook"]) == ("Cough\nand fever", False)
    (step,) = told["history"]
    assert (step["from_status"], step["to_status"], step["by"]) == (
        "",
        "booked",
        str(receptionist.pk),
    )
    assert told.pop("warnings") == ["This time is outside the doctor's working hours."]
    read = client.get(response["Location"])
    assert (read.json(), read["ETag"]) == (told, response["ETag"])
    assert CareAssignment.objects.get(doctor=doctor).patient == patient
    assert Notification.objects.get().recipient == patient.email
    assert ProcrastinateJob.objects.get().task_name == "appointments.send_confirmation"


@pytest.mark.parametrize("minutes", [-29, 0, 29])
@pytest.mark.parametrize("same", ["doctor", "patient"])
def test_an_overlap_is_refused(desk, same, minutes):
    taken = AppointmentFactory(starts_at=NOON)

    response = book(
        desk, **{same: getattr(taken, same)}, starts_at=NOON + timedelta(minutes=minutes)
    )

    check_problem(response, 409, f"{same}_double_booked", "starts_at", beside=("alternatives",))
    assert only_these_are_stored(taken)


@pytest.mark.parametrize("minutes", [-30, 30])
def test_touching_ends_are_no_overlap(desk, minutes):
    taken = AppointmentFactory(starts_at=NOON)

    response = book(desk, taken.doctor, taken.patient, NOON + timedelta(minutes=minutes))

    assert response.status_code == 201


@pytest.mark.parametrize(("minutes", "status"), [(14, 422), (15, 201), (180, 201), (181, 422)])
def test_appointments_last_15_to_180_minutes(desk, minutes, status):
    assert book(desk, minutes=minutes).status_code == status
    assert Appointment.objects.count() == (status == 201)


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered_in_error"])
def test_what_was_called_off_frees_the_time(desk, status):
    taken = AppointmentFactory(starts_at=NOON, status=status)

    assert book(desk, taken.doctor, taken.patient).status_code == 201


@pytest.mark.parametrize("status", ["booked", "checked_in", "in_consultation", "fulfilled"])
def test_what_takes_place_holds_the_time(desk, status):
    taken = AppointmentFactory(starts_at=NOON, status=status)

    check_problem(book(desk, taken.doctor), 409, "doctor_double_booked", beside=("alternatives",))


@pytest.mark.parametrize(
    "starts_at",
    [
        "2020-01-01T00:00:00Z",
        "0001-01-02T00:00:00Z",
        "a second ago",
        "9999-12-31T23:59:59Z",
    ],
)
def test_the_past_and_the_end_of_time_are_refused(desk, starts_at):
    if starts_at == "a second ago":
        starts_at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    check_problem(book(desk, starts_at=starts_at), 422, "validation_error", "starts_at")
    assert only_these_are_stored()


def test_every_fault_of_a_booking_is_told_at_once(desk):
    response = book(
        desk,
        starts_at="2020-01-01T00:00:00Z",
        minutes=5,
        reason="a\x07",
        overbook=True,
        nothing=1,
        patient_id="x",
    )

    names = ("starts_at", "duration_minutes", "reason", "overbook_reason", "nothing", "patient_id")
    check_problem(response, 422, "validation_error", *names)
    check_problem(
        desk.post(PATH, {}, format="json"),
        422,
        "validation_error",
        "starts_at",
        "duration_minutes",
        "doctor_id",
        "patient_id",
    )
    assert only_these_are_stored()


def test_unknown_doctors_and_patients_are_not_found(desk):
    check_problem(book(desk, DoctorFactory.build()), 404, "not_found")
    check_problem(book(desk, patient=PatientFactory.build()), 404, "not_found")
    assert only_these_are_stored()


def test_an_inactive_doctor_takes_no_appointments(desk):
    response = book(desk, DoctorFactory(is_active=False))

    check_problem(response, 409, "doctor_inactive", "doctor_id")
    assert only_these_are_stored()


def test_overbooking_needs_a_reason_and_the_right(api, desk):
    doctor = DoctorFactory(with_account=True)
    taken = AppointmentFactory(doctor=doctor, starts_at=NOON)
    CareAssignmentFactory(doctor=doctor, patient=taken.patient)
    why = {"overbook": True, "overbook_reason": "Emergency"}

    for fields in ({"overbook": True}, {"overbook": True, "overbook_reason": " "}):
        refused = book(desk, doctor, **fields)
        check_problem(refused, 422, "validation_error", "overbook_reason")
    refused = book(desk, doctor, overbook_reason="Emergency")
    check_problem(refused, 422, "validation_error", "overbook")
    refused = book(api(doctor.user), doctor, taken.patient, **why)
    check_problem(refused, 403, "permission_denied")
    assert only_these_are_stored(taken)

    squeezed_in = book(desk, doctor, **why)
    assert squeezed_in.status_code == 201
    assert (squeezed_in.json()["overbook"], squeezed_in.json()["overbook_reason"]) == (
        True,
        "Emergency",
    )


def test_a_doctor_books_assigned_patients_in_the_own_calendar(api):
    doctor, patient = DoctorFactory(with_account=True), PatientFactory()
    client = api(doctor.user)
    CareAssignmentFactory(doctor=doctor, patient=patient)

    check_problem(book(client, DoctorFactory(), patient), 403, "permission_denied")
    check_problem(book(client, doctor, PatientFactory()), 404, "not_found")
    check_problem(book(client, DoctorFactory(is_active=False), patient), 404, "not_found")
    assert only_these_are_stored()
    assert book(client, doctor, patient).status_code == 201


def test_moving_keeps_the_id_and_the_history(desk):
    taken, other = AppointmentFactory(starts_at=NOON, reason="Cough"), DoctorFactory()

    response = move(desk, taken, starts_at=NOON + timedelta(minutes=10), doctor_id=str(other.pk))

    told = response.json()
    assert response.status_code == 200
    assert (told["id"], told["doctor_id"]) == (str(taken.pk), str(other.pk))
    assert (told["duration_minutes"], told["status"], told["reason"]) == (30, "booked", "Cough")
    step = told["history"][-1]
    assert (step["from_doctor_id"], step["to_doctor_id"]) == (str(taken.doctor_id), str(other.pk))
    assert step["from_starts_at"] == NOON.isoformat().replace("+00:00", "Z")
    assert step["to_starts_at"] == told["starts_at"]
    assert CareAssignment.objects.get().doctor == other
    assert book(desk, taken.doctor, starts_at=NOON).status_code == 201


def test_moving_into_the_own_time_or_another_length(desk):
    taken = AppointmentFactory(starts_at=NOON)

    assert move(desk, taken, starts_at=NOON + timedelta(minutes=10)).status_code == 200
    longer = move(desk, taken, starts_at=NOON, duration_minutes=60)
    assert longer.json()["ends_at"] == (NOON + timedelta(hours=1)).isoformat().replace(
        "+00:00", "Z"
    )


def test_what_a_move_is_refused_for(desk):
    mine, taken = AppointmentFactory(starts_at=NOON), AppointmentFactory(starts_at=NOON)

    def to(doctor):
        return move(desk, mine, starts_at=NOON, doctor_id=str(doctor.pk))

    check_problem(
        to(taken.doctor), 409, "doctor_double_booked", "starts_at", beside=("alternatives",)
    )
    check_problem(to(DoctorFactory(is_active=False)), 409, "doctor_inactive", "doctor_id")
    check_problem(to(DoctorFactory.build()), 404, "not_found")
    past = move(desk, mine, starts_at=datetime(2020, 1, 1, tzinfo=UTC), duration_minutes=181)
    check_problem(past, 422, "validation_error", "starts_at", "duration_minutes")
    empty = desk.post(f"{PATH}/{mine.pk}/reschedule", format="json")
    check_problem(empty, 422, "validation_error", "starts_at")
    Appointment.objects.filter(pk=mine.pk).update(status="checked_in")
    check_problem(move(desk, mine), 409, "wrong_state")
    mine.refresh_from_db()
    assert mine.starts_at == NOON
    assert only_these_are_stored(mine, taken)


def test_a_doctor_moves_own_appointments_within_the_own_calendar(api):
    doctor = DoctorFactory(with_account=True)
    mine, other = AppointmentFactory(doctor=doctor), DoctorFactory()
    client = api(doctor.user)

    check_problem(move(client, mine, doctor_id=str(other.pk)), 403, "permission_denied")
    assert move(client, mine).status_code == 200
