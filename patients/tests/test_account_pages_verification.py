"""Confirming an e-mail address and a phone number on the web."""

import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import one_time
from accounts.models import OneTimeToken, PhoneCode
from accounts.tasks import send_email_link
from accounts.tests.console import said, signed_in
from clinic.mail import owe
from clinic.tests.jobs import run_due_jobs
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
by_worker = pytest.mark.django_db(transaction=True)

LINK, PHONE = "/verify-email/", "/me/phone/"


@pytest.fixture
def patient():
    return PatientFactory(with_account=True, email="ada@mail.example")


def token_of(patient: Patient) -> str:
    return one_time.new_token(patient.user, OneTimeToken.Purpose.VERIFY_EMAIL)


def is_verified(patient: Patient, contact: str = "email") -> bool:
    patient.refresh_from_db()
    return getattr(patient, f"{contact}_verified_at") is not None


def test_the_links_page_has_a_button_and_changes_nothing_itself(client, patient):
    token = token_of(patient)

    opened = client.get(LINK, {"token": token})
    page = client.get(opened["Location"])
    client.head(LINK, {"token": token})

    assert opened["Location"] == LINK
    assert token not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert "Confirm my e-mail address" in page.content.decode()
    assert not is_verified(patient)

    response = client.post(LINK)

    assert response["Location"] == "/me/"
    assert is_verified(patient)
    assert client.cookies["link"].value == ""
    assert "Your e-mail address is confirmed" in client.get("/sign-in/").content.decode()


def test_a_link_works_once(client, patient):
    token = token_of(patient)
    for status in (302, 410):
        client.get(LINK, {"token": token})
        assert client.post(LINK).status_code == status


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "x" * 5000])
def test_links_that_are_none(client, patient, token):
    client.get(LINK, {"token": token})

    response = client.post(LINK)

    assert response.status_code == 410
    assert "work any more" in response.content.decode()
    assert not is_verified(patient)


def test_a_link_to_choose_a_password_verifies_nothing(client, patient):
    reset = one_time.new_token(patient.user, OneTimeToken.Purpose.RESET_PASSWORD)
    client.get(LINK, {"token": reset})

    assert client.post(LINK).status_code == 410
    assert not is_verified(patient)


def test_having_the_mail_sent_again(patient, settings):
    client = signed_in(patient.user)

    response = client.post("/me/resend-verification/", follow=True)

    assert "A new mail is on its way to ada@mail.example." in response.content.decode()
    assert ProcrastinateJob.objects.get().task_name == "accounts.resend_email_link"
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"resend": "1/h"}
    assert [client.post("/me/resend-verification/").status_code for _ in range(2)] == [302, 429]


def test_confirming_the_phone_number(patient):
    client = signed_in(patient.user)
    assert client.post("/me/phone/send-code/")["Location"] == PHONE
    assert ProcrastinateJob.objects.get().task_name == "accounts.send_phone_code"
    code = one_time.new_code(patient.user, str(patient.phone))
    wrong = f"{(int(code) + 1) % 10**6:06d}"

    refused = client.post(PHONE, {"code": wrong})

    assert "This code is not right." in refused.content.decode()
    assert not is_verified(patient, "phone")

    response = client.post(PHONE, {"code": f" {code[:3]} {code[3:]} "})

    assert response["Location"] == "/me/"
    assert is_verified(patient, "phone")
    assert client.get(PHONE)["Location"] == "/me/"
    assert not PhoneCode.objects.exists()


@pytest.mark.parametrize("code", ["", " ", "12345678901234567890123", "\x00", "١٢٣٤٥٦"])
def test_codes_that_are_none(patient, code):
    one_time.new_code(patient.user, str(patient.phone))

    response = signed_in(patient.user).post(PHONE, {"code": code})

    assert response.status_code == 200
    assert re.search(r'<ul class="errorlist" id="id_code_error">', response.content.decode())


def test_where_the_clinic_sends_no_text_messages(patient, settings):
    settings.SMS_BACKEND = ""
    client = signed_in(patient.user)
    assert "Send me a code" not in client.get("/me/").content.decode()

    response = client.post("/me/phone/send-code/", follow=True)

    assert "sends no text messages" in response.content.decode()
    assert not ProcrastinateJob.objects.exists()


@by_worker
@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("never", "No code that works still has been sent"),
        ("asked", "A code is on its way"),
        ("sent", "We sent a code to"),
        ("gateway down", "No code that works still has been sent"),
        ("another number", "No code that works still has been sent"),
        ("no gateway", "We send no text messages at the moment"),
    ],
)
def test_a_code_is_on_its_way_only_where_it_is(patient, settings, case, words):
    client = signed_in(patient.user)
    if case == "gateway down":
        settings.SMS_BACKEND = "clinic.sms.http.Backend"
        settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/"
    if case == "no gateway":
        settings.SMS_BACKEND = ""
    elif case != "never":
        client.post("/me/phone/send-code/")
    if case in ("sent", "gateway down", "another number"):
        run_due_jobs()
    if case == "gateway down":  # It is a while ago.
        session = client.session
        session["phone_code_asked"] -= 61
        session.save()
    if case == "another number":
        client = signed_in(patient.user)
        Patient.objects.update(phone="+4930901999")

    page = client.get(PHONE).content.decode()

    assert words in page
    assert ("send-code" in page) is (case != "no gateway")


@pytest.mark.parametrize("door", ["page", "api"])
def test_too_many_codes_are_told_of(patient, settings, api, door):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"phone_code": "1/h"}
    client = signed_in(patient.user) if door == "page" else api(patient.user)
    path = "/me/phone/send-code/" if door == "page" else "/api/v1/patient/send-phone-code"
    first, second = (client.post(path) for _ in range(2))

    assert (first.status_code, second.status_code) == (302 if door == "page" else 200, 429)
    assert door == "api" or "No code was sent: you have asked for many" in second.content.decode()
    assert ProcrastinateJob.objects.count() == 1


def test_a_mail_is_on_its_way_only_where_it_is(patient):
    event = "verify_email:{}"
    for number in range(5):
        owe(event.format(number), patient.email, patient.user.pk, send_email_link)
    client = signed_in(patient.user)

    assert "wait an hour" in said(client.post("/me/resend-verification/"))[0]
    Patient.objects.update(email_verified_at="2026-01-01T00:00Z")
    assert "confirmed already" in said(client.post("/me/resend-verification/"))[-1]
    assert not ProcrastinateJob.objects.filter(task_name="accounts.resend_email_link").exists()
