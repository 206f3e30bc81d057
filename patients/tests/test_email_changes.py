"""A new e-mail address of a patient's account: asked for with the password, and in force when it
is confirmed; at the page and at the API alike."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import EmailChange, OneTimeToken, User
from accounts.one_time import new_change_token, new_token
from accounts.services import email_changes, passwords
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from patients import services
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "ada@mail.example", "ada.new@mail.example"
ADDRESS = {"street": "Uferweg 7", "zip": "10115", "city": "Berlin", "country": "DE"}
DOORS = ("page", "api")


@pytest.fixture
def patient():
    return PatientFactory(
        with_account=True,
        email=OLD,
        phone="+4930901820",
        email_verified_at=timezone.now() - timedelta(days=1),
        **ADDRESS,
    )


@pytest.fixture
def ask(api, patient):
    """`ask(door, email, password)` asks for a new address; the fields that are faulty."""

    def send(door: str, email: str, password: str | None, **more) -> list[str]:
        given = {"email": email} | ({"current_password": password} if password else {}) | more
        if door == "page":
            given = ADDRESS | {"state": "", "phone": "+4930901820", "language": "en"} | given
            answer = signed_in(patient.user).post("/me/profile/change/", given)
            if answer.status_code == 302:
                return []
            return list(answer.context["form"].errors)
        path = f"/api/v1/patient/profile/{patient.pk}"
        answer = api(patient.user).patch(path, given, format="json")
        return [] if answer.status_code == 200 else list(answer.json()["errors"])

    return send


def addresses(patient: Patient) -> tuple[str, str, str]:
    patient = Patient.objects.select_related("user").get(pk=patient.pk)
    return patient.email, patient.user.email, patient.user.pending_email


def token_of(user: User) -> str:
    return new_change_token(EmailChange.objects.get(user=user))


def told() -> dict[str, str]:
    return {owed.event.partition(":")[0]: owed.recipient for owed in Notification.objects.all()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", DOORS)
def test_from_asking_to_signing_in(api, client, patient, ask, door):
    with transaction.atomic():
        dead = new_token(patient.user, OneTimeToken.Purpose.RESET_PASSWORD)

    assert ask(door, "Ada.New@mail.example", PASSWORD) == []
    assert addresses(patient) == (OLD, OLD, NEW)
    assert told() == {"confirm_email": NEW, "email_change_asked": OLD}
    page = signed_in(patient.user).get("/me/profile/").content.decode()
    assert f"<strong>{NEW}</strong> to be confirmed" in page
    profile = api(patient.user).get(f"/api/v1/patient/profile/{patient.pk}").json()["data"]
    assert (profile["email"], profile["pending_email"]) == (OLD, NEW)

    run_due_jobs()
    [body] = [sent.body for sent in mail.outbox if sent.to == [NEW]]
    token = re.search(r"/confirm-email/\?token=([\w-]{43})\s", body)[1]
    assert token not in str(list(EmailChange.objects.values()))
    if door == "page":
        assert client.get("/confirm-email/", {"token": token})["Location"] == "/confirm-email/"
        assert addresses(patient) == (OLD, OLD, NEW)  # Opening the page changes nothing.
        assert client.get("/confirm-email/").status_code == 200
        assert client.post("/confirm-email/")["Location"] == "/me/"
        assert client.post("/confirm-email/").status_code == 410
    else:
        done = api().post("/api/v1/patient/verify-email", {"token": token}, format="json")
        assert (done.status_code, done.json()["data"]["email"]) == (200, NEW)

    assert addresses(patient) == (NEW, NEW, "")
    patient.refresh_from_db()
    assert timezone.now() - patient.email_verified_at < timedelta(minutes=1)
    assert told()["email_changed"] == OLD
    assert "verify_email" not in told()
    sign_in = {"email": NEW, "password": PASSWORD}
    assert api().post("/api/v1/patient/login", sign_in, format="json").status_code == 200
    with pytest.raises(ValidationError):
        passwords.reset(dead, "Another-horse-77")


@pytest.mark.parametrize("door", DOORS)
def test_the_password_is_asked_for_and_the_rest_is_saved_at_once(patient, ask, door):
    for wrong in (None, "Wrong-horse-9"):
        assert ask(door, NEW, wrong) == ["current_password"]
    assert addresses(patient) == (OLD, OLD, "")
    city = {"city": "Potsdam"} if door == "page" else {"address": {"city": "Potsdam"}}
    assert ask(door, OLD, None, **city) == []
    assert Patient.objects.get().city == "Potsdam"
    assert not Notification.objects.exists()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("known", ["patient", "staff"])
def test_a_known_address(settings, patient, ask, door, known):
    """It is told, or where that is concealed, told to whoever reads its mails alone."""
    (PatientFactory if known == "patient" else UserFactory)(email=NEW)
    assert ask(door, NEW, PASSWORD) == ["email"]
    assert not EmailChange.objects.exists()

    settings.DUPLICATE_REGISTRATION = "conceal"
    assert ask(door, NEW, PASSWORD) == []
    assert addresses(patient) == (OLD, OLD, NEW)
    with pytest.raises(ValidationError) as refused:
        services.confirm_address(token_of(patient.user))
    assert list(refused.value.error_dict) == ["email"]
    assert addresses(patient) == (OLD, OLD, NEW)


def test_of_two_accounts_one_gets_the_address(client):
    one, other = PatientFactory.create_batch(2, with_account=True)
    for each in (one, other):
        email_changes.begin(each.user, NEW)
    services.confirm_address(token_of(one.user))

    client.get("/confirm-email/", {"token": token_of(other.user)})
    answer = client.post("/confirm-email/")

    assert answer.status_code == 410
    assert "belongs to another account by now" in answer.content.decode()
    assert addresses(one) == (NEW, NEW, "")
    assert addresses(other)[:2] == (other.email, other.email)


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once():
    pair = PatientFactory.create_batch(2, with_account=True)
    tokens = [token_of(email_changes.begin(each.user, NEW).user) for each in pair]

    def confirm(token: str) -> list[str]:
        try:
            services.confirm_address(token)
        except ValidationError as error:
            return list(error.error_dict)
        finally:
            connection.close()
        return []

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, tokens)) == [[], ["email"]]
    assert Patient.objects.filter(email=NEW).count() == 1


@pytest.mark.parametrize("how", ["desk", "password", "another", "given up", "closed", "week"])
def test_what_ends_the_waiting(patient, how):
    email_changes.begin(patient.user, NEW)
    token = token_of(patient.user)
    match how:
        case "desk":
            record = Patient.objects.get(pk=patient.pk)
            record.email = "desk@mail.example"
            services.change(record, by=UserFactory())
        case "password":
            passwords.set_password(patient.user, "Another-horse-77", keep=None)
        case "another":
            email_changes.begin(patient.user, "third@mail.example")
        case "given up":
            response = signed_in(patient.user).post("/me/email/cancel/")
            assert said(response) == ["Your e-mail address stays as it is."]
        case "closed":
            User.objects.update(is_active=False)
        case "week":
            EmailChange.objects.update(expires_at=timezone.now())

    with pytest.raises(ValidationError) as refused:
        services.confirm_address(token)

    assert list(refused.value.error_dict) == ["token"]
    assert Patient.objects.get().email != NEW


def test_a_merge_ends_the_waiting(patient):
    email_changes.begin(patient.user, NEW)
    services.merge(PatientFactory(with_account=True), patient, by=UserFactory())

    assert not EmailChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_link_is_sent_again_until_the_mailbox_has_enough(client, api, patient):
    email_changes.begin(patient.user, NEW)
    client = signed_in(patient.user)
    answers = [said(client.post("/me/email/resend/"))[-1] for _ in range(6)]
    api().post("/api/v1/patient/resend-verification", {"email": NEW}, format="json")
    run_due_jobs()

    assert ["on its way to" in answer for answer in answers] == [True] * 4 + [False] * 2
    assert "wait an hour" in answers[-1]
    assert len(mail.outbox) == 6  # Five to the new address, one to the old.
    email_changes.forget(patient.user)
    assert "No new e-mail address waits" in said(client.post("/me/email/resend/"))[-1]
