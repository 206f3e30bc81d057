"""The second factor in the console: setting it up, logging in with it, losing it."""

import re

import pytest
from django.contrib.sessions.models import Session

from accounts.models import FactorReset, SecondFactor, SignIn
from accounts.roles import Role
from accounts.services import factors
from accounts.tests.codes import code_of, with_factor, wrong_code
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/"
CODE = "/admin/login/code/"
SET_UP = "/admin/account/second-factor/"
ACCOUNT = "/admin/account/"
CODES = f"{SET_UP}recovery-codes/"
OFF = f"{SET_UP}off/"
USERS = "/admin/accounts/user/"
WRONG = "This code is not right, or was used already."


@pytest.fixture
def user():
    return with_factor(UserFactory())


def give_password(client, user, wanted="/admin/patients/patient/"):
    data = {"username": user.email, "password": PASSWORD, "next": wanted}
    return client.post(LOG_IN, data)


def codes_on(response) -> list[str]:
    return re.findall(r"<code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", response.content.decode())


def is_in(client) -> bool:
    return client.get("/admin/").status_code == 200


def test_the_code_is_the_second_step(client, user):
    response = give_password(client, user)

    assert response.headers["Location"] == CODE
    assert not is_in(client)
    assert not SignIn.objects.exists()
    page = client.get(CODE)
    assert user.email in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    response = client.post(CODE, {"code": code_of(user)})
    assert response.headers["Location"] == "/admin/patients/patient/"
    assert is_in(client)
    assert client.get(CODE).headers["Location"] == LOG_IN


@pytest.mark.parametrize("path", ["/admin/", ACCOUNT, CODES, OFF, USERS, "/admin/password_change/"])
def test_half_way_in_opens_nothing(client, user, path):
    give_password(client, user)

    assert client.get(path).headers["Location"] == f"{LOG_IN}?next={path}"
    assert client.post(path, {}).headers["Location"] == f"{LOG_IN}?next={path}"
    assert client.get(SET_UP).headers["Location"] == CODE
    assert client.post(SET_UP, {"code": code_of(user)}).headers["Location"] == CODE


def test_the_sessions_key_changes_at_each_step(client, user):
    keys = []
    client.get(LOG_IN)
    for step in (
        lambda: give_password(client, user),
        lambda: client.post(CODE, {"code": code_of(user)}),
    ):
        step()
        keys.append(client.cookies["sessionid"].value)

    assert len(set(keys)) == 2
    assert [session.session_key for session in Session.objects.all()] == keys[1:]


def test_a_wrong_or_used_code_is_refused(client, user):
    give_password(client, user)
    code = code_of(user)
    for bad in (wrong_code(user), "", "abc", "1" * 21):
        assert client.post(CODE, {"code": bad}).status_code == 200
        assert not is_in(client)
    client.post(CODE, {"code": code})
    client.post("/admin/logout/")
    give_password(client, user)

    assert WRONG.encode() in client.post(CODE, {"code": code}).content
    assert not is_in(client)


def test_a_recovery_code_stands_in_and_few_are_left(client, user):
    codes = factors.new_recovery_codes(user)
    for code in codes[:7]:
        assert factors.use(user, code) or code
    give_password(client, user)

    response = client.post(CODE, {"code": codes[7].lower()})

    assert said(response) == ["You have 2 recovery codes left. Make new ones under Your sign-in."]
    assert is_in(client)


def test_the_first_step_lasts_ten_minutes(client, user, time_machine):
    give_password(client, user)
    time_machine.move_to(SignIn._meta.get_field("started_at").default().timestamp() + 601)

    response = client.post(CODE, {"code": code_of(user)})

    assert response.headers["Location"] == LOG_IN
    assert not is_in(client)
    assert "That took too long" in client.get(LOG_IN).content.decode()


@pytest.mark.parametrize("change", ["password", "closed", "gone"])
def test_the_first_step_ends_with_the_account_it_was_for(client, user, change):
    give_password(client, user)
    if change == "password":
        user.set_password("Another-horse-9")
    user.is_active = change != "closed"
    user.save()
    if change == "gone":
        user.delete()

    response = client.post(CODE, {"code": "123456" if change == "gone" else code_of(user)})

    assert response.headers["Location"] == LOG_IN
    assert not is_in(client)


def test_without_a_first_step_there_is_no_second(client):
    for path in (CODE, SET_UP):
        assert client.get(path).headers["Location"] == LOG_IN
        assert client.post(path, {"code": "123456"}).headers["Location"] == LOG_IN


def test_the_web_sign_in_leads_staff_to_the_second_step(client, user):
    response = client.post("/sign-in/", {"email": user.email, "password": PASSWORD})

    assert response.headers["Location"] == CODE
    assert not is_in(client)


