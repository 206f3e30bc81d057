"""Guessing is stopped by account and network, over all doors together."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import one_time
from accounts.models import OneTimeToken
from accounts.roles import Role
from accounts.services import passwords
from accounts.tasks import tell_locked
from accounts.tests.codes import code_of, with_factor, wrong_code
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.tests.problems import check_problem

pytestmark = pytest.mark.django_db

LOGIN = "/api/v1/auth/login"
WRONG = "Wrong-horse-9"


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.LOGIN_FAILURES_PER_ACCOUNT = 3
    settings.LOGIN_FAILURES_PER_ADDRESS = 6
    settings.LOGIN_FAILURES_ANYWHERE = 5
    settings.LOGIN_LOCK = timedelta(minutes=15)


@pytest.fixture
def user():
    return UserFactory(email="ann@clinic.example")


def by_api(api, email, password=WRONG, address="192.0.2.1", **more):
    data = {"username": email, "password": password} | more
    return api().post(LOGIN, data, format="json", REMOTE_ADDR=address)


def by_console(email, password=WRONG, address="192.0.2.1", client=None):
    data = {"username": email, "password": password}
    return (client or Browser()).post("/admin/login/", data, REMOTE_ADDR=address)


def by_web(email, password=WRONG, address="192.0.2.1", client=None):
    data = {"email": email, "password": password}
    return (client or Browser()).post("/sign-in/", data, REMOTE_ADDR=address)


def knowing(*users) -> Browser:
    """A browser in which they have signed in before, one after the other."""
    browser = Browser()
    for one in users:
        assert by_web(one.email, PASSWORD, "192.0.2.78", browser).status_code == 302
        browser.cookies.pop(settings.SESSION_COOKIE_NAME)
    return browser


def lock(api, email: str) -> None:
    for _ in range(3):
        by_api(api, email)


def check_page(response) -> str:
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 900
    assert response["Cache-Control"] == "no-store"
    assert "script-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert "Signing in is locked for a while" in page
    return page


def test_an_account_is_locked_over_all_doors_together(api, user):
    assert by_api(api, user.email).status_code == 401
    assert by_console(user.email).status_code == 200
    assert by_web(user.email).status_code == 200

    locked = by_api(api, user.email, PASSWORD)
    check_problem(locked, 429, "too_many_requests")
    assert 880 < int(locked["Retry-After"]) <= 900
    check_page(by_console(user.email, PASSWORD))
    check_page(by_web(user.email, PASSWORD))
    assert by_api(api, user.email, PASSWORD, "192.0.2.4").status_code == 200
    assert by_web(user.email, PASSWORD, "192.0.2.4").status_code == 302


def test_guesses_from_many_networks_lock_what_is_new_to_the_account(api, user):
    """Where somebody signed in lately, and in browsers that know the account, nothing changes."""
    assert by_api(api, user.email, PASSWORD, "192.0.2.77").status_code == 200
    browser = knowing(user)

    answers = [by_api(api, user.email, address=f"198.51.100.{last}") for last in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    check_problem(by_api(api, user.email, PASSWORD, "203.0.113.1"), 429, "too_many_requests")
    assert by_api(api, user.email, PASSWORD, "192.0.2.77").status_code == 200
    assert by_web(user.email, PASSWORD, "203.0.113.2", browser).status_code == 302


def test_a_browser_that_knows_the_account_is_locked_by_its_own_failures_alone(api, user):
    browser = knowing(user)
    lock(api, user.email)
    assert by_web(user.email, PASSWORD).status_code == 429

    for _ in range(3):
        assert by_web(user.email, client=browser).status_code == 200
    check_page(by_web(user.email, PASSWORD, client=browser))
    check_page(by_web(user.email, PASSWORD, "192.0.2.9", browser))
    assert by_web(user.email, PASSWORD, "192.0.2.9").status_code == 302


@pytest.mark.parametrize("tampered", ["", "x", ":", "a:b", "a:b.c:d", "é:ü", "a" * 4000])
def test_a_browser_is_not_known_by_what_it_claims(api, user, tampered):
    browser = knowing(UserFactory())
    assert browser.cookies[settings.DEVICE_COOKIE_NAME]["httponly"]
    if tampered:
        browser.cookies[settings.DEVICE_COOKIE_NAME] = tampered
    lock(api, user.email)

    check_page(by_web(user.email, PASSWORD, client=browser))


def test_a_family_shares_a_browser(api, user):
    other = UserFactory()
    browser = knowing(user, other)
    lock(api, user.email)
    lock(api, other.email)

    for one in (user, other):
        assert by_web(one.email, PASSWORD, client=browser).status_code == 302
        browser.cookies.pop(settings.SESSION_COOKIE_NAME)


def test_an_ipv6_network_counts_as_one(api, user):
    for last in range(3):
        by_api(api, user.email, address=f"2001:db8:1:2::{last}")

    locked = by_api(api, user.email, PASSWORD, "2001:db8:1:2:ffff::1")
    check_problem(locked, 429, "too_many_requests")
    assert by_api(api, user.email, PASSWORD, "2001:db8:1:3::1").status_code == 200


def test_what_happens_stands_in_the_security_log(api, user, caplog):
    lock(api, user.email)
    by_api(api, user.email, PASSWORD)
    by_api(api, user.email, PASSWORD, "192.0.2.4")

    told = [record.getMessage() for record in caplog.records if record.name == "clinic.security"]
    failed = f"sign_in_failed user={user.pk} device=unknown network=192.0.2.1"
    locked = f"locked_out user={user.pk} of=account network=192.0.2.1"
    assert told[:4] == [failed, failed, failed, locked]
    assert user.email not in caplog.text


def test_another_account_is_not_locked_by_it(api, user):
    for _ in range(3):
        by_api(api, user.email)

    assert by_api(api, UserFactory().email, PASSWORD).status_code == 200


def test_an_address_is_locked_after_more(api, user):
    for number in range(6):
        assert by_api(api, f"nobody{number}@clinic.example").status_code == 401

    check_problem(by_api(api, user.email, PASSWORD), 429, "too_many_requests")
    check_page(by_console(user.email, PASSWORD))
    assert by_api(api, user.email, PASSWORD, "192.0.2.9").status_code == 200


def test_an_unknown_account_is_locked_just_the_same(api):
    answers = [by_api(api, "nobody@clinic.example").status_code for _ in range(4)]

    assert answers == [401, 401, 401, 429]


@pytest.mark.parametrize(
    "name", [" ANN@clinic.example", "Ann@Clinic.Example ", "ann@CLINIC.example"]
)
def test_names_are_compared_in_lower_case(api, user, name):
    for _ in range(3):
        by_api(api, name)

    check_problem(by_api(api, user.email, PASSWORD), 429, "too_many_requests")


def test_a_header_is_no_other_address(api, user, settings):
    for number in range(6):
        data = {"username": f"nobody{number}@clinic.example", "password": WRONG}
        api().post(LOGIN, data, format="json", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")

    answer = api().post(
        LOGIN,
        {"username": user.email, "password": PASSWORD},
        format="json",
        HTTP_X_FORWARDED_FOR="198.51.100.77",
    )
    check_problem(answer, 429, "too_many_requests")


def test_a_trusted_proxys_word_counts(api, user, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(6):
        data = {"username": f"nobody{number}@clinic.example", "password": WRONG}
        api().post(LOGIN, data, format="json", HTTP_X_FORWARDED_FOR="198.51.100.1")

    data = {"username": user.email, "password": PASSWORD}
    for address, status in (("198.51.100.1", 429), ("198.51.100.2", 200)):
        answer = api().post(LOGIN, data, format="json", HTTP_X_FORWARDED_FOR=address)
        assert answer.status_code == status


def test_the_lock_ends_by_time_and_tries_do_not_renew_it(api, user, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for _ in range(3):
        by_api(api, user.email)
    time_machine.move_to(start + timedelta(minutes=14), tick=False)
    locked = by_api(api, user.email, PASSWORD)
    assert (locked.status_code, locked["Retry-After"]) == (429, "60")

    time_machine.move_to(start + timedelta(minutes=15), tick=False)

    assert by_api(api, user.email, PASSWORD).status_code == 200


@pytest.mark.parametrize("door", ["api", "console", "web"])
def test_a_success_begins_the_count_anew(api, user, door):
    for _ in range(2):
        by_api(api, user.email)
    if door == "api":
        assert by_api(api, user.email, PASSWORD).status_code == 200
    else:
        by_door = by_console if door == "console" else by_web
        assert by_door(user.email, PASSWORD).status_code == 302

    assert [by_api(api, user.email).status_code for _ in range(3)] == [401, 401, 401]
    assert by_api(api, user.email).status_code == 429


def test_wrong_second_factors_count_too(api, user):
    with_factor(user)
    for _ in range(2):
        assert by_api(api, user.email, PASSWORD, otp=wrong_code(user)).status_code == 401
    desk = Browser()
    by_console(user.email, PASSWORD, client=desk)
    here = {"REMOTE_ADDR": "192.0.2.1"}
    wrong = desk.post("/admin/login/code/", {"code": wrong_code(user)}, **here)
    assert wrong.status_code == 200

    check_page(desk.post("/admin/login/code/", {"code": code_of(user)}, **here))
    assert desk.get("/admin/").status_code == 302
    check_problem(by_api(api, user.email, PASSWORD, otp=code_of(user)), 429, "too_many_requests")


def test_the_right_password_alone_does_not_begin_the_count_anew(api, user):
    with_factor(user)
    for _ in range(3):
        assert by_api(api, user.email, PASSWORD).json()["code"] == "otp_required"
        by_api(api, user.email, PASSWORD, otp=wrong_code(user))

    assert by_api(api, user.email, PASSWORD).status_code == 429


def test_wrong_codes_inside_the_console_count(user):
    desk = signed_in(with_factor(user))
    for _ in range(3):
        desk.post("/admin/account/second-factor/off/", {"code": wrong_code(user)})

    check_page(desk.post("/admin/account/second-factor/off/", {"code": code_of(user)}))


def test_an_admin_unlocks_an_account(api, user):
    for _ in range(3):
        by_api(api, user.email)

    signed_in(Role.ADMIN).post(
        "/admin/accounts/user/", {"action": "unlock", "_selected_action": [user.pk]}
    )

    assert by_api(api, user.email, PASSWORD).status_code == 200


def test_nothing_secret_is_kept_or_logged(api, user, caplog):
    caplog.set_level(logging.DEBUG)
    with_factor(user)
    code, mistaken = wrong_code(user), "My-real-password-1"
    by_api(api, user.email, PASSWORD, otp=code)
    by_api(api, mistaken)
    by_console(user.email)
    by_web(user.email, "Other-horse-9")

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, ' ') FROM axes_accessattempt AS row")
        stored = cursor.fetchone()[0]
    for secret in (PASSWORD, WRONG, "Other-horse-9", mistaken, mistaken.lower(), code):
        assert secret not in stored
        assert secret not in caplog.text
    assert AccessAttempt.objects.count() == 2
    assert not AccessLog.objects.exists()
    assert not AccessFailureLog.objects.exists()


@pytest.mark.parametrize("name", ["\x00", "a@b\x00", "x" * 254, "😀@clinic.example", "' OR 1=1 --"])
def test_strange_names_are_counted_and_harm_nobody(api, name):
    assert by_api(api, name).status_code in (400, 401)
    assert by_console(name).status_code == 200


def test_a_new_password_by_mail_ends_the_lock(api, user):
    lock(api, user.email)
    assert by_api(api, user.email, PASSWORD).status_code == 429

    passwords.reset(one_time.new_token(user, OneTimeToken.Purpose.RESET_PASSWORD), "Other-horse-7")

    assert by_api(api, user.email, "Other-horse-7").status_code == 200


def test_the_page_of_a_lock_leads_to_the_forgotten_password(api, user):
    lock(api, user.email)

    assert 'href="/password/reset/"' in check_page(by_web(user.email))


def test_the_owner_is_told_once_of_locks(api, user, settings):
    settings.LOGIN_FAILURES_ANYWHERE = 100
    for address in ("192.0.2.1", "192.0.2.2"):
        for _ in range(4):
            by_api(api, user.email, address=address)

    for job in ProcrastinateJob.objects.filter(task_name="accounts.tell_locked"):
        assert list(job.args) == ["attempt_id"]
        tell_locked(**job.args)

    owed = Notification.objects.get()
    assert (owed.event.partition(":")[0], owed.recipient) == ("locked", user.email)


def test_nobody_is_told_of_the_lock_of_an_unknown_account(api):
    lock(api, "nobody@clinic.example")

    (job,) = ProcrastinateJob.objects.filter(task_name="accounts.tell_locked")
    tell_locked(**job.args)

    assert not Notification.objects.exists()
