"""The pages on which people change their password, or choose a new one by a mail's link."""

import re

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import one_time
from accounts.models import OneTimeToken, SignIn
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ASK, SENT = "/password/reset/", "/password/reset/sent/"
CONFIRM, CHANGE = "/password/reset/confirm/", "/password/change/"
NEW = "Better-horse-10"


def twice(password: str = NEW, again: str = "") -> dict:
    return {"new_password": password, "confirm_password": again or password}


def reset_token(user) -> str:
    return one_time.new_token(user, OneTimeToken.Purpose.RESET_PASSWORD)


def faults(response) -> dict[str, str]:
    page = response.content.decode()
    return dict(re.findall(r'<ul class="errorlist" id="id_(\w+)_error"><li>(.*?)</li>', page))


@pytest.mark.parametrize("email", ["ann@mail.example", "nobody@mail.example"])
def test_asking_for_a_link_never_tells_whether_the_address_is_known(client, email):
    UserFactory(email="ann@mail.example", role=Role.PATIENT)

    response = client.post(ASK, {"email": email})

    assert (response.status_code, response["Location"]) == (302, SENT)
    page = client.get(SENT).content.decode()
    assert "If we know this address" in page
    assert email not in page
    assert ProcrastinateJob.objects.get().task_name == "accounts.begin_reset"


def test_asking_is_limited(client, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"reset": "1/h"}
    client.post(ASK, {"email": "ann@mail.example"})

    response = client.post(ASK, {"email": "ann@mail.example"})

    assert response.status_code == 429
    assert ProcrastinateJob.objects.count() == 1


def test_choosing_a_new_password(client):
    user = UserFactory(role=Role.PATIENT)
    elsewhere = signed_in(user)
    token = reset_token(user)

    opened = client.get(CONFIRM, {"token": token})

    assert (opened.status_code, opened["Location"]) == (302, CONFIRM)
    assert "no-store" in opened["Cache-Control"]
    cookie = opened.cookies["link"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (CONFIRM, True, "Lax")
    page = client.get(CONFIRM)
    assert token not in page.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)  # Opening it changed nothing.

    response = client.post(CONFIRM, twice())

    assert response["Location"] == "/sign-in/"
    assert response.cookies["link"].value == ""
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert elsewhere.get("/password/change/").status_code == 302
    assert SignIn.objects.get().ended_because == "password"
    assert "Your new password is saved" in client.get("/sign-in/").content.decode()


def test_a_faulty_password_leaves_the_link_alive(client):
    user = UserFactory(role=Role.PATIENT)
    client.get(CONFIRM, {"token": reset_token(user)})

    assert "at least 8 characters" in faults(client.post(CONFIRM, twice("Ab-1")))["new_password"]
    unequal = faults(client.post(CONFIRM, twice(NEW, NEW + "1")))
    assert unequal == {"confirm_password": "The two passwords are not the same."}
    assert client.post(CONFIRM, twice())["Location"] == "/sign-in/"


@pytest.mark.parametrize("token", ["", "x", "a\r\nSet-Cookie: b=c", "ä" * 300, "dGVzdA"])
def test_a_link_that_is_none(client, token):
    response = client.get(CONFIRM, {"token": token})
    assert response["Location"] == CONFIRM

    response = client.post(CONFIRM, twice())

    assert response.status_code == 410
    assert "work any more" in response.content.decode()


def test_a_link_works_once_and_for_an_hour(client):
    user = UserFactory(role=Role.PATIENT)
    used, late = reset_token(user), None
    client.get(CONFIRM, {"token": used})
    client.post(CONFIRM, twice())
    client.get(CONFIRM, {"token": used})
    assert client.post(CONFIRM, twice(PASSWORD)).status_code == 410

    late = reset_token(user)
    client.get(CONFIRM, {"token": late})
    with time_machine.travel(timezone.now() + one_time.LIFETIMES["reset_password"]):
        assert client.post(CONFIRM, twice(PASSWORD)).status_code == 410
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_changing_the_password_ends_the_other_sign_ins():
    user = UserFactory(role=Role.PATIENT)
    here, elsewhere = signed_in(user), signed_in(user)

    response = here.post(CHANGE, {"current_password": PASSWORD} | twice())

    assert response.status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert here.get(CHANGE).status_code == 200
    assert elsewhere.get(CHANGE)["Location"] == f"/sign-in/?next={CHANGE}"


def test_all_faults_of_a_change_at_once():
    client = signed_in(Role.PATIENT)

    response = client.post(CHANGE, {"current_password": "nonsense"} | twice("Ab-1"))

    assert set(faults(response)) == {"current_password", "new_password"}
    page = response.content.decode()
    assert "nonsense" not in page
    assert "Ab-1" not in page
    assert client.post(CHANGE, {}).status_code == 200


def test_changing_the_password_is_for_those_signed_in(client):
    assert client.get(CHANGE)["Location"] == f"/sign-in/?next={CHANGE}"
