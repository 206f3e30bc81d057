"""A form that is sent after its session has ended comes back with all that was typed."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import SignIn
from accounts.services import sign_ins
from accounts.tests.codes import code_of, with_factor
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.tests.factories import AppointmentFactory
from doctors.models import WorkingHours
from doctors.tests.factories import DoctorFactory, WorkingHoursFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/"
NOT_SAVED = "This is what you had typed."


@pytest.fixture
def user():
    return UserFactory(role="receptionist")


@pytest.fixture
def desk(user):
    return signed_in(user)


@pytest.fixture
def patient():
    return PatientFactory(first_name="Grace", city="Berlin")


def form_of(client: Client, page: str) -> dict:
    """The fields of the console's form, as a browser would send them."""
    context = client.get(page).context
    forms = [
        context["adminform"].form,
        *(each.formset for each in context["inline_admin_formsets"]),
    ]
    fields = {}
    for form in forms:
        parts = [form.management_form, *form.forms] if hasattr(form, "forms") else [form]
        for part in parts:
            fields |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {
        name: value
        for name, value in fields.items()
        if value or (value == 0 and value is not False)
    }


def rest() -> None:
    """Nobody has used any sign-in for long."""
    SignIn.objects.update(last_used_at=timezone.now() - timedelta(hours=2))


def log_in(client: Client, user, page: str):
    fields = {"username": user.email, "password": PASSWORD, "next": page}
    return client.post(f"{LOG_IN}?next={quote(page)}", fields)


def page_of(patient) -> str:
    return f"/admin/patients/patient/{patient.pk}/change/"


def test_the_log_in_says_why_and_leads_back_to_all_that_was_typed(desk, user, patient):
    page = page_of(patient)
    typed = form_of(desk, page) | {"city": "Potsdam", "medical_history": "Hay fever."}
    rest()

    sent = desk.post(page, typed)
    assert sent.status_code == 302
    entry = desk.get(sent["Location"]).content.decode()
    assert "You were signed out after 60 minutes without use." in entry
    assert "what you typed is kept" in entry
    (session,) = Session.objects.all()
    assert "Potsdam" not in str(session.get_decoded())

    assert log_in(desk, user, page)["Location"] == page
    shown = desk.get(page)
    assert shown.status_code == 200
    assert NOT_SAVED in shown.content.decode()
    assert 'value="Potsdam"' in shown.content.decode()
    assert "Hay fever." in shown.content.decode()
    patient.refresh_from_db()
    assert patient.city == "Berlin"

    assert 'value="Berlin"' in desk.get(page).content.decode()  # Shown once.
    assert desk.post(page, typed).status_code == 302
    patient.refresh_from_db()
    assert (patient.city, patient.medical_history) == ("Potsdam", "Hay fever.")


def test_the_next_person_at_the_desk_sees_nothing_of_it(desk, user, patient):
    page = page_of(patient)
    typed = form_of(desk, page) | {"city": "Potsdam"}
    rest()
    desk.post(page, typed)

    log_in(desk, UserFactory(role="receptionist"), page)
    assert "Potsdam" not in desk.get(page).content.decode()
    log_in(desk, user, page)
    assert "Potsdam" not in desk.get(page).content.decode()


def test_with_a_second_factor_between(patient):
    user = with_factor(UserFactory(role="receptionist"))
    desk, page = signed_in(user), page_of(patient)
    typed = form_of(desk, page) | {"city": "Potsdam"}
    sign_ins.end_all(user, SignIn.Ended.BY_USER)

    assert (
        "Your sign-in was ended." in desk.get(desk.post(page, typed)["Location"]).content.decode()
    )
    assert log_in(desk, user, page)["Location"] == "/admin/login/code/"
    assert desk.post("/admin/login/code/", {"code": code_of(user)})["Location"] == page
    assert 'value="Potsdam"' in desk.get(page).content.decode()


def test_it_is_forgotten_after_an_hour(desk, user, patient):
    page = page_of(patient)
    typed = form_of(desk, page) | {"city": "Potsdam"}
    rest()
    desk.post(page, typed)
    session = desk.session
    session["kept_forms"] = [
        form | {"until": form["until"] - 3601} for form in session["kept_forms"]
    ]
    session.save()

    log_in(desk, user, page)
    assert "Potsdam" not in desk.get(page).content.decode()


def test_secrets_and_huge_forms_are_not_kept(desk, user):
    rest()
    page = "/password/change/"
    words = {"current_password": PASSWORD, "new_password": "Other-horse-77"}
    entry = desk.get(desk.post(page, words)["Location"]).content.decode()
    assert "what you typed is kept" not in entry
    desk.post("/me/profile/change/", {"city": "x" * 100_000})
    assert "kept_forms" not in desk.session


