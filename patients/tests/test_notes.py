"""Notes of the staff: who wrote what and when, warnings on the board, and nothing for patients."""

import pytest
from django.db import DatabaseError, transaction

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from patients.models import Note
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
SECRET = "Comes late, always"


def record(patient) -> str:
    return f"/admin/patients/patient/{patient.pk}/"


def noted(patient, text: str = SECRET, **fields) -> Note:
    return Note.objects.create(patient=patient, text=text, author=UserFactory(), **fields)


def test_the_desk_writes_a_note_and_makes_it_a_warning():
    patient = PatientFactory()
    user = UserFactory(role=Role.RECEPTIONIST, first_name="Jo", last_name="Desk")
    desk = signed_in(user)

    answer = desk.post(f"{record(patient)}notes/", {"text": SECRET})

    note = Note.objects.get()
    assert answer.headers["Location"] == f"{record(patient)}change/#record-notes"
    assert (note.text, note.author, note.on_board) == (SECRET, user, False)
    page = desk.get(f"{record(patient)}change/")
    assert "Jo Desk" in page.content.decode()
    assert 'class="warnings"' not in page.content.decode()

    for shown in (True, False):
        desk.post(f"{record(patient)}notes/{note.pk}/board/", {"shown": "1" if shown else ""})
        note.refresh_from_db()
        content = desk.get(f"{record(patient)}change/").content.decode()
        assert (note.on_board, 'class="warnings"' in content) == (shown, shown)


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "a\x07b"])
def test_what_is_no_note_is_refused_with_what_was_typed(text):
    patient, desk = PatientFactory(), signed_in(Role.RECEPTIONIST)

    answer = desk.post(f"{record(patient)}notes/", {"text": text})

    assert answer.status_code == 200
    assert "text" in answer.context["form"].errors
    assert not Note.objects.exists()


def test_what_was_written_stays_as_it_was_written():
    note = noted(PatientFactory())

    for changed in ({"text": "Other"}, {"author": UserFactory()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Note.objects.filter(pk=note.pk).update(**changed)


def test_patients_see_nothing_of_notes(client, api):
    patient = PatientFactory(with_account=True)
    noted(patient, on_board=True)
    client.force_login(patient.user)

    pages = [client.get(path) for path in ("/me/", "/me/profile/")]
    pages += [client.post("/me/download/")]
    own = (f"patients/{patient.pk}", f"patient/profile/{patient.pk}/export")
    pages += [api(patient.user).get(f"/api/v1/{path}") for path in own]

    assert [page.status_code for page in pages] == [200] * 5
    assert all(SECRET.encode() not in b"".join(page) for page in pages)
    assert not Note.objects.visible_to(patient.user)