def test_setting_it_up():
    user = UserFactory()
    desk, other = signed_in(user), signed_in(user)
    page = desk.get(SET_UP).content.decode()
    secret = SecondFactor.objects.get().secret
    assert secret in page.replace(" ", "")
    assert '<svg class="qr"' in page
    assert "no-store" in desk.get(SET_UP).headers["Cache-Control"]

    refused = desk.post(SET_UP, {"code": wrong_code(user)})
    assert "This code is not right." in refused.content.decode()
    assert secret in refused.content.decode().replace(" ", "")
    response = desk.post(SET_UP, {"code": code_of(user)})

    codes = codes_on(response)
    assert len(codes) == 10
    assert "no-store" in response.headers["Cache-Control"]
    assert is_in(desk)
    assert not is_in(other)
    assert factors.use(user, codes[0])
    for path in (ACCOUNT, CODES, OFF):
        content = desk.get(path).content.decode()
        assert secret not in content.replace(" ", "")
        assert not any(code in content for code in codes)
    assert desk.get(SET_UP).headers["Location"] == ACCOUNT


def test_a_role_that_needs_it_is_led_to_it_and_nowhere_else(client, settings):
    user = UserFactory(role=Role.ADMIN)
    earlier = signed_in(user)
    settings.MFA_REQUIRED_ROLES = ["admin"]

    assert not is_in(earlier)
    response = give_password(client, user)

    assert response.headers["Location"] == SET_UP
    for path in ("/admin/", ACCOUNT, USERS, "/admin/password_change/"):
        assert client.get(path).headers["Location"] == f"{LOG_IN}?next={path}"
    assert client.post(CODE, {"code": "123456"}).status_code == 200
    assert client.get(SET_UP).status_code == 200
    response = client.post(SET_UP, {"code": code_of(user)})
    assert len(codes_on(response)) == 10
    assert 'href="/admin/patients/patient/"' in response.content.decode()
    assert is_in(client)
    assert client.get(OFF).headers["Location"] == ACCOUNT
    assert signed_in(Role.DOCTOR).get("/admin/").status_code == 200


def test_new_recovery_codes_need_a_code(user):
    old = factors.new_recovery_codes(user)
    desk = signed_in(user)
    assert desk.get(CODES).status_code == 200
    assert WRONG in desk.post(CODES, {"code": wrong_code(user)}).content.decode()

    new = codes_on(desk.post(CODES, {"code": code_of(user)}))

    assert len(new) == 10
    assert not factors.use(user, old[0])
    assert factors.use(user, new[0])


def test_switching_it_off_needs_a_code(user):
    desk = signed_in(user)
    assert WRONG in desk.post(OFF, {"code": wrong_code(user)}).content.decode()
    assert user.has_factor

    response = desk.post(OFF, {"code": code_of(user)})

    assert response.headers["Location"] == ACCOUNT
    assert not user.has_factor
    for path in (OFF, CODES):
        assert desk.get(path).headers["Location"] == ACCOUNT


def test_an_admin_removes_a_lost_one_with_a_reason_and_the_owner_is_told(user):
    desk, admin = signed_in(user), signed_in(Role.ADMIN)
    page, reset = (f"{USERS}{user.pk}/{end}/" for end in ("change", "second-factor"))
    assert reset in admin.get(page).content.decode()

    assert "Say why" in admin.post(reset, {"reason": " "}).content.decode()
    assert user.has_factor
    response = admin.post(reset, {"reason": "Lost the phone, was here with the ID card"})

    assert response.headers["Location"] == page
    assert not user.has_factor
    assert not is_in(desk)
    assert reset not in admin.get(page).content.decode()
    kept = FactorReset.objects.get()
    assert (kept.user, kept.by.role) == (user, Role.ADMIN)
    told = Notification.objects.get(event__startswith="factors_reset:")
    assert told.recipient == user.email
    assert "no second factor" in admin.post(reset, {"reason": "Again"}).content.decode()
    assert signed_in(Role.RECEPTIONIST).post(reset, {"reason": "x"}).status_code == 403


def test_the_pages_keep_to_the_policy(user):
    for desk, path in ((signed_in(UserFactory()), SET_UP), (signed_in(user), ACCOUNT)):
        response = desk.get(path)
        content = response.content.decode()
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "<style" not in content
        assert " style=" not in content
        assert "<script>" not in content


def test_forms_without_their_token_are_refused(user):
    desk = signed_in(user)
    desk.handler.enforce_csrf_checks = True

    for path in (CODE, SET_UP, CODES, OFF):
        assert desk.post(path, {"code": code_of(user)}).status_code == 403
    assert user.has_factor
