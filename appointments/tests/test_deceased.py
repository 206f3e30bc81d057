"""A patient who has died: nothing is sent or booked, nobody signs in."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import tasks as account_mails
from accounts.models import EmailChange, User
from accounts.roles import Role
from accounts.services import passwords, users
from accounts.services.credentials import check_password
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import PASSWORD, UserFactory
from appointments import services
from appointments import tasks as visit_mails
from appointments.jobs import end_waiting_of
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import reminders, waitlist
from appointments.tests.deceased import mark_deceased
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import HALF_HOUR, doctor_working, patient_online, visit
from appointments.tests.series import booked_series, wish
from appointments.transitions import Status
from clinic.models import Notification
from clinic.sms import locmem
from clinic.tests.problems import V1, check_problem
from patients import services as records
from patients import tasks as patient_mails
from patients.models import IdentityDocument, Invitation, Patient
from patients.one_time import claim_fault, open_invitation
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

REFUSED = "This patient is deceased: nothing can be booked."


@pytest.fixture
def desk() -> User:
    return UserFactory(role=Role.RECEPTIONIST)


@pytest.fixture
def patient() -> Patient:
    now = timezone.now()
    return patient_online(date_of_birth="1950-03-04", phone_verified_at=now)


# What is sent

SENDERS = sorted(
    name
    for name in app.tasks
    if re.match(r"(accounts|patients|appointments)\.(send|text)_", name)
    # To a number that is nobody's any more, and to administrators.
    and name not in ("patients.text_old_phone", "patients.send_emergency")
)


def offered(patient: Patient) -> SlotOffer:
    entry = WaitlistEntry.objects.create(
        patient=patient,
        doctor=doctor_working("09:00-12:00"),
        from_date=timezone.localdate(),
        to_date=timezone.localdate() + timedelta(days=30),
    )
    at = next_monday(9)
    return SlotOffer.objects.create(
        entry=entry, doctor=entry.doctor, starts_at=at, ends_at=at + HALF_HOUR, expires_at=at
    )


def refused_photo(patient: Patient) -> IdentityDocument:
    return IdentityDocument.objects.create(
        patient=patient,
        file="00/photo",
        content_type="image/jpeg",
        width=640,
        height=480,
        document_type="passport",
        check_result="refused",
        refusal_reason="Blurred.",
        checked_at=timezone.now(),
        checked_by=UserFactory(),
    )


def about(sender: str, patient: Patient):
    """The record that a sender's message is about, and its version."""
    if sender == "appointments.send_offer":
        return offered(patient), visit_mails.OFFER_OPEN
    if sender == "patients.send_document_refused":
        return refused_photo(patient), patient_mails.REFUSED
    if sender == "accounts.send_change_link":
        change = EmailChange.objects.create(user=patient.user, email="new@mail.example")
        return change, account_mails.WAITING
    if "_invitation" in sender:
        patient = PatientFactory(date_of_birth="1950-03-04")
        return open_invitation(patient, Invitation.Channel.MAIL), patient_mails.LIVE
    if sender.startswith("appointments.send_series"):
        return booked_series(wish(patient=patient)), 0
    if sender.startswith("appointments."):
        return AppointmentFactory(patient=patient), 0
    return (patient.user if sender.startswith("accounts.") else patient), None


@pytest.mark.parametrize("has_died", [False, True])
@pytest.mark.parametrize("sender", SENDERS)
def test_no_sender_sends_anything(sender, has_died, patient, desk, mailoutbox):
    record, version = about(sender, patient)
    if has_died:
        mark_deceased(getattr(record, "patient", patient), desk)
    if sender == "accounts.send_phone_code":
        arguments = {"user_id": str(patient.user.pk)}
    else:
        is_text = ".text_" in sender
        notification = Notification.objects.create(
            event=f"{sender}:{record.pk}",
            recipient=str(patient.phone) if is_text else patient.email,
            channel="sms" if is_text else "email",
            subject_id=record.pk,
            subject_version=version,
        )
        arguments = {"notification_id": str(notification.pk)}
    context = SimpleNamespace(job=SimpleNamespace(attempts=0))

    task = app.tasks[sender]
    task.func(*[context] * task.pass_context, **arguments)

    assert len(mailoutbox) + len(locmem.outbox) == (0 if has_died else 1)


