"""Group sessions in the console: making, moving and cancelling one, and who takes part."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import faults, opened, said, signed_in
from appointments.models import Appointment, GroupSession
from appointments.tests.factories import (
    AppointmentFactory,
    GroupSessionFactory,
    ParticipantFactory,
    next_monday,
)
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/appointments/groupsession/"
NINE, NOON = next_monday(9), next_monday(12)


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def page(session: GroupSession, name: str = "change") -> str:
    return f"{LIST}{session.pk}/{name}/"


def typed(doctor, starts_at=NINE, **fields) -> dict:
    local = timezone.localtime(starts_at)
    return {
        "doctor": doctor.pk,
        "title": "Back school",
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "duration_minutes": 60,
        "capacity": 3,
        **fields,
    }


def fresh(session: GroupSession) -> GroupSession:
    return GroupSession.objects.get(pk=session.pk)


def test_a_session_is_made_and_listed(desk):
    doctor = DoctorFactory()

    answer = desk.post(f"{LIST}add/", typed(doctor))

    session = GroupSession.objects.get()
    assert answer.headers["Location"] == page(session)
    assert (session.name, session.capacity, session.starts_at) == ("Back school", 3, NINE)
    content = desk.get(LIST).content.decode()
    assert "Back school" in content
    assert "0 of 3 taken" in content
    assert desk.get(f"{LIST}?when=past").content.decode().count("Back school") == 0


def test_it_is_asked_first_where_the_doctor_does_not_work(desk):
    doctor = doctor_working("13:00-17:00")

    asked = desk.post(f"{LIST}add/", typed(doctor))

    assert "outside the doctor&#x27;s working hours" in asked.content.decode()
    assert not GroupSession.objects.exists()
    word = asked.context["asked"].word
    desk.post(f"{LIST}add/", typed(doctor, all_the_same=word))
    assert GroupSession.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("capacity", "1"), ("capacity", "31"), ("duration_minutes", "14")]
)
def test_what_is_no_session_is_refused(desk, field, value):
    answer = desk.post(f"{LIST}add/", typed(DoctorFactory(), **{field: value}))

    assert list(faults(answer)) == [field]
    assert not GroupSession.objects.exists()


def test_a_taken_time_is_refused_with_others_in_its_place(desk):
    taken = AppointmentFactory(doctor=doctor_working("08:00-17:00"), starts_at=NINE)

    answer = desk.post(f"{LIST}add/", typed(taken.doctor))

    assert list(faults(answer)) == ["starts_at"]
    assert len(answer.context["alternatives"]) == 5


def test_doctors_make_sessions_of_their_own(desk):
    own = DoctorFactory(with_account=True)
    other = GroupSessionFactory()
    client = signed_in(own.user)

    client.post(f"{LIST}add/", typed(own))

    assert own.sessions.count() == 1
    assert client.get(page(other)).status_code == 302
    assert client.post(page(other, "cancel"), {}).status_code == 404


def test_who_takes_part_is_shown_with_the_steps_of_each_and_noted(desk):
    session = GroupSessionFactory.create(capacity=3)
    first = ParticipantFactory(session=session, seat=1, reason="Lower back")
    second = ParticipantFactory(session=session, seat=2, status=Status.CHECKED_IN)
    AccessLog.objects.all().delete()

    content = desk.get(page(session)).content.decode()

    assert "<strong>2 of 3</strong> places taken" in content
    for one, verb in ((first, "check_in"), (second, "start")):
        assert str(one.patient) in content
        assert f"/{one.pk}/step/{verb}/?next=" in content
    noted = AccessLog.objects.get(action=AccessLog.Action.READ)
    assert {*noted.patients} == {first.patient_id, second.patient_id}


def test_somebody_is_added_until_all_places_are_taken(desk):
    session = GroupSessionFactory(capacity=2)
    people = PatientFactory.create_batch(3)

    for one in people[:2]:
        answer = desk.post(page(session, "participants"), {"patient": one.pk, "reason": ""})
        assert answer.headers["Location"] == page(session)
        assert f"{one} takes part in Back school." in said(answer)
    full = desk.post(page(session, "participants"), {"patient": people[2].pk})

    assert "All places are taken." in full.content.decode()
    assert Appointment.objects.filter(session=session).count() == 2
    twice = desk.post(page(session, "participants"), {"patient": people[0].pk})
    assert twice.status_code == 200


def test_it_moves_with_all_who_take_part_and_only_as_it_was_seen(desk):
    session = GroupSessionFactory()
    taking_part = ParticipantFactory(session=session)
    seen = opened(desk, page(session))

    moved = desk.post(page(session), typed(session.doctor, NOON, **seen))

    assert moved.headers["Location"] == page(session)
    assert "all who take part are told" in said(moved)[-1]
    taking_part.refresh_from_db()
    assert (taking_part.starts_at, fresh(session).starts_at) == (NOON, NOON)
    late = desk.post(page(session), typed(session.doctor, NINE, **seen))
    assert "changed this record" in str(faults(late))
    assert fresh(session).starts_at == NOON


def test_a_session_stays_where_somebody_is_busy_elsewhere(desk):
    taking_part = ParticipantFactory()
    session, seen = taking_part.session, opened(desk, page(taking_part.session))
    AppointmentFactory(patient=taking_part.patient, starts_at=NOON)

    answer = desk.post(page(session), typed(session.doctor, NOON, **seen))

    assert "already has an appointment then" in str(faults(answer))
    assert fresh(session).starts_at == NINE


def test_places_and_name_change_and_nobody_is_told(desk):
    taking_part = ParticipantFactory()
    session, seen = taking_part.session, opened(desk, page(taking_part.session))

    desk.post(page(session), typed(session.doctor, capacity=5, title="Backs", **seen))

    assert (fresh(session).capacity, fresh(session).name) == (5, "Backs")
    assert fresh(session).sequence == 0


def test_cancelling_is_asked_first_and_can_be_taken_back(desk):
    taking_part = ParticipantFactory()
    session = taking_part.session

    asked = desk.get(page(session, "cancel")).content.decode()
    assert str(taking_part.patient) in asked
    answer = desk.post(page(session, "cancel"), {"reason": "Flooded", "reason_code": ""})

    assert answer.headers["Location"] == page(session)
    taking_part.refresh_from_db()
    assert taking_part.status == Status.CANCELLED
    assert "Take back" in desk.get(page(session)).content.decode()
    desk.get(page(session, "take-back"))
    assert fresh(session).cancelled_at
    desk.post(page(session, "take-back"))
    taking_part.refresh_from_db()
    assert (fresh(session).cancelled_at, taking_part.status) == (None, Status.BOOKED)


@pytest.fixture
def full_session():
    """In which somebody is booked, somebody has come, and somebody won't."""
    session = GroupSessionFactory(capacity=5)
    for seat, status in enumerate((Status.BOOKED, Status.CHECKED_IN, Status.CANCELLED), 1):
        patient = PatientFactory(first_name="Zoe", last_name=f"Zeta{seat}")
        ParticipantFactory(session=session, seat=seat, status=status, patient=patient)
    return session


