"""The second factor itself: codes, recovery codes, and that none works twice."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.utils import timezone

from accounts.models import RecoveryCode, SecondFactor, SignIn
from accounts.services import factors, sign_ins
from accounts.tests.codes import SECRET, code_of, with_factor, wrong_code
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return with_factor(UserFactory())


# RFC 6238, appendix B, the last six of its eight digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_the_codes_are_those_of_the_rfc(user, time_machine, seconds, code):
    time_machine.move_to(seconds, tick=False)

    assert factors.use(user, code)


@pytest.mark.parametrize(("steps", "works"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(user, time_machine, steps, works):
    time_machine.move_to(timezone.now(), tick=False)

    assert factors.use(user, code_of(user, steps)) is works


def test_no_code_works_twice_nor_one_from_before_it(user, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    before, now = code_of(user, -1), code_of(user)

    assert factors.use(user, now)
    assert not factors.use(user, now)
    assert not factors.use(user, before)
    time_machine.shift(30)
    assert factors.use(user, code_of(user))


@pytest.mark.parametrize(
    "code",
    ["", " ", "12345", "1234567", "abcdef", "\uff11" * 6, "12345\u0666", "-12345", "\x00" * 6],
)
def test_what_is_no_code_is_refused(user, code):
    assert not factors.use(user, code)


def test_a_code_may_be_written_with_a_space(user):
    code = code_of(user)

    assert factors.use(user, f" {code[:3]} {code[3:]} ")


def test_who_has_no_factor_has_no_code():
    assert not factors.use(UserFactory(), "123456")


def test_the_first_right_code_switches_it_on():
    user = UserFactory()
    factor = factors.offer_factor(user)
    assert factors.offer_factor(user).secret == factor.secret
    assert not user.has_factor
    assert not factors.use(user, code_of(user))

    with pytest.raises(ValidationError) as refused:
        factors.confirm_factor(user, wrong_code(user))
    assert list(refused.value.error_dict) == ["code"]
    codes = factors.confirm_factor(user, code_of(user))

    assert user.has_factor
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}", code) for code in codes)
    assert not factors.use(user, code_of(user))  # It was used to confirm.
    for again in (
        factors.offer_factor,
        lambda user: factors.confirm_factor(user, code_of(user, 1)),
    ):
        with pytest.raises(ValidationError):
            again(user)


def test_a_secret_that_nobody_confirmed_is_replaced_after_an_hour(time_machine):
    user = UserFactory()
    shown = factors.offer_factor(user).secret
    time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=1))

    assert factors.offer_factor(user).secret != shown


def test_the_address_in_the_qr_code(user):
    address = urlsplit(factors.address_of(user.second_factor))

    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == f"/Riverside%20Clinic%3A{user.email.replace('@', '%40')}"
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": ["Riverside Clinic"]}
    assert len(base64.b32decode(factors.offer_factor(UserFactory()).secret)) == 20


def test_setting_it_up_ends_the_sign_ins_made_without_it():
    user = UserFactory()
    sign_ins.begin_by_api(user)
    current = SignIn.objects.create(
        user=user, door="web", expires_at=timezone.now() + timedelta(hours=1)
    )
    factors.offer_factor(user)

    factors.confirm_factor(user, code_of(user), current=current)

    assert list(sign_ins.live_of(user)) == [current]


def test_the_secret_is_stored_encrypted(user):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_secondfactor")
        stored = cursor.fetchone()[0]

    assert SECRET not in stored
    assert SecondFactor.objects.get().secret == SECRET


def test_each_recovery_code_works_once(user):
    codes = factors.new_recovery_codes(user)

    assert factors.use(user, codes[0])
    assert not factors.use(user, codes[0])
    assert factors.use(user, codes[1].lower().replace("-", " "))
    assert factors.recovery_codes_left(user) == 8


def test_only_digests_of_recovery_codes_are_kept(user):
    codes = factors.new_recovery_codes(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, ' ') FROM accounts_recoverycode AS row")
        stored = cursor.fetchone()[0]

    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored
    assert len(set(RecoveryCode.objects.values_list("digest", flat=True))) == 10


def test_new_recovery_codes_kill_the_old_ones(user):
    old, new = factors.new_recovery_codes(user), factors.new_recovery_codes(user)

    assert not factors.use(user, old[0])
    assert factors.use(user, new[0])


def test_recovery_codes_are_one_users_own(user):
    codes = factors.new_recovery_codes(with_factor(UserFactory()))

    assert not factors.use(user, codes[0])


def test_switching_it_off_removes_everything(user):
    factors.new_recovery_codes(user)

    factors.switch_off(user)

    assert not user.has_factor
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_a_role_that_needs_it_keeps_it(user, settings):
    settings.MFA_REQUIRED_ROLES = [user.role]

    with pytest.raises(ValidationError):
        factors.switch_off(user)

    assert user.has_factor


def test_an_admin_resets_it_and_ends_the_sign_ins(user):
    sign_ins.begin_by_api(user, by_factor=True)

    factors.reset(user, by=UserFactory(role="admin"), reason="Lost the phone")

    assert not SecondFactor.objects.exists()
    assert SignIn.objects.get().ended_because == "deactivated"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_works_once_even_at_the_same_moment(kind):
    user = with_factor(UserFactory())
    code = code_of(user) if kind == "app" else factors.new_recovery_codes(user)[0]
    barrier = Barrier(8)

    def attempt(_) -> bool:
        try:
            barrier.wait(60)
            return factors.use(user, code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(8)))

    assert results.count(True) == 1
