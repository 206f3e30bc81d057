"""Kinds of faults, each at the doors that it came through."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import one_time, tasks
from accounts.models import AccessLog, OneTimeToken, SignIn
from accounts.roles import Role
from accounts.services import passwords
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.admin.board.pulse import Pulse
from appointments.models import (
    Appointment,
    AppointmentChange,
    GroupSession,
    SlotOffer,
    WaitlistEntry,
)
from appointments.services import absences
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.days import TOO_FAR
from clinic.files import tasks as file_tasks
from clinic.files import transfers
from clinic.files.run import Run
from clinic.models import FileTransfer, Notification
from clinic.tests.files import confirm, faults, run, send, table, upload
from clinic.tests.problems import V1
from doctors.models import Absence, Closure, Doctor
from doctors.services import save_hours
from doctors.tests.factories import DoctorFactory, WorkingHoursFactory
from patients import services
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
NEW = "Other-horse-77"
State = FileTransfer.State


def test_kept_answers_hold_no_medical_history_in_the_clear_and_are_given_again(api):
    body = {
        "name": "Ada Lovelace",
        "email": "ada@mail.example",
        "phone": "+4930123456",
        "medical_history": ["HIV positive"],
        "insurance_info": {"provider": "Mutual", "policy_number": "POLICY-4711"},
    }
    desk, key = api(UserFactory()), {"Idempotency-Key": "k"}
    first, again = (desk.post(f"{V1}/patients", body, format="json", headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    with connection.cursor() as cursor:
        cursor.execute("SELECT body::text FROM clinic_idempotencykey")
        kept = cursor.fetchone()[0]
    for secret in ("HIV positive", "POLICY-4711"):
        assert secret not in kept
        assert secret.encode().hex() not in kept


def test_a_merge_moves_a_place_on_the_waitlist_beside_one_that_ended():
    survivor, other, doctor = PatientFactory(), PatientFactory(), DoctorFactory()
    days = {"from_date": date(2027, 5, 3), "to_date": date(2027, 5, 4), "doctor": doctor}
    WaitlistEntry.objects.create(patient=survivor, state="left", **days)
    waiting = WaitlistEntry.objects.create(patient=other, **days)
    services.merge(survivor, other, by=UserFactory())
    waiting.refresh_from_db()
    assert waiting.patient == survivor


def test_an_address_of_a_merged_record_is_free_for_a_file():
    admin = UserFactory(role=Role.ADMIN)
    survivor, other = PatientFactory(), PatientFactory(phone="+4930901820")
    services.merge(survivor, other, by=admin)
    rows = [
        ["Record number", "First name", "Last name", "E-mail", "Phone"],
        ["", "Grace", "Hopper", "grace@mail.example", "+4930901820"],
    ]
    checked = send(signed_in(admin), "/admin/patients/patient/", table(*rows))
    assert faults(checked) == []


def test_a_survivor_with_the_others_phone_comes_back_from_a_file():
    admin = UserFactory(role=Role.ADMIN)
    survivor = PatientFactory(last_name="Aa")
    other = PatientFactory(last_name="Zz", phone="+4930901820")
    services.merge(survivor, other, by=admin, choices={"phone": "other", "last_name": "survivor"})
    survivor.refresh_from_db()
    rows = [
        ["Record number", "City", "Phone"],
        [survivor.record_number, "Berlin", "+4930901820"],
    ]
    checked = send(signed_in(admin), "/admin/patients/patient/", table(*rows))
    assert faults(checked) == []


def test_proposals_know_a_field_whose_capitals_python_writes_otherwise():
    doctor, colleague = DoctorFactory.create_batch(2, specialization="Fußheilkunst")
    WorkingHoursFactory(doctor=colleague)
    [proposal] = absences.propose([AppointmentFactory(doctor=doctor)])
    assert proposal.colleague.doctor_id == colleague.pk


@pytest.mark.parametrize("begin", [tasks.begin_reset, tasks.resend_email_link])
def test_a_burst_of_wishes_for_a_link_is_a_few_mails(begin):
    patient = PatientFactory(with_account=True, email_verified_at=None)
    for _ in range(20):
        begin.func(patient.email)
    assert Notification.objects.filter(recipient=patient.email).count() == tasks.LINKS_AN_HOUR


def test_the_page_of_readers_knows_merged_records():
    survivor, other = PatientFactory(with_account=True), PatientFactory()
    desk = UserFactory()
    AccessLog.objects.create(
        user=desk, action="read", patients=[other.pk], door="admin", request_id="x"
    )
    services.merge(survivor, other, by=desk)
    page = signed_in(survivor.user).get("/me/access/")
    assert page.context["page"].paginator.count == 1


def test_a_password_set_by_an_admin_is_told_and_ends_links_and_sign_ins():
    user = UserFactory()
    token = one_time.new_token(user, OneTimeToken.Purpose.RESET_PASSWORD)
    signed_in(user)
    typed = {"password1": NEW, "password2": NEW}
    signed_in(Role.ADMIN).post(f"/admin/accounts/user/{user.pk}/password/", typed)
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert Notification.objects.filter(event__startswith="password_changed").exists()
    assert not SignIn.objects.live().filter(user=user).exists()
    with pytest.raises(Exception, match="link"):
        passwords.reset(token, "Third-horse-88")


def test_the_own_password_in_the_console_is_told_and_its_tries_are_counted(settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"password_change": "3/h"}
    user = UserFactory()
    desk = signed_in(user)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    page = "/admin/password_change/"
    done = desk.post(page, typed)
    assert done.status_code == 302
    assert desk.get(page).status_code == 200  # Signed in still.
    assert Notification.objects.filter(event__startswith="password_changed").exists()
    wrong = typed | {"old_password": "Wrong-1-xx"}
    assert [desk.post(page, wrong).status_code for _ in range(3)] == [200, 200, 429]


def test_the_board_notices_changed_hours():
    doctor = DoctorFactory()
    hours = WorkingHoursFactory(doctor=doctor)
    day = timezone.localdate() + timedelta(days=7)
    admin = UserFactory(role=Role.ADMIN)
    shown = Doctor.objects.all(), Appointment.objects.all(), GroupSession.objects.all()
    before = Pulse(day, admin).beat(*shown)
    assert Pulse(day, admin).beat(*shown) == before
    hours.ends = time(13)
    save_hours(hours, by=admin)
    assert Pulse(day, admin).beat(*shown) != before


def test_staff_who_accept_an_offer_are_named(api):
    desk, doctor = UserFactory(), DoctorFactory()
    WorkingHoursFactory(doctor=doctor)
    patient = PatientFactory(with_account=True, email_verified_at=timezone.now())
    start = next_monday(9)
    entry = WaitlistEntry.objects.create(
        patient=patient, doctor=doctor, from_date=start.date(), to_date=start.date()
    )
    SlotOffer.objects.create(
        entry=entry,
        doctor=doctor,
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    answer = api(desk).post(f"{V1}/waitlist/{entry.pk}/accept")
    assert answer.status_code == 200
    assert AppointmentChange.objects.get().by == desk


def test_a_late_check_takes_no_import_back():
    browser, page = signed_in(UserFactory(role=Role.ADMIN)), "/admin/patients/patient/"
    rows = [
        ["Record number", "First name", "Last name", "E-mail", "Phone"],
        ["", "Grace", "Hopper", "g@mail.example", "+4930901820"],
    ]
    upload(browser, page, table(*rows))
    transfer = FileTransfer.objects.get()
    # Two checks by workers that were taken for dead: one ends before the import, one fails after.
    early, late = (FileTransfer.objects.select_related("user").get() for _ in range(2))
    run(file_tasks.check_file, transfer)
    transfers.go_through(early, Run.check, State.CHECKED)
    transfer.refresh_from_db()
    assert confirm(browser, page, transfer).state == State.DONE
    with pytest.raises(FileNotFoundError):
        transfers.go_through(late, Run.check, State.CHECKED)
    transfers.fail(late.pk, State.CHECKING)
    transfer.refresh_from_db()
    assert transfer.state == State.DONE
    assert Patient.objects.count() == 1


def test_the_visit_of_the_201st_mueller_is_found():
    Patient.objects.bulk_create(
        Patient(
            first_name="Ada",
            last_name="Mueller",
            email=f"m{n}@mail.example",
            phone=f"+49151{n:08d}",
        )
        for n in range(230)
    )
    doctor = DoctorFactory(with_account=True)
    last = Patient.objects.get(email="m229@mail.example")
    AppointmentFactory(doctor=doctor, patient=last)
    entry = WaitlistEntry.objects.create(
        patient=last, doctor=doctor, from_date=date(2027, 5, 3), to_date=date(2027, 5, 4)
    )
    for user in (doctor.user, UserFactory(role=Role.ADMIN)):
        page = signed_in(user).get("/admin/appointments/appointment/?q=mueller")
        assert [one.patient for one in page.context["cl"].result_list] == [last]
    page = signed_in(Role.ADMIN).get("/admin/appointments/waitlistentry/?q=mueller")
    assert list(page.context["cl"].result_list) == [entry]


def test_nothing_is_dated_beyond_the_last_day_and_nothing_stored_then(api):
    admin, patient, doctor = UserFactory(role=Role.ADMIN), PatientFactory(), DoctorFactory()
    visit = AppointmentFactory(doctor=doctor)
    far, end, day = "9999-12-31T20:00:00Z", "9999-12-31T21:00:00Z", "9999-12-30"
    ids = {"doctor_id": str(doctor.pk), "patient_id": str(patient.pk)}
    wishes = {
        f"{V1}/appointments": ids | {"starts_at": far, "duration_minutes": 30},
        f"{V1}/appointments/{visit.pk}/reschedule": {"starts_at": far},
        f"{V1}/doctors/{doctor.pk}/time-off": {"starts_at": far, "ends_at": end},
        f"{V1}/closures": {"starts_on": day, "ends_on": day},
        f"{V1}/waitlist": ids | {"from_date": day, "to_date": day, "duration_minutes": 30},
    }
    for path, wish in wishes.items():
        answer = api(admin).post(path, wish, format="json")
        assert answer.status_code == 422, path
    typed = {
        "patient": str(patient.pk),
        "doctor": str(doctor.pk),
        "starts_at_0": "9999-12-30",
        "starts_at_1": "20:00",
        "duration_minutes": "30",
    }
    page = signed_in(admin).post("/admin/appointments/appointment/add/", typed)
    assert str(TOO_FAR) in page.content.decode()
    assert list(Appointment.objects.all()) == [visit]
    assert not Closure.objects.exists()
    assert not Absence.objects.exists()
    assert not WaitlistEntry.objects.exists()
