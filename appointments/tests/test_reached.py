"""Who hears of a patient that has no address: those who belong to the patient, once each."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.tasks import Task

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import WaitlistEntry
from appointments.scheduling.loading import NOBODY
from appointments.services import book, cancel, correct, reschedule, waitlist
from appointments.services.reminders import owe_reminders
from appointments.tasks import send_confirmation
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from clinic.mail import owe
from clinic.models import Notification
from clinic.sms import locmem
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from patients.models import RelatedPerson
from patients.photos import clean_photo
from patients.reach import owe_to_reached, reach, without_mail
from patients.services import refuse_document, replace_document
from patients.tasks import send_registration_confirmation
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.relations import birthday

DAY = timedelta(days=1)
MOTHER, FATHER = "mutter@mail.example", "father@mail.example"


@pytest.fixture
def child(settings):
    """Mia, who has no contacts: her mother has an account and reads German, her father is no
    patient and reads English."""
    settings.CLINIC_URL, settings.REMINDERS = "https://clinic.example", [DAY]
    child = PatientFactory(
        first_name="Mia", last_name="Keller", email="", phone="", date_of_birth="2019-05-04"
    )
    mother = PatientFactory(
        first_name="Anna", with_account=True, email=MOTHER, language="de", phone="+491701234567"
    )
    relate_to(child, related_patient=mother, may_act=True)
    relate_to(child, name="Paul Keller", email=FATHER, phone="+491707654321", language="en")
    return child


def relate_to(patient, **fields) -> RelatedPerson:
    usual = {"relationship": "parent", "gets_messages": True, "confirmed_at": timezone.now()}
    return RelatedPerson.objects.create(patient=patient, **usual | fields)


def booked(child, starts_in=2 * DAY):
    desk = UserFactory(role=Role.ADMIN)
    visit = AppointmentFactory.build(
        patient=child, doctor=doctor_working("09:00-12:00"), starts_at=timezone.now() + starts_in
    )
    return book(visit, by=desk), desk


def heard(mailbox) -> None:
    run_due_jobs()
    mailbox.mails.clear()


def is_booked(child, mailbox):
    booked(child)


def is_moved(child, mailbox):
    visit, desk = booked(child)
    heard(mailbox)
    reschedule(visit, desk, visit.starts_at + DAY)


def is_cancelled(child, mailbox):
    visit, desk = booked(child)
    heard(mailbox)
    cancel(visit, by=desk)


def is_restored(child, mailbox):
    visit, desk = booked(child)
    heard(mailbox)
    visit = cancel(visit, by=desk)
    heard(mailbox)
    correct(visit, Status.BOOKED, desk)


def is_reminded(child, mailbox):
    visit, _ = booked(child, DAY / 2)
    heard(mailbox)
    type(visit).objects.update(booked_at=timezone.now() - 2 * DAY)
    owe_reminders()


def is_offered(child, mailbox):
    doctor, day = doctor_working("09:00-12:00"), timezone.localdate() + 3 * DAY
    entry = WaitlistEntry(patient=child, doctor=doctor, from_date=day, to_date=day)
    waitlist.join(entry, by=UserFactory(role=Role.ADMIN))


def is_refused_the_photo(child, mailbox):
    desk = UserFactory()
    refuse_document(replace_document(child, clean_photo(upload()), desk), "Too dark.", desk)


def is_registered(child, mailbox):
    event = f"patient_registered:{child.pk}"
    owe_to_reached(child, event, child.pk, send_registration_confirmation)


KINDS = {
    is_booked: ("Termin von Mia Keller am", "Appointment of Mia Keller on"),
    is_moved: ("Neue Zeit für den Termin von Mia", "New time for the appointment of Mia"),
    is_cancelled: ("Abgesagt: Termin von Mia Keller", "Cancelled: appointment of Mia Keller"),
    is_restored: ("Nicht abgesagt: Termin von Mia", "Not cancelled: appointment of Mia"),
    is_reminded: ("Erinnerung: Termin von Mia Keller", "Reminder: appointment of Mia Keller"),
    is_offered: ("Ein Termin ist frei für Mia Keller", "A time is free for Mia Keller"),
    is_refused_the_photo: ("Das Foto des Ausweises von Mia", "The photo of the ID of Mia Keller"),
    is_registered: ("Mia Keller ist bei", "Mia Keller is registered with"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("happens", KINDS)
def test_each_parent_hears_of_the_child_once_in_the_own_language(child, mailbox, happens):
    happens(child, mailbox)

    run_due_jobs()

    mails = {recipient: mail for [recipient], mail in mailbox.mails}
    assert len(mailbox.mails) == 2
    assert set(mails) == {MOTHER, FATHER}
    german, english = KINDS[happens]
    for address, subject, name in ((MOTHER, german, "Anna"), (FATHER, english, "Paul Keller")):
        mail = mails[address]
        assert mail["Subject"].strip().startswith(subject)
        for kind in ("plain", "html"):
            text = part(mail, kind)
            assert "Mia Keller" in text
            assert name in text
            assert "your appointment" not in text
            assert "Ihr Termin" not in text
        for attached in mail.iter_attachments():
            content = attached.get_payload(decode=True)
            [event] = read(content)[1]
            assert "Mia Keller" in event.summary
            assert f"mailto:{address}" in content.decode().replace("\r\n ", "")
        if any(mail.iter_attachments()) and happens is not is_cancelled:  # Only who has an account.
            assert ("/me/visits/" in part(mail, "plain")) == (address == MOTHER)


@pytest.mark.django_db(transaction=True)
def test_texts_go_to_confirmed_numbers_and_to_who_is_no_patient(child):
    is_reminded(child, type("Nobody", (), {"mails": []}))
    run_due_jobs()

    [text] = locmem.outbox
    assert text.to == "+491707654321"
    assert "Mia Keller has an appointment on" in text.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ["withdrawn", "ended", "no messages", "deceased", "of age"])
def test_who_belongs_to_the_child_no_more_is_not_written_to(child, mailbox, ending):
    booked(child)
    relation = RelatedPerson.objects.get(related_patient__email=MOTHER)
    match ending:
        case "withdrawn":
            relation.delete()
        case "ended":
            relation.valid_until = timezone.localdate() - DAY
            relation.save()
        case "no messages":
            relation.gets_messages = False
            relation.save()
        case "of age":
            eighteen = timezone.localdate() - timedelta(days=18 * 365 + 5)
            type(child).objects.filter(pk=child.pk).update(date_of_birth=eighteen)
            relation.confirmed_at = None
            relation.save()
        case "deceased":
            type(child).objects.filter(email=MOTHER).update(is_deceased=True)

    run_due_jobs()

    assert [recipients for recipients, _ in mailbox.mails] == [[FATHER]]
    states = Notification.objects.values_list("recipient", "status")
    assert set(states) == {(MOTHER, "outdated"), (FATHER, "sent")}


@pytest.mark.django_db
def test_nobody_is_reached_twice(child):
    grandmother = PatientFactory(email="", phone="+4930901820")
    mother = RelatedPerson.objects.get(related_patient__email=MOTHER).related_patient
    type(child).objects.filter(pk=child.pk).update(email="mia@mail.example")
    child.refresh_from_db()
    relate_to(child, name="Somebody", email=FATHER, phone="+4930901821", relationship="other")
    relate_to(child, related_patient=grandmother, relationship="other")  # Never confirmed.
    relate_to(mother, related_patient=child, relationship="child")

    mails = [(one.email, one.phone, one.is_patient) for one in reach(child)]

    assert mails == [
        ("mia@mail.example", "", True),
        (MOTHER, "", False),
        (FATHER, "+491707654321", False),
        ("", "+4930901821", False),
    ]
    child.is_deceased = True
    assert reach(child) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("years", "confirmed_ago", "is_told"),
    [(18, None, False), (18, 2 * DAY, False), (18, 0 * DAY, True), (17, 2 * DAY, True)],
)
def test_who_comes_of_age_gets_the_own_messages(child, years, confirmed_ago, is_told):
    """The parents do so still where staff have confirmed it since."""
    born = birthday(years)
    type(child).objects.filter(pk=child.pk).update(date_of_birth=born, email="mia@mail.example")
    confirmed_at = None if confirmed_ago is None else timezone.now() - confirmed_ago
    child.related_persons.update(confirmed_at=confirmed_at)
    child.refresh_from_db()

    told = [(one.email, one.signs_in) for one in reach(child)]

    parents = [(MOTHER, True), (FATHER, False)]
    assert told == [("mia@mail.example", False), *(parents if is_told else [])]


@pytest.mark.django_db
def test_a_mail_leads_to_the_pages_of_those_alone_who_act(child):
    relation = RelatedPerson.objects.get(related_patient__email=MOTHER)
    assert reach(child)[0].signs_in
    User.objects.filter(email=MOTHER).update(is_active=False)
    assert not reach(child)[0].signs_in
    User.objects.filter(email=MOTHER).update(is_active=True)
    RelatedPerson.objects.filter(pk=relation.pk).update(may_act=False)
    assert not reach(child)[0].signs_in


@pytest.mark.django_db
def test_nothing_is_owed_to_nobody():
    with pytest.raises(ValueError, match="nobody"):
        owe("told", "", PatientFactory().pk, send_registration_confirmation)
    with pytest.raises(IntegrityError, match="notification_to_somebody"):
        Notification.objects.create(event="told", recipient="", subject_id=PatientFactory().pk)


@pytest.mark.django_db
def test_the_job_of_what_is_owed_is_queued_once_as_its_task_would(django_assert_num_queries):
    odd = {"queue": "of letters", "priority": 7, "lock": 'a "lock", {odd}'}
    letters = Task(print, blueprint=send_confirmation.blueprint, name="letters", **odd)
    for task in (send_registration_confirmation, send_confirmation, letters):
        ProcrastinateJob.objects.all().delete()
        event = f"told:{task.name}"
        with django_assert_num_queries(1):
            owe(event, MOTHER, NOBODY, task, version=3)
        owe(event, MOTHER, NOBODY, task, version=3)
        task.defer(notification_id=str(Notification.objects.get(event=event).pk))

        ours, its = ProcrastinateJob.objects.order_by("pk").values()
        assert {**ours, "id": 0} == {**its, "id": 0}


@pytest.mark.django_db
def test_reminders_of_families_take_no_query_each():
    def queries(families: int) -> int:
        Notification.objects.all().delete()
        for _ in range(families):
            visit = AppointmentFactory(
                patient=PatientFactory(email="", phone=""),
                starts_at=timezone.now() + DAY / 2,
                booked_at=timezone.now() - 2 * DAY,
            )
            relate_to(visit.patient, related_patient=PatientFactory())
        with CaptureQueriesContext(
            connection,
        ) as asked:
            owe_reminders()
        return len(asked)

    assert queries(1) == queries(4)
    assert Notification.objects.count() == 5


@pytest.mark.django_db
def test_the_desk_reads_what_to_do_where_no_mail_goes(child):
    called = PatientFactory(email="", phone="+4930901820")
    written = PatientFactory(email="", phone="")
    through = PatientFactory(email="", phone="")
    relate_to(
        through, name="Eva Roth", phone="+4930901821", relationship="child", gets_messages=False
    )
    gone = PatientFactory(email="", phone="", is_deceased=True)

    told = without_mail([child, called, written, through, gone, PatientFactory()])

    assert told == {
        called.pk: "No e-mail: call +49 30 901820.",
        written.pk: "No e-mail, no phone: write a letter.",
        through.pk: "No e-mail: call Eva Roth (child), +49 30 901821.",
    }


@pytest.mark.django_db
def test_who_acts_has_the_visit_as_a_file_that_says_whose_it_is(child, api):
    visit, _ = booked(child)
    mother = RelatedPerson.objects.get(related_patient__email=MOTHER).related_patient

    def file(user):
        answer = api(user).get(f"/api/v1/appointments/{visit.pk}/invite.ics")
        assert answer.status_code == 200
        [event] = read(answer.content)[1]
        return event

    mothers, desks = file(mother.user), file(UserFactory(role=Role.ADMIN))

    assert "appointment of Mia Keller with" in mothers.summary
    assert f"/me/visits/{visit.pk}/" in mothers.description
    assert signed_in(mother.user).get(f"/me/visits/{visit.pk}/").status_code == 200
    assert "Mia" not in desks.summary
    assert "/me/visits/" not in desks.description  # She has no account herself.