def test_another_tab_that_notices_the_end_first_takes_nothing_away(desk, user, patient):
    page = page_of(patient)
    typed = form_of(desk, page) | {"city": "Potsdam"}
    rest()
    desk.get("/admin/board/", HTTP_X_BACKGROUND="1")
    desk.post(page, typed)

    log_in(desk, user, page)
    assert 'value="Potsdam"' in desk.get(page).content.decode()


def tokens(client: Client, page: str) -> str:
    return str(client.get(page).context["csrf_token"])


def test_signed_in_again_in_another_tab(user, patient):
    """The form's token is that of the session before."""
    desk = Browser(enforce_csrf_checks=True)
    page = page_of(patient)
    log_in_checked(desk, user, page)
    typed = form_of(desk, page) | {"city": "Potsdam", "csrfmiddlewaretoken": tokens(desk, page)}
    rest()
    log_in_checked(desk, user, page)

    sent = desk.post(page, typed)
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert 'value="Potsdam"' in desk.get(page).content.decode()
    patient.refresh_from_db()
    assert patient.city == "Berlin"


def test_what_somebody_else_left_open_is_refused(user, patient):
    desk = Browser(enforce_csrf_checks=True)
    page = page_of(patient)
    log_in_checked(desk, user, page)
    typed = form_of(desk, page) | {"city": "Potsdam", "csrfmiddlewaretoken": tokens(desk, page)}
    rest()
    log_in_checked(desk, UserFactory(role="receptionist"), page)

    assert desk.post(page, typed).status_code == 403
    assert "Potsdam" not in desk.get(page).content.decode()


def log_in_checked(client: Client, user, page: str) -> None:
    entry = f"{LOG_IN}?next={quote(page)}"
    client.get(page)
    fields = {"username": user.email, "password": PASSWORD, "next": page}
    client.post(entry, fields | {"csrfmiddlewaretoken": tokens(client, entry)})


def test_what_another_site_sends_is_not_kept(user, patient):
    desk = Browser(enforce_csrf_checks=True)
    page = page_of(patient)
    log_in_checked(desk, user, page)
    rest()
    log_in_checked(desk, user, page)
    for token in ("", "a" * 64):
        sent = desk.post(page, {"city": "Potsdam", "csrfmiddlewaretoken": token})
        assert sent.status_code == 403


def test_a_visits_page(desk, user):
    visit = AppointmentFactory()
    page = f"/admin/appointments/appointment/{visit.pk}/step/cancel/"
    rest()
    desk.post(page, {"reason": "A cold since Monday"})

    log_in(desk, user, page)
    shown = desk.get(page)
    assert "A cold since Monday" in shown.content.decode()
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_doctors_week():
    doctor, user = DoctorFactory(), UserFactory(role="admin")
    WorkingHoursFactory(doctor=doctor)
    desk, page = signed_in(user), f"/admin/doctors/doctor/{doctor.pk}/hours/"
    forms = desk.get(page).context["forms"]
    typed = {
        f"span-{name}": forms.management_form[name].value()
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    typed |= {"span-0-weekday": "2", "span-0-starts": "07:35", "span-0-ends": "11:05"}
    before = WorkingHours.objects.values_list("weekday", "starts")[0]
    rest()
    desk.post(page, typed)

    log_in(desk, user, page)
    shown = desk.get(page).content.decode()
    assert NOT_SAVED in shown
    assert "07:35" in shown
    assert WorkingHours.objects.values_list("weekday", "starts")[0] == before


def test_what_has_no_form_is_not_done_behind_ones_back(desk, user):
    """What only a button did is not repeated, and said to be open."""
    visit = AppointmentFactory.today()
    page = f"/admin/appointments/appointment/{visit.pk}/step/check_in/"
    rest()
    desk.post(page, {"sure": "1"})

    log_in(desk, user, page)
    shown = desk.get(page, follow=True)
    assert "Please try again." in shown.content.decode()
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_a_patients_own_page():
    patient = PatientFactory(with_account=True, language="de")
    client, page = signed_in(patient.user), "/me/profile/change/"
    rest()
    typed = {
        "email": patient.email,
        "phone": str(patient.phone),
        "street": "Seestraße 1",
        "zip": "1",
    }

    entry = client.get(client.post(page, typed)["Location"]).content.decode()
    assert "You were signed out" in entry
    sent = client.post("/sign-in/", {"email": patient.email, "password": PASSWORD, "next": page})
    assert sent["Location"] == page
    shown = client.get(page)
    assert "Seestraße 1" in shown.content.decode()
    assert shown.context["form"].non_field_errors()