def test_nothing_is_owed_and_no_link_made(patient, desk):
    AppointmentFactory(
        patient=patient,
        starts_at=timezone.now() + timedelta(hours=20),
        booked_at=timezone.now() - timedelta(days=9),
    )
    mark_deceased(patient, desk)
    changed = Patient.objects.get(pk=patient.pk)
    changed.phone, changed.email = "+4930901820", "new@mail.example"
    records.change(changed, desk)

    assert reminders.owe_reminders() == 0
    passwords.owe_reset(patient.email)
    app.tasks["accounts.begin_reset"].func(email="new@mail.example")
    assert not Notification.objects.exclude(event__startswith="verify_email").exists()
    assert not ProcrastinateJob.objects.filter(task_name="patients.text_old_phone").exists()
    assert claim_fault(Patient.objects.get(pk=patient.pk)) == "This patient is deceased."


# What is booked


def by_service(patient, desk, api):
    services.book(visit(doctor_working("09:00-12:00"), patient, next_monday(9)), by=desk)


def by_api(patient, desk, api):
    wish = {"patient_id": str(patient.pk), "starts_at": next_monday(9).isoformat()}
    wish |= {"doctor_id": str(doctor_working("09:00-12:00").pk), "duration_minutes": 30}
    answer = api(desk).post(f"{V1}/appointments", wish, "json")
    raise ValidationError(check_problem(answer, 409, "wrong_state")["message"])


def by_moving(patient, desk, api):
    services.reschedule(Appointment.objects.get(patient=patient), desk, next_monday(11))


def by_restoring(patient, desk, api):
    cancelled = services.cancel(Appointment.objects.get(patient=patient), desk)
    services.correct(cancelled, Status.BOOKED, desk)


def by_waiting(patient, desk, api):
    today = timezone.localdate()
    wish = {"doctor": doctor_working("09:00-12:00"), "from_date": today, "to_date": today}
    waitlist.join(WaitlistEntry(patient=patient, **wish), by=desk)


def by_accepting(patient, desk, api):
    offer = SlotOffer.objects.get(entry__patient=patient)
    waitlist.accept(offer)


@pytest.mark.parametrize(
    "door", [by_service, by_api, by_moving, by_restoring, by_waiting, by_accepting]
)
def test_nothing_is_booked_at_any_door(door, patient, desk, api):
    if door is by_accepting:
        offered(patient)
    else:
        AppointmentFactory(patient=patient, starts_at=next_monday(14))
    mark_deceased(patient, desk)

    with pytest.raises(ValidationError) as refused:
        door(Patient.objects.get(pk=patient.pk), desk, api)

    assert refused.value.messages == [REFUSED]


def test_who_has_died_waits_no_more(patient, desk):
    offer = offered(patient)
    mark_deceased(patient, desk)
    assert not WaitlistEntry.objects.waiting().exists(), "At once."

    job = ProcrastinateJob.objects.get(task_name="appointments.end_waiting_of")
    end_waiting_of.func(**job.args)

    offer.refresh_from_db()
    assert (offer.state, offer.entry.state) == ("withdrawn", "left")


# The account


def test_the_account_is_shut_and_opened_again(patient, desk, rf):
    def opens() -> bool:
        return check_password(rf.post("/"), patient.email, PASSWORD) is not None

    begin_by_api(patient.user)
    assert opens()

    mark_deceased(patient, desk)
    assert not opens()
    assert not patient.user.sign_ins.filter(ended_at=None).exists()
    account = User.objects.get(pk=patient.user.pk)
    account.is_active = True
    with pytest.raises(ValidationError):
        users.change(account, UserFactory(role=Role.ADMIN))

    mark_deceased(patient, desk, is_deceased=False)
    assert opens()


def test_an_account_that_was_closed_before_stays_closed(patient, desk):
    User.objects.filter(pk=patient.user.pk).update(is_active=False)

    mark_deceased(patient, desk)
    mark_deceased(patient, desk, is_deceased=False)

    assert not User.objects.get(pk=patient.user.pk).is_active
