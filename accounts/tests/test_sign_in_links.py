"""Signing in by a link that comes by mail, where that is switched on."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import one_time, tasks
from accounts.models import OneTimeToken, SignIn
from accounts.roles import Role
from accounts.tests.codes import with_factor
from accounts.tests.factories import UserFactory
from clinic.encryption import encrypt_text
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

ASK, SENT, OPEN = "/sign-in/link/", "/sign-in/link/sent/", "/sign-in/link/open/"


@pytest.fixture(autouse=True)
def _switched_on(settings):
    settings.SIGN_IN_LINKS = True


@pytest.fixture
def user():
    return PatientFactory(with_account=True).user


def link_of(user) -> str:
    return one_time.new_token(user, OneTimeToken.Purpose.SIGN_IN)


def opened(client, token):
    client.get(f"{OPEN}?token={token}")
    return client.post(OPEN)


@pytest.mark.django_db(transaction=True)
def test_a_patient_asks_and_gets_a_link_that_signs_in_once(client, user, mailoutbox):
    assert client.post(ASK, {"email": user.email}).headers["Location"] == SENT
    run_due_jobs()

    token = re.search(r"/sign-in/link/open/\?token=([\w-]+)", mailoutbox[-1].body)[1]
    assert client.get(f"{OPEN}?token={token}").headers["Location"] == OPEN
    assert client.get(OPEN).status_code == 200
    assert not SignIn.objects.exists()
    assert client.post(OPEN).headers["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert SignIn.objects.get().proven_at is None
    client.logout()
    assert opened(client, token).status_code == 410


@pytest.mark.parametrize("whose", ["nobody", "staff", "shut"])
def test_all_others_get_the_same_answer_and_no_mail(client, user, whose):
    if whose == "staff":
        user = UserFactory(role=Role.DOCTOR)
    elif whose == "shut":
        user.is_active = False
        user.save()
    email = "nobody@mail.example" if whose == "nobody" else user.email

    assert client.post(ASK, {"email": email}).headers["Location"] == SENT
    job = ProcrastinateJob.objects.get()
    assert email not in str(job.args)
    tasks.begin_sign_in(**job.args)
    assert not Notification.objects.exists()


def test_a_second_factor_is_asked_for_all_the_same(client, user):
    with_factor(user)

    assert opened(client, link_of(user)).headers["Location"] == "/sign-in/code/"
    assert not SignIn.objects.exists()


def test_it_changes_no_contacts(client, user):
    opened(client, link_of(user))

    assert "Is it you?" in client.post("/me/download/", {}).content.decode()


def test_it_works_for_a_quarter_of_an_hour_and_until_a_newer_one(client, user, time_machine):
    old, new = link_of(user), link_of(user)
    assert opened(client, old).status_code == 410
    time_machine.move_to(timezone.now() + timedelta(minutes=15, seconds=1))
    assert opened(client, new).status_code == 410


def test_no_other_link_signs_in(client, user):
    token = one_time.new_token(user, OneTimeToken.Purpose.RESET_PASSWORD)

    assert opened(client, token).status_code == 410


def test_off_there_is_no_such_door(client, user, settings):
    token = link_of(user)
    settings.SIGN_IN_LINKS = False

    for path in (ASK, SENT, OPEN, f"{OPEN}?token={token}"):
        assert client.get(path).status_code == 404
    assert ASK not in client.get("/sign-in/").content.decode()
    tasks.begin_sign_in(email=encrypt_text(user.email))
    assert not Notification.objects.exists()
