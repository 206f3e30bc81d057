"""The console's page of what waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from clinic.console.menu import counted
from clinic.encryption import decrypt_text
from clinic.models import Notification
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.admin.approvals.waiting import UNCONFIRMED_AFTER
from patients.models import Patient, PossibleDuplicate, RelatedPerson
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db

PAGE = "/admin/approvals/"
OF_THE_DESK = dict.fromkeys(("photos", "relations", "registrations", "of_age", "duplicates"), 1)
LONG_AGO = UNCONFIRMED_AFTER + timedelta(hours=1)


def applicant() -> Doctor:
    account = UserFactory(role=Role.DOCTOR, is_active=False)
    now = timezone.now()
    return DoctorFactory(is_active=False, applied_at=now, email_verified_at=now, user=account)


def unconfirmed(ago: timedelta = LONG_AGO, **more) -> Patient:
    return PatientFactory(with_account=True, created_at=timezone.now() - ago, **more)


def photographed() -> Patient:
    patient = PatientFactory()
    services.replace_document(patient, clean_photo(upload(jpeg(640, 400))), by=UserFactory())
    return patient


def twins() -> PossibleDuplicate:
    first, second = sorted((PatientFactory(), PatientFactory()), key=lambda each: each.pk)
    return PossibleDuplicate.objects.create(first=first, second=second, score=0.9)


def one_of_each() -> None:
    applicant(), unconfirmed(), photographed(), twins()
    mother = guardian()
    child_of(mother)
    come_of_age(mother)


def come_of_age(mother: Patient, **more) -> Patient:
    """Yesterday, with a mother who was confirmed before that."""
    adult = child_of(born=birthday(18, -1), **more)
    related(adult, mother, confirmed_at=timezone.now() - timedelta(days=9))
    return adult


def counts(response) -> dict[str, int]:
    return {one["kind"].name: one["count"] for one in response.context["sections"]}


def test_an_admin_sees_all_that_waits():
    one_of_each()
    admin = UserFactory(role=Role.ADMIN)

    response = signed_in(admin).get(PAGE)

    assert counts(response) == {"doctors": 1, **OF_THE_DESK}
    assert counted(admin, ["approvals"])["approvals"] == 6


def test_the_desk_sees_all_but_the_applications():
    one_of_each()
    desk = UserFactory()

    assert counts(signed_in(desk).get(PAGE)) == OF_THE_DESK
    assert counted(desk, ["approvals"])["approvals"] == 5


def test_a_doctor_sees_nothing_of_it():
    one_of_each()
    doctor = UserFactory(role=Role.DOCTOR)

    assert signed_in(doctor).get(PAGE).status_code == 403
    assert counted(doctor, ["approvals"])["approvals"] == 0


def test_what_is_done_waits_no_more():
    desk = UserFactory()
    services.verify_document(photographed().document, "passport", None, desk)
    unconfirmed(email_verified_at=timezone.now())
    unconfirmed(ago=timedelta(hours=1))
    pair = twins()
    services.dismiss(pair.first, pair.second, by=desk)
    DoctorFactory()

    assert counted(UserFactory(role=Role.ADMIN), ["approvals"])["approvals"] == 0


def test_an_application_is_approved_in_one_click():
    doctor = applicant()

    response = signed_in(Role.ADMIN).post(PAGE, {"do": f"approve:{doctor.pk}"})

    assert response.url == PAGE
    assert said(response) == [f"{doctor} is approved, and gets a link to choose a password."]
    doctor.refresh_from_db()
    assert doctor.is_active
    again = signed_in(Role.ADMIN).post(PAGE, {"do": f"approve:{doctor.pk}"})
    assert said(again) == ["No application of this doctor waits."]


def test_an_application_is_rejected_in_one_click():
    doctor = applicant()

    signed_in(Role.ADMIN).post(PAGE, {"do": f"reject:{doctor.pk}"})

    assert not Doctor.objects.filter(pk=doctor.pk).exists()
    assert Notification.objects.filter(recipient=doctor.email).exists()


def test_the_link_is_sent_again_in_one_click():
    patient = unconfirmed()

    response = signed_in(UserFactory()).post(PAGE, {"do": f"resend:{patient.pk}"})

    assert said(response) == [f"A new link is on its way to {patient.email}."]
    jobs = ProcrastinateJob.objects.filter(task_name="accounts.resend_email_link")
    assert [decrypt_text(job.args["email"]) for job in jobs] == [patient.email]


def test_the_desk_decides_on_no_application():
    doctor = applicant()

    response = signed_in(UserFactory()).post(PAGE, {"do": f"approve:{doctor.pk}"})

    assert response.status_code == 403
    doctor.refresh_from_db()
    assert not doctor.is_active


@pytest.mark.parametrize("do", ["", "approve", "approve:", "approve:x", "delete:1", "approve:\x00"])
def test_what_is_no_action_is_not_found(do):
    assert signed_in(Role.ADMIN).post(PAGE, {"do": do}).status_code == 404


@pytest.fixture
def three_a_page(monkeypatch):
    monkeypatch.setattr("patients.admin.approvals.page.SHOWN", 3)


def rows(response, kind: str) -> list:
    [found] = [one for one in response.context["sections"] if one["kind"].name == kind]
    return found["rows"]


def test_what_waits_longest_is_on_the_first_page_and_all_of_it_on_some(three_a_page):
    people = [unconfirmed(LONG_AGO + timedelta(hours=number)) for number in range(7, 0, -1)]
    browser = signed_in(Role.ADMIN)

    pages = [browser.get(PAGE, {"registrations": number}) for number in ("", "2", "3")]

    shown = [rows(page, "registrations") for page in pages]
    assert shown == [people[:3], people[3:6], people[6:]]
    assert [counts(page)["registrations"] for page in pages] == [7, 7, 7]
    assert "1 - 3 of 7" in pages[0].content.decode()


def test_each_kind_has_pages_of_its_own(three_a_page):
    people = [unconfirmed(LONG_AGO + timedelta(hours=number)) for number in range(4, 0, -1)]
    photos = [photographed() for _ in range(4)]
    browser = signed_in(Role.ADMIN)

    page = browser.get(PAGE, {"photos": "2"})

    assert [one.patient for one in rows(page, "photos")] == photos[3:]
    assert rows(page, "registrations") == people[:3]
    assert 'href="?photos=2&amp;registrations=2#registrations"' in page.content.decode()
    both = browser.get(f"{PAGE}?photos=2&registrations=2")
    assert [len(rows(both, kind)) for kind in ("photos", "registrations")] == [1, 1]


@pytest.mark.parametrize(("asked", "number"), [("x", 1), ("-1", 2), ("9" * 30, 2), ("2\x00", 1)])
def test_a_page_that_makes_no_sense(three_a_page, asked, number):
    for _ in range(4):
        unconfirmed()

    page = signed_in(Role.ADMIN).get(PAGE, {"registrations": asked})

    [shown] = [one for one in page.context["sections"] if one["kind"].name == "registrations"]
    assert shown["page"].number == number


def test_a_decision_leads_back_to_the_page_on_which_it_was_taken():
    patient = unconfirmed()

    response = signed_in(UserFactory()).post(f"{PAGE}?photos=2", {"do": f"resend:{patient.pk}"})

    assert response.url == f"{PAGE}?photos=2"


@pytest.mark.parametrize("each", [1, 3])
def test_the_page_takes_a_fixed_number_of_queries(each):
    for _ in range(each):
        one_of_each()
    browser = signed_in(Role.ADMIN)
    browser.get(PAGE)

    with CaptureQueriesContext(connection) as captured:
        browser.get(PAGE)

    assert len(captured) <= 10, [query["sql"][:120] for query in captured.captured_queries]


def test_the_menu_counts_in_one_query(django_assert_num_queries):
    one_of_each()
    admin = UserFactory(role=Role.ADMIN)

    with django_assert_num_queries(1):
        assert counted(admin, ["approvals"])["approvals"] > 0


@pytest.mark.parametrize(("do", "acts"), [("confirm", [True]), ("refuse", [])])
def test_the_desk_confirms_or_refuses_who_acts(do, acts):
    relation = child_of(guardian(first_name="Ruth"), first_name="Lea").related_persons.get()
    desk = signed_in(Role.RECEPTIONIST)
    assert f"{do}:{relation.pk}" in desk.get(PAGE).content.decode()

    response = desk.post(PAGE, {"do": f"{do}:{relation.pk}"})

    assert said(response)[0].startswith({"confirm": "Confirmed: ", "refuse": "Refused: "}[do])
    assert [one.confirmed_by is not None for one in RelatedPerson.objects.all()] == acts
    assert counts(desk.get(PAGE))["relations"] == 0
    assert desk.post(PAGE, {"do": f"{do}:{relation.pk}"}).status_code == (404 if not acts else 302)


def test_who_came_of_age_lately_is_invited_to_an_account_of_their_own():
    mother, desk = guardian(), signed_in(Role.RECEPTIONIST)
    adult = come_of_age(mother)
    with_mail = come_of_age(mother, first_name="Jo")
    Patient.objects.filter(pk=with_mail.pk).update(email="jo@mail.example")
    child_of(mother, born=birthday(18, 1))  # Tomorrow.
    child_of(mother, born=birthday(18, -200))  # Long ago.
    PatientFactory(date_of_birth=birthday(18, -1))  # For whom nobody acted.

    page = desk.get(PAGE)

    assert counts(page)["of_age"] == 2
    assert f"/admin/patients/patient/{adult.pk}/invite/" in page.content.decode()
    response = desk.post(PAGE, {"do": f"invite:{with_mail.pk}"})
    assert said(response) == ["An invitation goes to jo@mail.example."]
    desk.post(f"/admin/patients/patient/{adult.pk}/invite/", {"channel": "paper"})
    assert counts(desk.get(PAGE))["of_age"] == 0
