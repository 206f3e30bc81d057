"""A patient is erased: nothing tells of the person any more, and what must be kept is kept."""

from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.conf import settings as clinic_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import AccessLog, SignIn, User
from accounts.roles import Role
from accounts.services import email_changes
from accounts.services.sealing import seal_audit
from accounts.services.verifying import verify_audit
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange, VisitNote, WaitlistEntry
from appointments.services import cancel
from appointments.services.notes import add_visit_note
from appointments.tests.factories import AppointmentFactory
from clinic.history import at_work
from clinic.management.retention.purging import purge
from clinic.models import IdempotencyKey, Notification
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import (
    Erasure,
    IdentityDocument,
    Invitation,
    MergeRecord,
    Note,
    Patient,
    PossibleDuplicate,
    RelatedPerson,
)
from patients.photos import clean_photo
from patients.services import erase, plan
from patients.tests.factories import PatientFactory, RelatedPersonFactory
from patients.tests.photos import jpeg, upload
from tests.canary import tables_with
from tests.test_runtime_role import app_role  # noqa: F401

pytestmark = pytest.mark.django_db

WORDS = {
    "first_name": "Xanthippe",
    "last_name": "Quizzlebaum",
    "preferred_name": "Zanzi",
    "former_names": "Humperdunk",
    "email": "xq@planted.example",
    "phone": "+4915199887761",
    "street": "Plankton Alley 7",
    "city": "Nowhereton",
    "emergency_contact_name": "Mother Superb",
    "emergency_contact_phone": "+4915299887761",
    "insurance_provider": "Mutual Frogs",
    "insurance_policy_number": "POL-7788123",
    "medical_history": "Dragon fever",
}
ADDRESS = "203.0.113.77"
LATER = [
    "old-xq@planted.example",
    "waits@planted.example",
    "Dragon cough",
    "Dragon cold",
    "Dragon notes",
    "Dragon desk",
    "Gwendolyn Thistlewood",
    "gwen@planted.example",
    "Twinbaum",
    "twin@planted.example",
    "Xanthippe Answer",
    "/api/v1/planted",
]


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def lived(admin: User) -> Patient:
    """Somebody of whom the clinic knows whatever it can know of a person."""
    patient = PatientFactory(with_account=True, **WORDS, date_of_birth="1901-02-03")
    with at_work("site", "POST /x", user=lambda: str(patient.user.pk), address=ADDRESS):
        User.objects.filter(pk=patient.user.pk).update(
            first_name=WORDS["first_name"], last_name=WORDS["last_name"], email=WORDS["email"]
        )
        Patient.objects.filter(pk=patient.pk).update(email="old-xq@planted.example")
    Patient.objects.filter(pk=patient.pk).update(email=WORDS["email"])
    patient = Patient.objects.get(pk=patient.pk)
    services.replace_document(patient, clean_photo(upload(jpeg(640))), by=admin)
    doctor = DoctorFactory()
    took_place = AppointmentFactory.past(
        patient=patient, doctor=doctor, reason="Dragon cough", status="fulfilled"
    )
    off = AppointmentFactory(patient=patient, doctor=doctor, reason="Dragon cough")
    cancel(off, admin, "Dragon cold")
    add_visit_note(VisitNote(appointment=took_place, author=admin, text="Dragon notes"), admin)
    services.add_note(Note(patient=patient, text="Dragon desk", author=admin), admin)
    RelatedPerson.objects.create(
        patient=patient,
        name="Gwendolyn Thistlewood",
        email="gwen@planted.example",
        relationship="parent",
        gets_messages=True,
    )
    RelatedPersonFactory(related_patient=patient)
    WaitlistEntry.objects.create(
        patient=patient,
        doctor=doctor,
        from_date=timezone.localdate(),
        to_date=timezone.localdate() + timedelta(days=7),
    )
    twin = PatientFactory(
        last_name="Twinbaum", email="twin@planted.example", date_of_birth="1901-02-03"
    )
    services.merge(patient, twin, admin)
    services.dismiss(Patient.objects.get(pk=patient.pk), PatientFactory(), by=admin)
    leave_traces(Patient.objects.get(pk=patient.pk), admin)
    return Patient.objects.get(pk=patient.pk)


