"""Passkeys: made, used alone and as a second factor, named, removed; and what is no passkey."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Passkey, RecoveryCode, SignIn
from accounts.roles import Role
from accounts.services import factors, passkeys
from accounts.tests.authenticator import PRESENT, Authenticator
from accounts.tests.codes import with_factor
from accounts.tests.console import Browser, said
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

OPTIONS, IN = "/passkeys/options/", "/passkeys/sign-in/"
OWN = "/me/second-factor/"
ADD, CONSOLE_ADD = f"{OWN}passkeys/add/", "/admin/account/passkeys/add/"


@pytest.fixture
def client():
    return Browser(HTTP_HOST="localhost")


@pytest.fixture
def patient():
    return PatientFactory(with_account=True).user


def asked(client, purpose: str) -> dict:
    response = client.post(OPTIONS, {"for": purpose})
    assert response.status_code == 200, response.content
    return response.json()


def with_passkey(client, user, address=ADD) -> Authenticator:
    """The user's device; the client is signed out again."""
    client.force_login(user)
    device = Authenticator()
    client.post(address, {"name": "Phone", "credential": device.make(asked(client, "add"))})
    assert Passkey.objects.filter(user=user).exists()
    client.logout()
    return device


def sign_in(client, device, **more):
    data = {"credential": device.sign(asked(client, "sign_in"), **more)}
    return client.post(IN, data)


def is_in(client, user) -> bool:
    home = "/admin/account/" if user.is_staff else "/me/"
    return client.get(home).status_code == 200


def test_a_patient_makes_one_and_signs_in_with_it_alone(client, patient):
    client.force_login(patient)
    device = Authenticator()
    options = asked(client, "add")
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"

    made = client.post(ADD, {"name": "Phone", "credential": device.make(options)})

    assert len(made.context["codes"]) == 10
    key = Passkey.objects.get()
    assert (key.user, key.name, bytes(key.credential_id)) == (patient, "Phone", device.id)
    assert Notification.objects.filter(event__startswith="passkey_added:").count() == 1
    client.logout()
    options = asked(client, "sign_in")
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    assert sign_in(client, device).headers["Location"] == "/me/"
    assert is_in(client, patient)
    assert SignIn.objects.latest("started_at").by_factor


def test_then_the_password_alone_opens_nothing_and_the_passkey_is_the_second_step(client, patient):
    device = with_passkey(client, patient)
    first = {"email": patient.email, "password": PASSWORD}

    step = client.post("/sign-in/", first).headers["Location"]
    assert step == "/sign-in/code/"
    assert not is_in(client, patient)
    assert client.post(step, {"credential": "{}"}).status_code == 200
    options = asked(client, "code")
    assert [one["id"] for one in options["allowCredentials"]] == [
        json.loads(device.sign(options))["id"]
    ]
    done = client.post(step, {"credential": device.sign(options)})

    assert done.headers["Location"] == "/me/"
    assert is_in(client, patient)


def test_the_api_takes_a_recovery_code_in_its_place(api, client, patient):
    with_passkey(client, patient)
    code = factors.new_recovery_codes(patient)[0]
    sent = {"username": patient.email, "password": PASSWORD}

    refused = api().post("/api/v1/auth/login", sent, format="json")
    assert refused.json()["code"] == "otp_required"
    assert api().post("/api/v1/auth/login", sent | {"otp": code}, format="json").status_code == 200
    for_patients = {"email": patient.email, "password": PASSWORD}
    refused = api().post("/api/v1/patient/login", for_patients, format="json")
    assert refused.json()["code"] == "otp_required"


def test_staff_whose_role_needs_a_factor_set_one_up_at_the_first_log_in(client, settings):
    settings.MFA_REQUIRED_ROLES = ["admin"]
    admin, device = UserFactory(role=Role.ADMIN), Authenticator()
    first = {"username": admin.email, "password": PASSWORD, "next": "/admin/account/"}

    assert (
        client.post("/admin/login/", first).headers["Location"] == "/admin/account/second-factor/"
    )
    assert CONSOLE_ADD in client.get("/admin/account/second-factor/").content.decode()
    options = asked(client, "add")
    made = client.post(CONSOLE_ADD, {"name": "Key", "credential": device.make(options)})

    assert len(made.context["codes"]) == 10
    assert is_in(client, admin)
    key = Passkey.objects.get()
    client.post(f"/admin/account/passkeys/{key.pk}/", {"remove": "1"})
    assert Passkey.objects.exists()  # The role needs it.
    client.post("/admin/logout/")
    assert sign_in(client, device).headers["Location"] == "/admin/"


def test_a_second_passkey_of_somebody_half_in_is_not_taken(client, patient):
    with_passkey(client, patient)
    client.post("/sign-in/", {"email": patient.email, "password": PASSWORD})

    assert client.post(OPTIONS, {"for": "add"}).status_code == 403


