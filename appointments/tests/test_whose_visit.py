"""Whose visit is it? The patients' pages of somebody who acts for others."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from appointments.forms.own_visits import REASONS
from appointments.models import Appointment, WaitlistEntry
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import confirm_path, free_times, starts, text_of, working_doctor
from patients import services
from patients.models import Patient, RelatedPerson
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.registration import born
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db
WHOSE = "/me/whose/"
OF_A_PERSON = (
    "/me/",
    "/me/visits/past/",
    "/me/book/",
    "/me/profile/",
    "/me/profile/change/",
    "/me/people/",
    "/me/access/",
)


@pytest.fixture
def mother():
    return guardian(first_name="Marmee", last_name="March")


@pytest.fixture
def jo(mother):
    return child_of(mother, first_name="Jo", last_name="March")


@pytest.fixture
def site(mother):
    return signed_in(mother.user)


def choose(site, patient: Patient, **more):
    return site.post(WHOSE, {"patient": str(patient.pk), **more})


def shown_of(site, path: str) -> Patient:
    return site.get(path).wsgi_request.chosen


def test_nobody_is_asked_who_acts_for_nobody(site):
    for path in (*OF_A_PERSON, "/password/change/", "/me/sign-ins/"):
        response = site.get(path)
        assert response.status_code == 200, path
        assert "Whose visit is it?" not in text_of(response), path


def test_every_page_is_of_the_person_chosen_and_noted_so(site, mother, jo):
    visit = AppointmentFactory(patient=jo)
    AppointmentFactory(patient=mother, starts_at=visit.starts_at + timedelta(hours=2))
    assert choose(site, jo)["Location"] == "/me/"
    known = AccessLog.objects.count()
    for path in OF_A_PERSON:
        page = site.get(path)
        assert page.status_code == 200, path
        assert page.wsgi_request.chosen == jo, path
        assert "Whose visit is it?" in text_of(page), path
        name = "<h1><bdi>Jo March</bdi>" if path == "/me/" else "For <strong><bdi>Jo March</bdi>"
        assert name in text_of(page), path
    rows = list(AccessLog.objects.order_by("at"))[known:]
    assert {(row.user_id, *row.patients) for row in rows} == {(mother.user_id, jo.pk)}
    home = text_of(site.get("/me/"))
    assert jo.record_number in home
    assert mother.record_number not in home
    assert home.count("row-visit") == 1

    assert choose(site, mother)["Location"] == "/me/"
    assert shown_of(site, "/me/") == mother


def test_the_pages_of_the_account_stay_ones_own(site, mother, jo):
    choose(site, jo)
    assert site.get("/me/phone/").context["patient"] == mother
    page = site.get("/me/sign-ins/")
    assert "For <strong>" not in text_of(page)
    assert 'aria-pressed="true"><bdi>Jo March</bdi>' in text_of(page)  # Whose they are after it.
    site.post("/me/email/cancel/")
    assert shown_of(site, "/me/") == jo


def test_a_visit_is_booked_moved_and_cancelled_for_the_child(site, mother, jo):
    doctor = working_doctor()
    slot, other = free_times(doctor)[:2]
    choose(site, jo)
    page = site.get(confirm_path(slot))
    assert "<dt>For</dt><dd><bdi>Jo March</bdi></dd>" in text_of(page)
    done = site.post(confirm_path(slot), {"reason": "Cough", "whose": str(jo.pk)})
    visit = Appointment.objects.get()
    assert (visit.patient, visit.created_by) == (jo, mother.user)
    assert said(site.get(done["Location"])) == ["The visit of Jo March is booked."]
    place = f"?doctor={doctor.pk}&starts={starts(other.starts_at)}"
    moved = f"/me/visits/{visit.pk}/move/{place}"
    of_the_child = {
        f"/me/visits/{visit.pk}/": "The visit of Jo March",
        f"/me/visits/{visit.pk}/move/": "Move the visit of Jo March",
        moved: "Move the visit of Jo March to this time?",
        f"/me/visits/{visit.pk}/cancel/": "Cancel the visit of Jo March?",
        f"/me/waitlist/?doctor={doctor.pk}": "When could Jo March come?",
    }
    for address, words in of_the_child.items():
        page = text_of(site.get(address))
        assert words in page.replace("<bdi>", "").replace("</bdi>", "")
        assert not re.search(r"[Yy]our (visit|ID|photo)", page)
    site.post(moved, {"sequence": visit.sequence})
    visit.refresh_from_db()
    assert visit.starts_at == other.starts_at
    assert b"SUMMARY" in site.get(f"/me/visits/{visit.pk}/invite.ics").content
    site.post(f"/me/visits/{visit.pk}/cancel/", {"reason_code": REASONS[0][0], "reason": ""})
    visit.refresh_from_db()
    assert visit.status == "cancelled"
    wait = {"whose": str(jo.pk), "from_date": "2030-01-01", "to_date": "2030-02-01"}
    site.post(f"/me/waitlist/?doctor={doctor.pk}", wait)
    assert WaitlistEntry.objects.get().patient == jo
    told = said(site.get("/me/"))
    assert told[-1] == f"Jo March is on the waitlist for {doctor}. We write to you."
    left = site.post(f"/me/waitlist/{WaitlistEntry.objects.get().pk}/leave/")
    assert said(site.get(left["Location"]))[-1] == f"Jo March is off the waitlist for {doctor}."


def test_a_form_is_for_whom_it_was_opened(site, mother, jo):
    """In another window, the own pages were chosen meanwhile."""
    slot = free_times(working_doctor())[0]
    choose(site, jo)
    site.get(confirm_path(slot))
    choose(site, mother)
    site.post(confirm_path(slot), {"reason": "", "whose": str(jo.pk)})
    assert Appointment.objects.get().patient == jo


def test_a_link_to_a_visit_opens_with_its_patient(site, mother, jo):
    visit, own = AppointmentFactory(patient=jo), AppointmentFactory(patient=mother)
    assert shown_of(site, f"/me/visits/{visit.pk}/") == jo
    assert shown_of(site, "/me/") == jo
    assert shown_of(site, f"/me/visits/{own.pk}/cancel/") == mother
    assert shown_of(site, "/me/") == mother


@pytest.mark.parametrize("end", ["withdrawn", "of age", "over", "merged"])
def test_who_is_out_of_reach_is_so_at_the_next_request(site, mother, jo, end):
    slot = free_times(working_doctor())[0]
    visit = AppointmentFactory(patient=jo)
    choose(site, jo)
    if end == "withdrawn":
        services.withdraw(jo.related_persons.get(), by=mother.user)
    elif end == "of age":
        Patient.objects.filter(pk=jo.pk).update(date_of_birth=birthday(18))
    elif end == "over":
        yesterday = timezone.localdate() - timedelta(days=1)
        RelatedPerson.objects.update(valid_until=yesterday)
    else:
        Patient.objects.filter(pk=jo.pk).update(merged_into=PatientFactory())

    assert site.get(f"/me/visits/{visit.pk}/").status_code == 404
    sent = site.post(confirm_path(slot), {"reason": "", "whose": str(jo.pk)})
    assert sent["Location"] == "/me/"
    assert not Appointment.objects.exclude(pk=visit.pk).exists()
    home = site.get("/me/")
    assert home.wsgi_request.chosen == mother
    assert "You don't act for that person any more" in " ".join(said(home))
    assert said(site.get("/me/")) == []


def test_one_who_is_looked_at_falls_back_to_oneself_with_a_word(site, mother, jo):
    choose(site, jo)
    services.withdraw(jo.related_persons.get(), by=mother.user)
    page = site.get("/me/book/")
    assert page.wsgi_request.chosen == mother
    assert said(page) == ["You don't act for that person any more. These pages are your own."]


def test_a_strangers_key_is_answered_as_an_unknown_one(site, jo):
    stranger, answers = PatientFactory(), []
    for key in (stranger.pk, uuid4(), "none"):
        answer = site.post(WHOSE, {"patient": str(key)})
        assert answer.status_code == 404
        answers.append(text_of(answer).split("<main")[1])
    assert len({*answers}) == 1
    refused = [
        site.post("/me/download/", {"whose": str(key)}).headers["Location"]
        for key in (stranger.pk, uuid4())
    ]
    assert refused == ["/me/", "/me/"]
    assert not AccessLog.objects.filter(patients__contains=[stranger.pk]).exists()


def test_choosing_leads_back_where_each_has_such_a_page(site, mother, jo):
    visit = AppointmentFactory(patient=mother)
    for before, after in (
        ("/me/book/?q=skin", "/me/book/?q=skin"),
        ("/me/sign-ins/", "/me/sign-ins/"),
        (f"/me/visits/{visit.pk}/", "/me/"),
        ("https://evil.example/me/", "/me/"),
        ("//evil.example/me/", "/me/"),
        ("/admin/", "/me/"),
    ):
        assert choose(site, jo, next=before)["Location"] == after


def test_photo_export_and_details_are_those_of_the_child(site, mother, jo):
    choose(site, jo)
    site.post("/me/photo/replace/", {"whose": str(jo.pk), "document_photo": upload()})
    jo.refresh_from_db()
    assert jo.document.uploaded_by == mother.user
    assert site.get("/me/photo/").status_code == 200
    data = json.loads(site.post("/me/download/", {"whose": str(jo.pk)}).content)
    assert data["record"]["record_number"] == jo.record_number
    assert mother.email not in json.dumps({**data, "access_log": [], "notifications": []})
    copy = site.post("/me/download/", {"whose": str(jo.pk), "form": "readable"})
    assert "The data of Jo March" in text_of(copy)

    form = site.get("/me/profile/change/").context["form"]
    assert not {"email", "phone", "current_password", "language"} & {*form.fields}
    sent = {name: form[name].value() or "" for name in form.fields}
    address = {"street": "Am Wall 1", "zip": "28195", "city": "Bremen", "country": "DE"}
    answer = site.post(
        "/me/profile/change/",
        sent | address | {"preferred_name": "Josy", "state": "", "whose": str(jo.pk)},
    )
    assert answer.status_code == 302, answer.context["form"].errors
    jo.refresh_from_db()
    assert (jo.city, jo.called) == ("Bremen", "Josy March")
    mother.refresh_from_db()
    assert mother.city != "Bremen"


CHILD = {"first_name": "Amy", "last_name": "March", "relationship": "parent", "consent": "on"}


def test_a_parent_registers_a_child_and_books(site, mother):
    done = site.post("/me/people/add/", CHILD | born(birthday(6)))
    assert done["Location"] == "/me/"
    amy = Patient.objects.get(first_name="Amy")
    home = site.get("/me/")
    assert home.wsgi_request.chosen == amy
    assert said(home) == ["Amy is registered. You can book visits for Amy now."]
    assert amy.consented_at is not None
    again = site.post("/me/people/add/", CHILD | born(birthday(6)))
    assert "You have registered this person already." in text_of(again)


def test_anybody_else_waits_for_the_desk(site, mother):
    sent = CHILD | born(birthday(80)) | {"relationship": "child"}
    done = site.post("/me/people/add/", sent)
    assert done["Location"] == "/me/people/"
    page = text_of(site.get("/me/people/"))
    assert "Waits for the front desk" in page
    assert "Whose visit is it?" not in page
    amy = Patient.objects.get(first_name="Amy")
    assert choose(site, amy).status_code == 404
    services.confirm(amy.related_persons.get(), by=UserFactory())
    assert choose(site, amy)["Location"] == "/me/"


def test_what_is_missing_is_said_beside_each_field(site):
    page = text_of(site.post("/me/people/add/", {}))
    for sentence in (
        "Enter the last name.",
        "Enter the date of birth: day, month and year.",
        "Choose one.",
        "Please agree to the privacy notice to register somebody.",
    ):
        assert sentence in page
    late = CHILD | born(timezone.localdate() + timedelta(days=1))
    assert "must be in the past" in text_of(site.post("/me/people/add/", late))


def test_two_parents_see_the_same_child_and_each_withdraws_the_own_word(site, mother, jo):
    father = guardian(first_name="Robert")
    by_father = related(jo, father)
    visit = AppointmentFactory(patient=jo)
    for parent in (site, signed_in(father.user)):
        assert parent.get(f"/me/visits/{visit.pk}/").status_code == 200
    page = text_of(site.get("/me/people/"))
    assert "Robert" in page
    assert site.get(f"/me/people/{by_father.pk}/withdraw/").status_code == 404

    own = jo.related_persons.get(related_patient=mother)
    assert "Stop acting for" in text_of(site.get(f"/me/people/{own.pk}/withdraw/"))
    assert RelatedPerson.objects.filter(pk=own.pk).exists()  # Asked first.
    site.post(f"/me/people/{own.pk}/withdraw/")
    assert shown_of(site, "/me/") == mother
    assert list(jo.related_persons.all()) == [by_father]


def test_an_adult_sees_and_withdraws_who_acts(mother):
    beth = guardian(first_name="Beth", date_of_birth=birthday(30))
    relation = related(beth, mother, confirmed_at=timezone.now(), gets_messages=True)
    site = signed_in(beth.user)
    page = text_of(site.get("/me/people/"))
    assert "Marmee March" in page
    assert "Sees and books the visits. Gets the mails and texts." in page
    asked = text_of(site.get(f"/me/people/{relation.pk}/withdraw/"))
    assert "Shall <bdi>Marmee March</bdi> no longer act for you?" in asked
    assert said(site.get(site.post(f"/me/people/{relation.pk}/withdraw/")["Location"])) == [
        "It is withdrawn."
    ]
    assert not signed_in(mother.user).get("/me/").wsgi_request.session.get("whose")
    assert not RelatedPerson.objects.exists()
