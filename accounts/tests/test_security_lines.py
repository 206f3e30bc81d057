"""What leaves a line in the security log: sign-ins, secrets, rights, and much data that leaves."""

import logging

import pytest
from django.test import Client

from accounts.models import SecondFactor
from accounts.roles import Role
from accounts.services import factors, passwords, sign_ins, users
from accounts.services.sign_ins import NotLive
from accounts.tests.codes import code_of, with_factor, wrong_code
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.problems import V1
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
LOGIN = f"{V1}/auth/login"


@pytest.fixture
def user():
    return UserFactory(email="secret-name@clinic.example", last_name="Secretname")


@pytest.fixture
def kinds(caplog):
    """The kinds of the lines so far, each told once; nothing that people are called is in them."""
    caplog.set_level(logging.INFO, "clinic.security")

    def told() -> list[str]:
        lines = [one.getMessage() for one in caplog.records if one.name == "clinic.security"]
        assert not any("ecret-name" in line or "ecretname" in line for line in lines)
        return list(dict.fromkeys(line.partition(" ")[0] for line in lines))

    return told


def test_signing_in_and_out(user, api, kinds):
    browser = Client()
    browser.post("/sign-in/", {"email": user.email, "password": "Wrong-horse-9"})
    browser.post("/sign-in/", {"email": user.email, "password": PASSWORD})
    browser.post("/sign-out/")

    assert kinds() == ["sign_in_failed", "signed_in", "sign_in_ended"]


def test_a_refresh_token_that_is_used_twice(user, kinds):
    pair = sign_ins.begin_by_api(user)
    sign_ins.refresh(pair.refresh_token)
    with pytest.raises(NotLive):
        sign_ins.refresh(pair.refresh_token)

    assert kinds() == ["signed_in", "token_reused"]


def test_second_factors(user, api, kinds):
    with_factor(user)
    data = {"username": user.email, "password": PASSWORD, "otp": wrong_code(user)}
    api().post(LOGIN, data, format="json")
    data["otp"] = factors.new_recovery_codes(user)[0]
    assert api().post(LOGIN, data, format="json").status_code == 200
    user.refresh_from_db()
    factors.switch_off(user)

    assert kinds() == [
        *("factor_failed", "sign_in_failed", "recovery_codes_made", "recovery_code_used"),
        *("signed_in", "factor_removed"),
    ]


def test_a_factor_that_is_added_and_one_that_is_reset(user, kinds):
    factors.offer_factor(user)
    factors.confirm_factor(user, code_of(user))
    factors.reset(user, by=UserFactory(role=Role.ADMIN), reason="Lost the phone")

    assert SecondFactor.objects.count() == 0
    assert kinds() == ["factor_added", "sign_in_ended", "recovery_codes_made", "factor_reset"]


def test_passwords_roles_and_accounts(user, kinds):
    passwords.change(user, PASSWORD, "Other-horse-77", keep=None)
    user.role, user.email = Role.DOCTOR, "another-secret-name@clinic.example"
    users.change(user, by=UserFactory(role=Role.ADMIN))
    user.is_active = False
    users.change(user, by=UserFactory(role=Role.ADMIN))

    assert kinds() == [
        *("password_changed", "sign_in_ended", "role_changed", "email_changed", "account_shut"),
    ]


def test_showing_oneself_once_more(user, api, kinds):
    desk = api(user)
    for password in ("Wrong-horse-9", PASSWORD):
        desk.post(f"{V1}/auth/step-up", {"password": password}, format="json")

    assert kinds() == ["signed_in", "sign_in_failed", "step_up_failed", "step_up_passed"]


def test_what_is_refused_and_limited(user, api, kinds, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "1/h"}
    assert api(user).get(f"{V1}/auth/sign-ins").status_code == 200
    assert api(user).post(f"{V1}/auth/register", {}, format="json").status_code == 403
    assert signed_in(user).get("/admin/accounts/user/").status_code == 403
    for _ in range(2):
        api().post(LOGIN, {"username": user.email, "password": PASSWORD}, format="json")

    assert kinds() == ["signed_in", "access_refused", "rate_limited"]


def test_who_asks_for_records_of_others_one_after_the_other_leaves_lines(api, kinds, caplog):
    doctor, patient = DoctorFactory(with_account=True).user, PatientFactory()
    assert api(doctor).get(f"{V1}/patients/{patient.pk}").status_code == 404
    assert api().get(f"{V1}/doctors/{patient.pk}").status_code == 404  # Nobody, so nobody's line.

    somebody = PatientFactory(with_account=True).user
    assert signed_in(somebody).get(f"/me/visits/{patient.pk}/").status_code == 404

    told = [record.message for record in caplog.records if "access_refused" in record.message]
    for line, asker in zip(told, (doctor, somebody), strict=True):
        assert f"user={asker.pk}" in line
        assert "outcome=not_found" in line


def test_data_that_leaves(kinds):
    patient = PatientFactory(with_account=True, last_name="Secretname")
    browser = Browser()
    browser.force_login(patient.user)
    assert browser.post("/me/download/", {"password": PASSWORD}).status_code == 200

    assert "export" in kinds()


def test_who_signs_out_leaves_nothing_in_the_browser(user):
    for door in ("/sign-out/", "/admin/logout/"):
        browser = signed_in(user)
        assert "Clear-Site-Data" not in browser.get("/admin/").headers
        assert browser.post(door).headers["Clear-Site-Data"] == '"cache", "storage"'
