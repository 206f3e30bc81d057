"""The page on which people sign in, and signing out."""

import re

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import SignIn
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

URL = "/sign-in/"
REFUSED = "This e-mail address and password don't open an account here."


def given(**changes) -> dict:
    return {"email": "ann@mail.example", "password": PASSWORD} | changes


def patient_account(**fields):
    return UserFactory(**{"email": "ann@mail.example", "role": Role.PATIENT} | fields)


def test_a_patient_signs_in(client):
    user = patient_account()

    response = client.post(URL, given(email=" Ann@Mail.example"))

    assert (response.status_code, response["Location"]) == (302, "/me/")
    assert "no-store" in response["Cache-Control"]
    sign_in = SignIn.objects.get()
    assert (sign_in.user, sign_in.door, sign_in.address) == (user, "web", "127.0.0.1")
    page = client.get("/").content.decode()
    assert 'href="/me/"' in page
    assert 'action="/sign-out/"' in page


@pytest.mark.parametrize("role", Role.staff())
def test_staff_are_led_to_the_console(client, role):
    patient_account(role=role)

    assert client.post(URL, given())["Location"] == "/admin/"
    assert client.get(URL)["Location"] == "/admin/"
    assert 'href="/admin/"' in client.get("/").content.decode()


def test_staff_without_the_second_factor_they_need_are_not_in(client, settings):
    settings.MFA_REQUIRED_ROLES = ["admin"]
    patient_account(role=Role.ADMIN)

    response = client.post(URL, given())

    assert response["Location"].startswith("/admin/")
    assert not SignIn.objects.exists()
    assert client.get("/me/sign-ins/")["Location"] == "/sign-in/?next=/me/sign-ins/"


def test_every_refusal_is_the_same(client):
    patient_account()
    patient_account(email="gone@mail.example", is_active=False)
    patient_account(email="none@mail.example", password="!")
    tries = [
        given(password="Wrong-horse-9"),
        given(email="nobody@mail.example"),
        given(email="gone@mail.example"),
        given(email="none@mail.example"),
    ]

    answers = [client.post(URL, data) for data in tries]

    pages = [
        re.sub(r'value="[^"]*"', "", answer.content.decode()).replace(data["email"], "")
        for answer, data in zip(answers, tries, strict=True)
    ]
    assert len(set(pages)) == 1
    assert escape(REFUSED) in pages[0]
    assert {answer.status_code for answer in answers} == {200}
    assert PASSWORD not in answers[1].content.decode()
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "ann@"}, "Enter an e-mail address such as"),
        ({"password": ""}, "Enter your password."),
        ({"password": "x" * 4097}, "at most 4096 characters"),
        ({"password": "a\x00b"}, "Null characters"),
    ],
)
def test_a_fault_stands_beside_its_field(client, changes, sentence):
    page = client.post(URL, given(**changes)).content.decode()

    [name] = changes
    listed = re.search(rf'<ul class="errorlist" id="id_{name}_error"><li>(.*?)</li>', page)
    assert sentence in listed.group(1)
    assert "Please check: Sign in" in page


@pytest.mark.parametrize(
    ("wanted", "role", "led_to"),
    [
        ("/me/access/", Role.PATIENT, "/me/access/"),
        ("/admin/", Role.PATIENT, "/me/"),
        ("/admin/patients/patient/", Role.RECEPTIONIST, "/admin/patients/patient/"),
        ("https://evil.example/me/", Role.PATIENT, "/me/"),
        ("//evil.example/me/", Role.PATIENT, "/me/"),
        ("/\\evil.example", Role.PATIENT, "/me/"),
        ("javascript:alert(1)", Role.PATIENT, "/me/"),
        ("\x00", Role.PATIENT, "/me/"),
        ("", Role.PATIENT, "/me/"),
    ],
)
def test_the_page_that_was_asked_for_comes_next_if_it_is_ours(client, wanted, role, led_to):
    patient_account(role=role)
    page = client.get(URL, {"next": wanted}).content.decode()
    assert f'name="next" value="{escape(wanted)}"' in page

    assert client.post(URL, given(next=wanted))["Location"] == led_to


def test_the_session_gets_another_key(client):
    user = patient_account()
    client.force_login(patient_account(email="other@mail.example"))
    before = client.session.session_key
    client.post("/sign-out/")

    client.post(URL, given())

    assert client.session.session_key != before
    assert SignIn.objects.live().get().user == user


def test_too_many_requests_from_one_address(client, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login": "1/m"}
    patient_account()
    client.post(URL, given(password="x"))

    response = client.post(URL, given())

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert not SignIn.objects.exists()


def test_an_account_is_locked_after_too_many_wrong_passwords(client, settings):
    settings.LOGIN_FAILURES_PER_ACCOUNT = 3
    patient_account()
    for _ in range(3):
        client.post(URL, given(password="Wrong-horse-9"))

    response = client.post(URL, given())

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Signing in is locked" in response.content.decode()
    assert not SignIn.objects.exists()


def test_signing_out():
    client = signed_in(Role.PATIENT)
    assert client.get("/sign-out/").status_code == 405

    response = client.post("/sign-out/", follow=True)

    assert "You are signed out." in response.content.decode()
    assert SignIn.objects.get().ended_because == "signed_out"
    assert client.get("/me/")["Location"] == "/sign-in/?next=/me/"


def test_forms_of_others_are_refused():
    patient_account()
    client = Client(enforce_csrf_checks=True)

    assert client.post(URL, given()).status_code == 403
    assert client.post("/sign-out/").status_code == 403