def test_the_board_shows_one_card_with_all_who_take_part(desk, full_session):
    day = timezone.localdate(NINE).isoformat()
    first, second, gone = full_session.appointments.order_by("seat")

    content = desk.get(f"/admin/?day={day}").content.decode()

    assert content.count(f'id="s-{full_session.pk}"') == 1
    assert "2 of 5 places taken" in content
    assert content.count("<article") == 1
    assert f"/{first.pk}/step/check_in/" in content
    assert f"/{second.pk}/step/start/" in content
    assert gone.patient.last_name not in content
    assert f"{page(full_session)}#people-heading" in content
    assert str(full_session.doctor) in content


def test_the_board_is_told_of_a_new_session_and_participant(desk):
    day = timezone.localdate(NINE).isoformat()
    live = f"/admin/board/?day={day}"

    def changed(before: str) -> str:
        return desk.get(live, headers={"if-none-match": before})["ETag"]

    tags = [desk.get(live)["ETag"]]
    session = GroupSessionFactory()
    tags.append(changed(tags[-1]))
    ParticipantFactory(session=session)
    tags.append(changed(tags[-1]))
    assert len({tag[:24] for tag in tags}) == 3
    assert desk.get(live, headers={"if-none-match": tags[-1]}).status_code == 304


def test_the_calendar_shows_one_event_with_all_who_take_part(desk, full_session):
    day = timezone.localdate(NINE)
    asked = {"doctor": full_session.doctor_id, "from": day, "to": day + timedelta(days=1)}

    found = [one for one in desk.get("/admin/calendar/events/", asked).json() if "id" in one]

    (event,) = found
    assert event["title"] == "Back school, 2/5"
    people = event["extendedProps"]["people"]
    assert [(one["name"], one["status"], one["step"]) for one in people] == [
        ("Zoe Zeta1", "Booked", "Check in"),
        ("Zoe Zeta2", "Checked in", "Start"),
    ]


def test_the_day_sheet_lists_who_takes_part(desk, full_session):
    day = timezone.localdate(NINE).isoformat()

    content = desk.get(f"/admin/day-sheet/?day={day}").content.decode()

    assert "<b>Back school</b>, 2 of 5 places taken" in content
    assert ("Zeta1" in content, "Zeta2" in content) == (True, True)


def test_the_page_of_one_who_takes_part_leads_to_the_session_and_moves_nothing(desk):
    taking_part = ParticipantFactory()
    address = f"/admin/appointments/appointment/{taking_part.pk}/change/"

    content = desk.get(address).content.decode()

    assert f'<a href="{page(taking_part.session)}"><bdi>Back school</bdi></a>' in content
    assert 'name="starts_at_0"' not in content
    assert f"/{taking_part.pk}/step/cancel/" in content
