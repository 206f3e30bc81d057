"""What those who take part in a session are told: its name, in their language, and nothing of each
other."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.services import export, sessions
from appointments.services.feeds import renew
from appointments.tests.calendars import read
from appointments.tests.factories import GroupSessionFactory, next_monday
from appointments.tests.offering import ultrasound
from appointments.tests.scheduling import patient_online
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from clinic.tests.problems import V1
from doctors.tests.factories import DoctorFactory

SECRET = "Wobblethorpe"
NOON = next_monday(12)


@pytest.fixture
def desk():
    return UserFactory()


@pytest.mark.django_db(transaction=True)
def test_mails_and_their_calendars_name_the_session_and_nobody_else(mailbox, desk):
    session = GroupSessionFactory(title="Yoga & more")
    people = {
        "en": patient_online(first_name="Ada", last_name="Quizzlebaum"),
        "de": patient_online(first_name="Ptolemaeus", last_name=SECRET, language="de"),
    }
    addresses = {one.email: language for language, one in people.items()}
    for one in people.values():
        sessions.add_participant(session, one, desk)
    run_due_jobs()
    session = sessions.move_session(session, desk, NOON)
    run_due_jobs()
    sessions.cancel_session(session, desk, "Flooded")
    run_due_jobs()

    assert len(mailbox.mails) == 6
    words = {"en": ("Your appointment", "moved"), "de": ("Ihr Termin", "verlegt")}
    for language, one in people.items():
        (other,) = [person for person in people.values() if person is not one]
        own = [mail for to, mail in mailbox.mails if addresses[to[0]] == language]
        assert len(own) == 3
        for mail in own:
            whole = "\n".join([str(mail["Subject"]), part(mail, "plain"), part(mail, "html")])
            [attached] = list(mail.iter_attachments())
            _, [event] = read(attached.get_payload(decode=True))
            assert "Yoga & more" in part(mail, "plain")
            assert "Yoga &amp; more" in part(mail, "html")
            assert "Yoga & more" in event.summary
            everything = whole + attached.get_payload(decode=True).decode()
            for trace in (other.last_name, other.email, other.record_number):
                assert trace not in everything
        assert words[language][0] in str(own[0]["Subject"])


@pytest.mark.django_db
def test_no_door_of_a_patient_tells_of_others_in_the_session(api, desk):
    session = GroupSessionFactory(service=ultrasound(name="Yoga"), title="")
    own = patient_online()
    other = patient_online(first_name="Ptolemaeus", last_name=SECRET, phone="+4915199776652")
    mine = sessions.add_participant(session, own, desk)
    theirs = sessions.add_participant(session, other, desk, reason="Wobbly knee")
    client, browser = api(own.user), signed_in(own.user)
    traces = [SECRET, other.email, "99776652", "Wobbly", str(other.pk), str(theirs.pk)]

    answers = [
        client.get(f"{V1}/group-sessions"),
        client.get(f"{V1}/group-sessions/{session.pk}"),
        client.get(f"{V1}/group-sessions/{session.pk}", HTTP_IF_NONE_MATCH='"x"'),
        client.get(f"{V1}/appointments"),
        client.get(f"{V1}/appointments/{mine.pk}"),
        client.get(f"{V1}/appointments/{mine.pk}/invite.ics"),
        client.get(f"{V1}/patient/profile/{own.pk}/export"),
        client.post(f"{V1}/group-sessions/{session.pk}/participants", {}, format="json"),
        *(browser.get(path) for path in ("/me/", f"/me/visits/{mine.pk}/", "/me/download/")),
        browser.get(f"/me/visits/{mine.pk}/invite.ics"),
        browser.get(f"/me/visits/{mine.pk}/cancel/"),
    ]

    for answer in answers:
        assert answer.status_code in (200, 422), answer
        assert not [trace for trace in traces if trace in answer.content.decode()]
    assert "Yoga" in answers[0].content.decode()
    assert answers[1].json()["free_places"] == 1
    for path in (
        f"{V1}/appointments/{theirs.pk}",
        f"{V1}/group-sessions/{session.pk}/participants/{theirs.pk}",
    ):
        hidden = client.delete(path) if "participants" in path else client.get(path)
        assert hidden.status_code == 404
    assert browser.get(f"/me/visits/{mine.pk}/move/").status_code == 302


@pytest.mark.django_db
def test_the_doctors_feed_and_the_patients_copy_name_the_session(api, desk):
    doctor = DoctorFactory(with_account=True)
    session = GroupSessionFactory(doctor=doctor, title="Back school")
    own = patient_online()
    sessions.add_participant(session, own, desk)
    token = renew(doctor, UserFactory(role=Role.ADMIN))
    address = f"{V1}/doctors/{doctor.pk}/calendar.ics?token={token}"

    feed = api().get(address)
    assert "Back school" in feed.content.decode()
    sessions.change_session(session, desk, title="Backs")
    again = api().get(address, HTTP_IF_NONE_MATCH=feed["ETag"])
    assert (again.status_code, "Backs" in again.content.decode()) == (200, True)
    (kept,) = export.everything_on(own, own.user)["appointments"]
    assert kept["service"] == "Backs"
    assert timezone.localtime(kept["starts_at"]) == timezone.localtime(session.starts_at)