def leave_traces(patient: Patient, admin: User) -> None:
    Invitation.objects.create(patient=patient, channel="mail", expires_at=timezone.now())
    email_changes.begin(patient.user, "waits@planted.example")
    SignIn.objects.create(user=patient.user, door="web", expires_at=timezone.now(), address=ADDRESS)
    AccessLog.objects.create(
        user=patient.user, action="read", patients=[patient.pk], door="site", address=ADDRESS
    )
    AccessAttempt.objects.create(
        username=WORDS["email"], ip_address=ADDRESS, failures_since_start=1
    )
    Notification.objects.create(
        event="x:1", recipient="old-xq@planted.example", subject_id=patient.pk
    )
    for caller, body in ((patient.user.pk, "{}"), (admin.pk, f'{{"id": "{patient.pk}"}}')):
        IdempotencyKey.objects.create(
            caller=str(caller),
            route="/api/v1/planted",
            key="1",
            body_digest=b"",
            status=201,
            body=body,
        )
    LogEntry.objects.create(
        user=admin,
        content_type=ContentType.objects.get_for_model(Patient),
        object_id=str(patient.pk),
        object_repr="Xanthippe Quizzlebaum",
        action_flag=CHANGE,
        change_message='[{"added": {"object": "Xanthippe Answer"}}]',
    )


def texts() -> list[str]:
    return [*WORDS.values(), *LATER, ADDRESS, "1901-02-03"]


def documents() -> list[Path]:
    folder = Path(clinic_settings.STORAGES["documents"]["OPTIONS"]["location"])
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_tells_of_the_person_any_more(admin, settings, django_capture_on_commit_callbacks):
    settings.TREATMENT_KEPT_YEARS = 0
    patient = lived(admin)
    number, account = patient.record_number, patient.user
    before = tables_with(*texts())
    assert {*WORDS.values()} - {"POL-7788123", "Dragon fever"} <= before.keys()
    assert documents()

    with django_capture_on_commit_callbacks(execute=True):
        record = erase(patient, admin, "The patient asked for it.")

    assert tables_with(*texts()) == {}
    assert documents() == []
    shell = Patient.objects.get(pk=patient.pk)
    assert (shell.name, shell.record_number) == (f"Erased {number}", number)
    assert shell.user is None
    assert shell.erased_at
    assert not User.objects.filter(pk=account.pk, is_active=True).exists()
    assert Appointment.objects.filter(patient=patient).count() == 2
    assert record.kept_until is None
    assert record.gone["ID photos"] == 1
    assert record.gone["Mails and texts"] >= 1
    seal_audit()
    assert verify_audit().findings == []
    assert "Xanthippe" not in str(record.gone) + str(record.kept)


def test_the_person_can_register_again(admin):
    patient = lived(admin)
    erase(patient, admin, "Asked for.")

    again = PatientFactory.build(**WORDS, date_of_birth="1901-02-03")
    services.register_with_account(again, "Correct-horse-7", None)

    assert Patient.objects.standing().get(email=WORDS["email"]) == again


def test_who_had_no_visit_leaves_no_row(admin):
    patient = PatientFactory(with_account=True, **WORDS)
    account = patient.user

    record = erase(patient, admin, "Asked for.")

    assert not Patient.objects.filter(pk=patient.pk).exists()
    assert not User.objects.filter(pk=account.pk).exists()
    assert not tables_with(*WORDS.values())
    assert (record.patient_id, record.number) == (patient.pk, patient.number)


def test_what_the_law_keeps_is_sealed_and_goes_in_its_time(admin, time_machine):
    patient = lived(admin)
    visit = Appointment.objects.get(patient=patient, status="fulfilled")

    record = erase(patient, admin, "Asked for.")

    visit.refresh_from_db()
    assert visit.reason == "Dragon cough"
    assert visit.notes.get().text == "Dragon notes"
    (who, _) = services.open_sealed(Erasure.objects.get(pk=record.pk))
    assert (who["last_name"], who["medical_history"]) == ("Quizzlebaum", "Dragon fever")
    assert not tables_with("Quizzlebaum", "Dragon fever", WORDS["email"])
    years = clinic_settings.TREATMENT_KEPT_YEARS
    assert record.kept_until.year == timezone.localdate(visit.starts_at).year + years

    time_machine.move_to(timezone.now() + timedelta(days=365 * years + 40))
    list(purge())

    record.refresh_from_db()
    assert record.sealed == ""
    visit.refresh_from_db()
    assert visit.reason == ""
    assert not VisitNote.objects.exists()
    assert not AppointmentChange.objects.exclude(reason="").exists()


