"""Logging in by the API with a second factor."""

import logging
from urllib.parse import urlencode

import pytest

from accounts.models import SignIn
from accounts.services import factors, sign_ins
from accounts.tests.codes import code_of, with_factor, wrong_code
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.problems import check_problem

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"


@pytest.fixture
def user():
    return with_factor(UserFactory())


def log_in(api, user, password=PASSWORD, **more):
    return api().post(LOGIN, {"username": user.email, "password": password} | more, format="json")


def test_password_and_code_open_the_door(api, user):
    response = log_in(api, user, otp=code_of(user))

    assert response.status_code == 200
    token = response.json()["access_token"]
    assert api().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").json()["email"] == user.email


def test_a_form_takes_the_code_too(api, user):
    data = {"grant_type": "password", "username": user.email, "password": PASSWORD}

    sent = urlencode(data | {"otp": code_of(user)})

    response = api().post(LOGIN, sent, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200


def test_a_recovery_code_opens_it_once(api, user):
    code = factors.new_recovery_codes(user)[3]

    assert log_in(api, user, otp=code).status_code == 200
    check_problem(log_in(api, user, otp=code), 401, "invalid_credentials")


@pytest.mark.parametrize("more", [{}, {"otp": ""}])
def test_without_a_code_it_is_asked_for(api, user, more):
    body = check_problem(log_in(api, user, **more), 401, "otp_required")

    assert "otp" in body["message"]
    assert not SignIn.objects.exists()


def test_nobody_learns_of_the_factor_before_the_right_password(api, user):
    plain = UserFactory()
    answers = [
        log_in(api, account, "Wrong-horse-9", **more).json() | {"request_id": ""}
        for account in (user, plain)
        for more in ({}, {"otp": code_of(user)})
    ]

    assert answers[0]["code"] == "invalid_credentials"
    assert all(answer == answers[0] for answer in answers)


def test_a_wrong_code_is_answered_as_a_wrong_password(api, user):
    wrong = check_problem(log_in(api, user, otp=wrong_code(user)), 401, "invalid_credentials")
    password = check_problem(log_in(api, user, "Wrong-horse-9"), 401, "invalid_credentials")

    assert wrong["message"] == password["message"]
    assert not SignIn.objects.exists()


def test_a_code_works_once(api, user):
    code = code_of(user)

    assert log_in(api, user, otp=code).status_code == 200
    check_problem(log_in(api, user, otp=code), 401, "invalid_credentials")


def test_who_has_no_factor_may_send_a_code_all_the_same(api):
    assert log_in(api, UserFactory(), otp="123456").status_code == 200


@pytest.mark.parametrize("otp", [123456, None, ["1"], "1" * 21])
def test_what_is_no_text_is_refused(api, user, otp):
    check_problem(log_in(api, user, otp=otp), 400, "malformed_request", "otp")


def test_a_role_that_needs_a_factor_gets_nowhere_without_one(api, settings):
    user = UserFactory(role="admin")
    old = api(user)
    pair = sign_ins.begin_by_api(user)
    assert old.get(ME).status_code == 200
    settings.MFA_REQUIRED_ROLES = ["admin"]

    body = check_problem(log_in(api, user), 401, "otp_required")
    assert "console" in body["message"]
    check_problem(log_in(api, user, "Wrong-horse-9"), 401, "invalid_credentials")
    check_problem(old.get(ME), 401, "not_authenticated")
    refreshed = api().post(
        "/api/v1/auth/refresh", {"refresh_token": pair.refresh_token}, format="json"
    )
    check_problem(refreshed, 401, "not_authenticated")
    assert log_in(api, UserFactory(role="doctor")).status_code == 200

    with_factor(user)
    assert log_in(api, user, otp=code_of(user)).status_code == 200


def test_nothing_secret_is_logged(api, user, caplog):
    caplog.set_level(logging.DEBUG)
    right, wrong = code_of(user), wrong_code(user)

    log_in(api, user, otp=wrong)
    log_in(api, user, otp=right)

    for secret in (PASSWORD, right, wrong, user.second_factor.secret):
        assert secret not in caplog.text
