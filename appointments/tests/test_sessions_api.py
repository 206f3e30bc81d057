"""`/group-sessions`: what is asked, what is answered, what is stored, and who learns what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, GroupSession
from appointments.services import sessions
from appointments.tests.factories import (
    AppointmentFactory,
    GroupSessionFactory,
    ParticipantFactory,
    next_monday,
)
from appointments.tests.offering import mill_lane, ultrasound
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.tests.problems import V1, check_problem
from doctors.models import Resource, ServiceNeed
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from patients.tests.relations import child_of, guardian

pytestmark = pytest.mark.django_db
PATH = f"{V1}/group-sessions"
NINE, NOON = next_monday(9), next_monday(12)
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def desk(api):
    return api(UserFactory())


def wish(doctor=None, starts_at=NINE, **fields) -> dict:
    body = {
        "doctor_id": str((doctor or DoctorFactory()).pk),
        "starts_at": starts_at.isoformat(),
        "duration_minutes": 60,
        "capacity": 3,
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def join(client, session, patient=None, **fields):
    body = {"patient_id": str(patient.pk)} if patient else {}
    return client.post(f"{PATH}/{session.pk}/participants", body | fields, format="json")


def online(**fields) -> GroupSession:
    """A session in which patients take places by themselves."""
    return GroupSessionFactory(service=ultrasound(name="Yoga"), title="", **fields)


def test_a_session_is_made_by_its_type_read_and_listed(desk):
    service, here = ultrasound(name="Yoga"), mill_lane()
    ServiceNeed.objects.create(service=service, pool="Hall")
    hall = Resource.objects.create(name="East", pool="Hall", location=here)
    body = wish(duration_minutes=None, service_id=str(service.pk))

    response = desk.post(PATH, body, format="json")

    session = GroupSession.objects.get()
    assert response.status_code == 201, response.content
    assert response["Location"] == f"http://testserver{PATH}/{session.pk}"
    told = response.json()
    assert told.pop("warnings") == ["This time is outside the doctor's working hours."]
    assert (told["name"], told["duration_minutes"], told["capacity"]) == ("Yoga", 40, 3)
    assert (told["free_places"], told["participants"], told["cancelled_at"]) == (3, [], None)
    assert told["service"] == {"id": str(service.pk), "name": "Yoga"}
    assert told["location"] == {"id": str(here.pk), "name": here.name}
    assert told["resources"] == [
        {"id": str(hall.pk), "name": "East", "kind": "room", "pool": "Hall"}
    ]
    assert told["price"] == {"amount": "45.00", "currency": "EUR"}
    assert (told["buffer_before_minutes"], told["buffer_after_minutes"]) == (0, 10)
    read = desk.get(response["Location"])
    assert (read.json(), read["ETag"]) == (told, response["ETag"])
    listed = desk.get(PATH).json()["results"]
    told.pop("participants")
    assert listed == [told]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 1),
        ("capacity", 31),
        ("capacity", True),
        ("duration_minutes", 14),
        ("duration_minutes", 181),
        ("starts_at", "2020-03-02T09:00:00Z"),
        ("starts_at", "9999-12-31T23:59:59Z"),
        ("title", "a" * 101),
        ("title", "bell\x07"),
        ("service_id", UNKNOWN),
        ("location_id", UNKNOWN),
        ("service_id", "yoga"),
        ("names", []),
    ],
)
def test_what_is_no_session_is_refused(desk, field, value):
    response = desk.post(PATH, wish() | {field: value}, format="json")

    check_problem(response, 422, "validation_error", field)
    assert not GroupSession.objects.exists()


@pytest.mark.parametrize("capacity", [2, 30])
def test_a_session_has_2_to_30_places(desk, capacity):
    assert desk.post(PATH, wish(capacity=capacity), format="json").status_code == 201


@pytest.mark.parametrize("kind", ["visit", "session"])
def test_a_time_that_is_taken_is_refused_with_others_that_are_free(desk, kind):
    doctor = doctor_working("08:00-17:00")
    factory = AppointmentFactory if kind == "visit" else GroupSessionFactory
    taken = factory(doctor=doctor, starts_at=NINE)
    other = GroupSessionFactory(doctor=doctor, starts_at=NOON)
    later = {"starts_at": (taken.starts_at + timedelta(minutes=10)).isoformat()}

    for answer in (
        desk.post(PATH, wish(doctor), format="json"),
        desk.post(f"{PATH}/{other.pk}/reschedule", later, format="json"),
    ):
        body = check_problem(
            answer, 409, "doctor_double_booked", "starts_at", beside=("alternatives",)
        )
        assert len(body["alternatives"]) == 5


def test_a_place_is_taken_and_left(desk, api):
    session, patient = GroupSessionFactory(capacity=2), PatientFactory()

    answer = join(desk, session, patient, reason="Lower back")

    assert answer.status_code == 201, answer.content
    appointment = Appointment.objects.get()
    told = answer.json()
    assert (appointment.session, told["status"]) == (session, "booked")
    assert answer["Location"] == f"http://testserver{V1}/appointments/{appointment.pk}"
    assert told.pop("warnings") == ["This time is outside the doctor's working hours."]
    assert told["session_id"] == str(session.pk)
    read = desk.get(answer["Location"])
    assert (read.json(), read["ETag"]) == (told, answer["ETag"])
    check_problem(join(desk, session, patient), 409, "patient_double_booked", "starts_at")
    join(desk, session, PatientFactory())
    check_problem(join(desk, session, PatientFactory()), 409, "session_full")
    shown = desk.get(f"{PATH}/{session.pk}").json()
    assert shown["free_places"] == 0
    assert shown["participants"][0]["reason"] == "Lower back"
    gone = desk.delete(f"{PATH}/{session.pk}/participants/{appointment.pk}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert desk.get(f"{PATH}/{session.pk}").json()["free_places"] == 1
    again = desk.delete(f"{PATH}/{session.pk}/participants/{appointment.pk}")
    check_problem(again, 409, "wrong_state")
    alone = AppointmentFactory()
    check_problem(desk.delete(f"{PATH}/{session.pk}/participants/{alone.pk}"), 404, "not_found")


def test_a_session_is_changed_moved_and_cancelled_with_all_who_take_part(desk):
    session = GroupSessionFactory()
    people = [PatientFactory() for _ in range(2)]
    for one in people:
        join(desk, session, one)
    where = f"{PATH}/{session.pk}"
    tag = desk.get(where)["ETag"]

    changed = desk.patch(where, {"capacity": 2, "title": "Backs"}, format="json")
    assert (changed.status_code, changed.json()["name"]) == (200, "Backs")
    check_problem(desk.patch(where, {"capacity": 1}, format="json"), 422, "validation_error")
    stale = desk.patch(where, {"capacity": 5}, format="json", HTTP_IF_MATCH=tag)
    check_problem(stale, 412, "precondition_failed")
    later = {"starts_at": NOON.isoformat()}
    moved = desk.post(f"{where}/reschedule", later, format="json", HTTP_IF_MATCH=changed["ETag"])
    assert moved.status_code == 200, moved.content
    assert {one["starts_at"] for one in moved.json()["participants"]} == {moved.json()["starts_at"]}
    cancelled = desk.post(f"{where}/cancel", {"reason": "Flooded"}, format="json")
    assert cancelled.json()["cancelled_at"]
    assert {one["status"] for one in cancelled.json()["participants"]} == {"cancelled"}
    check_problem(desk.post(f"{where}/cancel", {}, format="json"), 409, "wrong_state")


def test_fewer_places_than_take_part_are_refused(desk):
    session = GroupSessionFactory()
    for _ in range(3):
        join(desk, session, PatientFactory())

    answer = desk.patch(f"{PATH}/{session.pk}", {"capacity": 2}, format="json")

    check_problem(answer, 409, "in_use", "capacity")


def test_who_takes_part_is_noted_as_read(desk):
    taking_part = ParticipantFactory()
    AccessLog.objects.all().delete()

    desk.get(PATH)
    assert not AccessLog.objects.exists()
    desk.get(f"{PATH}/{taking_part.session_id}")
    assert AccessLog.objects.get().patients == [taking_part.patient_id]


def test_doctors_see_and_make_their_own_sessions_only(api):
    own, other = DoctorFactory(with_account=True), GroupSessionFactory()
    client = api(own.user)

    made = client.post(PATH, wish(own), format="json")

    assert made.status_code == 201
    assert client.get(PATH).json()["count"] == 1
    check_problem(client.get(f"{PATH}/{other.pk}"), 404, "not_found")
    refused = client.post(PATH, wish(other.doctor, NOON), format="json")
    check_problem(refused, 403, "permission_denied")


def test_patients_take_places_online_for_themselves_and_whom_they_act_for(api):
    mother = guardian()
    child, session, client = child_of(mother), online(), api(mother.user)
    GroupSessionFactory()  # Not online: no patient hears of it.

    (listed,) = client.get(PATH).json()["results"]

    assert (listed["id"], listed["free_places"]) == (str(session.pk), 3)
    assert [join(client, session, one).status_code for one in (None, child)] == [201, 201]
    shown = client.get(f"{PATH}/{session.pk}").json()
    assert {one["patient_id"] for one in shown["participants"]} == {str(mother.pk), str(child.pk)}
    own = Appointment.objects.get(patient=mother)
    assert client.delete(f"{PATH}/{session.pk}/participants/{own.pk}").status_code == 204
    check_problem(join(client, session, PatientFactory()), 404, "not_found")


def test_patients_are_bound_by_the_rules_of_booking_online(api, settings):
    settings.VISITS_AHEAD_PER_DAY = 1
    session, patient = online(), patient_online()
    client = api(patient.user)
    unconfirmed = api(patient_online(email_verified_at=None).user)
    check_problem(join(unconfirmed, session), 403, "permission_denied")
    too_late = online_too(session, timezone.now() + settings.BOOKING_NOTICE / 2)
    check_problem(join(client, too_late), 422, "validation_error", "starts_at")
    too_early = online_too(session, timezone.now() + settings.BOOKING_HORIZON * 2)
    check_problem(join(client, too_early), 422, "validation_error", "starts_at")
    not_online = GroupSessionFactory()
    check_problem(join(client, not_online), 404, "not_found")
    cancelled = online_too(session, NOON, cancelled_at=timezone.now())
    check_problem(join(client, cancelled), 404, "not_found")
    assert join(client, session).status_code == 201
    later = online_too(session, NOON)
    check_problem(join(client, later), 422, "validation_error", "starts_at")
    for method, path in (("post", ""), ("patch", f"/{later.pk}"), ("post", f"/{later.pk}/cancel")):
        refused = getattr(client, method)(PATH + path, {}, format="json")
        check_problem(refused, 403, "permission_denied")


def online_too(session, starts_at, **fields) -> GroupSession:
    return GroupSessionFactory(service=session.service, starts_at=starts_at, title="", **fields)


def test_a_group_for_new_patients_is_for_them_when_they_join_online(api, desk):
    session = online(capacity=5)
    session.service.for_new_patients = "only"
    session.service.save()
    new, known = patient_online(), patient_online()
    AppointmentFactory.past(patient=known, status="fulfilled")

    assert join(api(new.user), session).status_code == 201
    check_problem(join(api(known.user), session), 422, "validation_error", "service_id")
    by_desk = join(desk, session, known)
    assert by_desk.status_code == 201
    assert any("new patients" in told for told in by_desk.json()["warnings"])


def test_who_takes_part_keeps_to_the_notice_period(api, settings):
    soon = timezone.now() + settings.CANCELLATION_NOTICE / 2
    patient = patient_online()
    session = GroupSessionFactory(starts_at=soon)
    taking_part = ParticipantFactory(session=session, patient=patient)

    answer = api(patient.user).delete(f"{PATH}/{session.pk}/participants/{taking_part.pk}")

    check_problem(answer, 403, "permission_denied")


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.RECEPTIONIST])
def test_staff_say_who_takes_part(api, role):
    doctor = DoctorFactory(with_account=True)
    by = doctor.user if role == Role.DOCTOR else UserFactory(role=role)

    answer = join(api(by), GroupSessionFactory(doctor=doctor))

    check_problem(answer, 422, "validation_error", "patient_id")


def test_lists_are_of_a_day_a_doctor_and_a_type(desk):
    first = online()
    others = [GroupSessionFactory(starts_at=NINE + timedelta(days=1)), GroupSessionFactory()]
    sessions.cancel_session(others[1], UserFactory())

    def listed(**query) -> list[str]:
        return [one["id"] for one in desk.get(PATH, query).json()["results"]]

    day = timezone.localdate(NINE).isoformat()
    assert listed(date=day, service_id=str(first.service_id)) == [str(first.pk)]
    assert listed(doctor_id=str(others[0].doctor_id)) == [str(others[0].pk)]
    after = (NINE + timedelta(hours=1)).isoformat()
    assert listed(**{"from": after}) == [str(others[0].pk)]
    assert len(listed(to=after)) == 2
    check_problem(desk.get(PATH, {"patient_id": UNKNOWN}), 422, "validation_error", "patient_id")