def test_others_keep_what_is_theirs(admin):
    """Who is related, the twin that is none, and another patient of the same name."""
    other = PatientFactory(first_name="Xanthippe", last_name="Quizzlebaum")
    patient = lived(admin)
    mother = RelatedPerson.objects.get(related_patient=patient).patient
    kept = {one.pk: one.name for one in (other, mother)}

    erase(patient, admin, "Asked for.")

    assert {one.pk: one.name for one in Patient.objects.filter(pk__in=kept)} == kept
    events = Patient.pgh_event_model.objects.filter(pgh_obj__in=kept)
    assert set(events.values_list("last_name", flat=True)) == {other.last_name, mother.last_name}
    assert not PossibleDuplicate.objects.exists()
    assert not MergeRecord.objects.exists()
    assert not IdentityDocument.objects.exists()


@pytest.mark.parametrize("case", ["ahead", "reason", "twice", "merged", "changed"])
def test_what_speaks_against_it_is_said(case, admin):
    patient, version, reason = PatientFactory(), "", "Asked for."
    AppointmentFactory.past(patient=patient)
    match case:
        case "ahead":
            AppointmentFactory(patient=patient)
            sentence = "Cancel the visit ahead first."
        case "reason":
            reason, sentence = " ", "cannot be blank"
        case "twice":
            erase(patient, admin, reason)
            sentence = "was erased"
        case "merged":
            services.merge(PatientFactory(), patient, admin)
            sentence = "was merged into"
        case "changed":
            version = plan(patient).version
            Note.objects.create(patient=patient, text="Meanwhile", author=admin)
            sentence = "has changed since you looked"
    count = Erasure.objects.count()

    with pytest.raises(ValidationError, match=sentence):
        erase(Patient.objects.get(pk=patient.pk), admin, reason, version)

    assert Erasure.objects.count() == count


def test_the_preview_changes_nothing_and_says_all(admin):
    patient = lived(admin)
    before = tables_with(*texts())

    told = plan(patient)

    assert tables_with(*texts()) == before
    assert told.gone["ID photos"] == 1
    assert ["Visit notes", 1] in [one[:2] for one in told.kept]
    assert told.version == plan(patient).version


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("patients_patient", ["last_name"]),
        ("patients_patientevent", []),
        ("accounts_accesslog", []),
    ],
)
def test_the_database_erases_nothing_else(table, columns, admin):
    """Neither rows that anybody may change, nor those that prove who did what."""
    asked = [table, ["1"], columns]
    with (
        pytest.raises(DatabaseError, match="clinic_erase"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT clinic_erase(%s, %s, %s)", asked)


def test_the_command(admin, capsys):
    patient = PatientFactory(**WORDS)
    by = ["--by", admin.email, "--reason", "Asked for."]
    call_command("erase_patient", patient.record_number, "--dry-run", *by)
    assert Patient.objects.filter(pk=patient.pk).exists()

    call_command("erase_patient", patient.record_number, *by)

    assert not Patient.objects.filter(pk=patient.pk).exists()
    assert f"Erasure of {patient.record_number}" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no patient"):
        call_command("erase_patient", patient.record_number, *by)
    by[1] = UserFactory().email
    with pytest.raises(CommandError, match="may not erase"):
        call_command("erase_patient", "P-1", *by)


def test_the_command_opens_what_is_sealed_and_notes_that(admin, capsys):
    patient = lived(admin)
    erase(patient, admin, "Asked for.")
    read = AccessLog.objects.count()

    call_command(
        "erase_patient", patient.record_number, "--sealed", "--by", admin.email, "--reason", "Court"
    )

    assert "Quizzlebaum" in capsys.readouterr().out
    assert AccessLog.objects.count() == read + 1


def test_the_role_that_owns_nothing_erases_too(admin, settings, request):
    """As in production: the copies in the history, and what nobody may change, are emptied by
    functions of the tables' owner."""
    settings.TREATMENT_KEPT_YEARS = 0
    patient = lived(admin)
    request.getfixturevalue("app_role")

    erase(patient, admin, "Asked for.")

    assert not VisitNote.objects.exists()
    assert not AppointmentChange.objects.exclude(reason="").exists()
    assert not Patient.pgh_event_model.objects.filter(last_name=WORDS["last_name"]).exists()