HOSTILE = {
    "another origin": lambda device: setattr(device, "origin", "https://clinic.evil.example"),
    "another name": lambda device: setattr(device, "domain", "evil.example"),
    "nobody was asked": lambda device: setattr(device, "flags", PRESENT),
    "another key": lambda device: setattr(device, "key", Authenticator().key),
    "an unknown key": lambda device: setattr(device, "id", b"unknown"),
    "counts backwards": lambda device: setattr(device, "count", 3),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_of_the_device_opens_nothing(client, patient, change):
    device = with_passkey(client, patient)
    device.count = 8
    sign_in(client, device)
    client.logout()
    change(device)

    assert sign_in(client, device).headers["Location"] == "/sign-in/"
    assert not is_in(client, patient)


def test_a_challenge_works_once_in_its_session_for_five_minutes(client, patient, time_machine):
    device = with_passkey(client, patient)
    options = asked(client, "sign_in")
    stranger = Browser(HTTP_HOST="localhost")
    assert (
        stranger.post(IN, {"credential": device.sign(options)}).headers["Location"] == "/sign-in/"
    )
    assert client.post(IN, {"credential": device.sign(options)}).headers["Location"] == "/me/"
    client.logout()
    assert client.post(IN, {"credential": device.sign(options)}).headers["Location"] == "/sign-in/"
    options = asked(client, "sign_in")
    time_machine.move_to(timezone.now() + timedelta(minutes=5, seconds=1))

    assert client.post(IN, {"credential": device.sign(options)}).headers["Location"] == "/sign-in/"


@pytest.mark.parametrize(
    "answer",
    ["", "x", "[]", "{}", "null", '{"rawId": 1}', '{"rawId": "AA"}', "[" * 9999, "a" * 20000],
)
def test_rubbish_is_no_answer(client, patient, answer):
    with_passkey(client, patient)
    asked(client, "sign_in")
    assert client.post(IN, {"credential": answer}).headers["Location"] == "/sign-in/"
    client.force_login(patient)
    asked(client, "add")

    assert client.post(ADD, {"name": "x", "credential": answer}).status_code == 200
    assert Passkey.objects.count() == 1


def test_a_shut_account_stays_shut(client, patient):
    device = with_passkey(client, patient)
    patient.is_active = False
    patient.save()

    assert sign_in(client, device).headers["Location"] == "/sign-in/"


def test_one_is_renamed_and_removed_by_its_owner_alone(client, patient):
    with_passkey(client, patient)
    key = Passkey.objects.get()
    stranger = Browser()
    stranger.force_login(PatientFactory(with_account=True).user)
    address = f"{OWN}passkeys/{key.pk}/"
    assert stranger.post(address, {"remove": "1"}).status_code == 404
    client.force_login(patient)

    client.post(address, {"name": "Old phone"})
    assert Passkey.objects.get().name == "Old phone"
    assert said(client.post(address, {"name": ""})) != ["The passkey has its new name."]
    client.post(address, {"remove": "1"})

    assert not Passkey.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not patient.has_factor


def test_changing_them_wants_a_password_shown_lately(client, patient):
    device = with_passkey(client, patient)
    key = Passkey.objects.get()
    client.force_login(patient)
    SignIn.objects.update(proven_at=timezone.now() - timedelta(minutes=11))

    assert client.post(OPTIONS, {"for": "add"}).status_code == 403
    asking = client.post(f"{OWN}passkeys/{key.pk}/", {"remove": "1"})
    assert "Is it you?" in asking.content.decode()
    assert Passkey.objects.exists()
    answer = device.sign(asked(client, "step_up"))
    proven = dict(asking.context["borne_along"]) | {"step_up": "1", "step_up_passkey": answer}
    client.post(f"{OWN}passkeys/{key.pk}/", proven)

    assert not Passkey.objects.exists()


def test_at_a_bare_address_there_are_none(client):
    page = client.get("/sign-in/", headers={"Host": "127.0.0.1"}).content.decode()
    assert "data-passkey" not in page
    assert client.post(OPTIONS, {"for": "sign_in"}, HTTP_HOST="127.0.0.1").status_code == 403
    assert "data-passkey" in client.get("/sign-in/").content.decode()


def test_an_app_and_a_passkey_stand_beside_each_other(client, patient):
    with_factor(patient)
    kept = factors.new_recovery_codes(patient)
    with_passkey(client, patient)

    assert factors.recovery_codes_left(patient) == len(kept)
    factors.switch_off(patient)
    assert patient.has_factor
    assert factors.use(patient, kept[0])
    assert passkeys.MOST_PASSKEYS == 20
