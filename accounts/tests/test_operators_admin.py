"""Administrators see who is signed in and who is locked out, and put an end to it."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.utils import timezone

from accounts.models import SignIn
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import Browser, said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

SIGN_INS = "/admin/accounts/signin/"
LOCK_OUTS = "/admin/axes/accessattempt/"


def shown(client, path):
    return list(client.get(path).context["cl"].result_list)


def test_the_sign_ins_of_staff_are_listed():
    admin = signed_in(Role.ADMIN)
    desk, ended = UserFactory(), UserFactory()
    signed_in(desk)
    signed_in(ended)
    SignIn.objects.filter(user=ended).update(ended_at=timezone.now(), ended_because="by_user")
    patient = UserFactory(role=Role.PATIENT)
    begin_by_api(patient)

    assert [one.user for one in shown(admin, SIGN_INS)][:1] == [desk]
    assert len(shown(admin, SIGN_INS)) == 2
    assert {one.user for one in shown(admin, f"{SIGN_INS}?state=all")} >= {desk, ended}
    assert [one.user for one in shown(admin, f"{SIGN_INS}?role=patient")] == [patient]
    assert [one.user for one in shown(admin, f"{SIGN_INS}?q={desk.email}")] == [desk]


def test_a_sign_in_ends_on_the_second_look():
    desk = UserFactory(first_name="Rosa")
    browser, admin = signed_in(desk), signed_in(Role.ADMIN)
    sign_in = SignIn.objects.get(user=desk)
    path = f"{SIGN_INS}{sign_in.pk}/end/"

    assert "Sign out Rosa" in admin.get(path).content.decode()
    assert browser.get("/admin/").status_code == 200

    response = admin.post(path)

    assert said(response) == ["Rosa Meyer is signed out of that device."]
    assert browser.get("/admin/").status_code == 302
    assert admin.post(path).status_code == 404
    assert "Ended by an administrator" in admin.get(f"{SIGN_INS}?state=all").content.decode()


def test_who_ends_the_own_sign_in_is_told_so():
    admin = UserFactory(role=Role.ADMIN)
    client = signed_in(admin)
    path = f"{SIGN_INS}{SignIn.objects.get().pk}/end/"

    assert "This is the device that you are using now." in client.get(path).content.decode()
    client.post(path)

    assert client.get("/admin/").status_code == 302


@pytest.fixture
def locked(settings):
    settings.LOGIN_FAILURES_PER_ACCOUNT, settings.LOGIN_FAILURES_PER_ADDRESS = 3, 4
    user = UserFactory(email="ann@clinic.example", role=Role.ADMIN)
    for _ in range(3):
        log_in("Wrong-horse-9")
    assert log_in(PASSWORD).status_code == 429
    return user


def log_in(password, email="ann@clinic.example", address="192.0.2.1"):
    data = {"username": email, "password": password}
    return Browser().post("/admin/login/", data, REMOTE_ADDR=address)


def test_a_locked_account_is_unlocked(locked):
    client = signed_in(Role.ADMIN)
    page = client.get(LOCK_OUTS).content.decode()
    assert "The account from this network</span>" in page
    (attempt,) = AccessAttempt.objects.all()

    response = client.post(f"{LOCK_OUTS}{attempt.pk}/unlock/?of=account")

    expected = "The failed sign-ins of this account are forgotten: it isn't locked out."
    assert said(response) == [expected]
    assert log_in(PASSWORD).status_code == 302


def test_a_locked_address_is_unlocked(locked):
    log_in("Wrong-horse-9", "bob@clinic.example")
    assert log_in("Wrong-horse-9", "cid@clinic.example").status_code == 429
    client = signed_in(Role.ADMIN)
    page = client.get(LOCK_OUTS).content.decode()
    assert "The account from this network and the network</span>" in page
    attempt = AccessAttempt.objects.get(username="bob@clinic.example")

    client.post(f"{LOCK_OUTS}{attempt.pk}/unlock/?of=address")

    assert log_in(PASSWORD).status_code == 302


def test_failures_that_no_longer_count_are_not_shown(locked, settings):
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.LOGIN_LOCK)

    assert shown(signed_in(Role.ADMIN), LOCK_OUTS) == []


def test_unlocking_wants_a_row_and_what_of_it(locked):
    client = signed_in(Role.ADMIN)
    (attempt,) = AccessAttempt.objects.all()

    assert client.post(f"{LOCK_OUTS}{attempt.pk}/unlock/?of=all").status_code == 404
    assert client.post(f"{LOCK_OUTS}0/unlock/?of=account").status_code == 404
    assert client.get(f"{LOCK_OUTS}{attempt.pk}/unlock/?of=account").status_code == 405
    assert AccessAttempt.objects.count() == 1


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_only_admins_do_any_of_it(role, locked):
    client, other = signed_in(role), UserFactory()
    signed_in(other)
    (attempt,) = AccessAttempt.objects.all()
    end = f"{SIGN_INS}{SignIn.objects.get(user=other).pk}/end/"

    for path in (SIGN_INS, LOCK_OUTS, end):
        assert client.get(path).status_code == 403
    for path in (end, f"{LOCK_OUTS}{attempt.pk}/unlock/?of=account"):
        assert client.post(path).status_code == 403
    assert AccessAttempt.objects.exists()
    assert SignIn.objects.filter(user=other, ended_at=None).exists()


def test_rows_count_for_as_long_as_the_lock_lasts(settings):
    settings.LOGIN_LOCK = timedelta(minutes=15)
    for minutes, name in [(14, "a"), (16, "b")]:
        attempt = AccessAttempt.objects.create(
            username=f"{name}@clinic.example", ip_address="192.0.2.1", failures_since_start=2
        )
        AccessAttempt.objects.filter(pk=attempt.pk).update(
            attempt_time=timezone.now() - timedelta(minutes=minutes)
        )

    (row,) = shown(signed_in(Role.ADMIN), LOCK_OUTS)

    assert (row.username, row.address_failures) == ("a@clinic.example", 2)
