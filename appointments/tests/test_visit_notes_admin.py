"""What the desk writes about a visit, and where it is seen."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, VisitNote
from appointments.services import advance, cancel
from appointments.services.notes import change_reason
from appointments.tests.absences import visits_page
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import Status
from doctors.models import Absence
from patients.models import Note
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Appointment:
    patient = PatientFactory(date_of_birth="1985-12-10")
    return AppointmentFactory(patient=patient, reason="Cough")


def page(visit: Appointment, name: str = "change") -> str:
    return f"/admin/appointments/appointment/{visit.pk}/{name}/"


def typed(desk, visit: Appointment, reason: str) -> dict[str, str]:
    """What the form of the reason sends."""
    form = desk.get(page(visit, "reason")).context["form"]
    return {"opened": form["opened"].value(), "reason": reason}


def test_the_reason_is_changed_and_the_history_says_so(visit):
    desk = signed_in(UserFactory(first_name="Jo", last_name="Desk"))

    answer = desk.post(page(visit, "reason"), typed(desk, visit, "Flu"))

    assert answer.headers["Location"] == page(visit)
    visit.refresh_from_db()
    assert (visit.reason, visit.sequence, visit.history.count()) == ("Flu", 0, 0)
    content = desk.get(page(visit)).content.decode()
    assert "Another reason: <bdi>Flu</bdi>" in content
    assert "before: <bdi>Cough</bdi>" in content
    assert "Jo Desk" in content


def test_of_two_new_reasons_the_later_sees_the_earlier(visit):
    desk = signed_in(Role.RECEPTIONIST)
    sent = typed(desk, visit, "Flu")
    change_reason(visit, "Fever", UserFactory())

    refused = desk.post(page(visit, "reason"), sent)

    assert "Now it is “Fever”" in refused.content.decode()
    visit.refresh_from_db()
    assert visit.reason == "Fever"


def test_a_new_reason_takes_nothing_back(visit):
    stale = Appointment.objects.get(pk=visit.pk)
    desk = UserFactory()
    cancel(visit, desk)

    change_reason(stale, "Flu", desk)

    now = Appointment.objects.get()
    assert (now.status, now.reason) == (Status.CANCELLED, "Flu")


def test_what_was_an_error_has_no_other_reason(visit):
    advance(visit, Status.ENTERED_IN_ERROR, UserFactory(role=Role.ADMIN))
    desk = signed_in(Role.RECEPTIONIST)

    assert (
        "can&#x27;t be changed"
        in desk.post(page(visit, "reason"), typed(desk, visit, "Flu")).content.decode()
    )


def test_notes_stay_and_are_seen_wherever_the_visit_is(visit):
    desk = signed_in(Role.RECEPTIONIST)
    desk.post(page(visit, "notes"), {"text": "Brings the letter"})
    Note.objects.create(
        patient=visit.patient, text="Hard of hearing", author=UserFactory(), on_board=True
    )

    day = f"{visit.starts_at:%Y-%m-%d}"
    after = (visit.starts_at + timedelta(days=1)).date()
    absence = Absence.objects.create(
        doctor=visit.doctor, starts_at=visit.starts_at, ends_at=visit.ends_at
    )
    places = (
        f"/admin/?day={day}",
        f"/admin/day-sheet/?day={day}",
        f"/admin/calendar/events/?doctor={visit.doctor_id}&from={day}&to={after}",
        page(visit),
        visits_page(absence),
    )
    for place in places:
        content = desk.get(place).content.decode()
        assert "Brings the letter" in content, place
        assert "Hard of hearing" in content, place
        assert visit.patient.phone.as_international in content, place
        assert "10 Dec 1985" in content, place
    with pytest.raises(DatabaseError), transaction.atomic():
        VisitNote.objects.update(text="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        VisitNote.objects.all().delete()


def test_the_board_notices_notes(visit):
    desk = signed_in(Role.RECEPTIONIST)
    address = f"/admin/board/?day={visit.starts_at:%Y-%m-%d}"
    tag = desk.get(address).headers["ETag"]
    ask = {"HTTP_IF_NONE_MATCH": tag}
    assert desk.get(address, **ask).status_code == 304
    warning = Note.objects.create(patient=visit.patient, text="Deaf", author=UserFactory())
    assert desk.get(address, **ask).status_code == 304

    for change in (
        lambda: Note.objects.filter(pk=warning.pk).update(on_board=True),
        lambda: desk.post(page(visit, "notes"), {"text": "Late"}),
    ):
        change()
        answer = desk.get(address, HTTP_IF_NONE_MATCH=tag)
        assert answer.status_code == 200
        tag = answer.headers["ETag"]
