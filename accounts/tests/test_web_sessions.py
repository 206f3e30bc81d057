"""A browser's session opens doors only while its sign-in is live."""

import sys
from datetime import timedelta

import pytest
from django.contrib.auth import login
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import SignIn
from accounts.roles import Role
from accounts.services import sign_ins, users
from accounts.tests.console import Browser, said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.processes import PRODUCTION, run
from tests.database import address_of

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/"
ACCOUNT = "/admin/account/"
USERS = "/admin/accounts/user/"
DOORS = ["/admin/", "/me/sign-ins/"]


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def desk(user):
    return signed_in(user)


def is_in(client) -> bool:
    return client.get("/admin/").status_code == 200


def test_logging_in_is_noted_with_the_device(client, user):
    client.post(
        LOG_IN,
        {"username": user.email, "password": PASSWORD},
        HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0",
        REMOTE_ADDR="192.0.2.7",
    )

    sign_in = SignIn.objects.get()
    assert (sign_in.user, sign_in.door, sign_in.address) == (user, "web", "192.0.2.7")
    assert "Firefox" in sign_in.user_agent
    assert sign_in.expires_at - sign_in.started_at == pytest.approx(
        timedelta(hours=12), abs=timedelta(seconds=5)
    )


@pytest.mark.parametrize("reason", SignIn.Ended.values)
def test_an_ended_sign_in_opens_nothing(desk, reason):
    assert is_in(desk)
    sign_ins.end(SignIn.objects.get(), reason)

    for door in DOORS:
        assert desk.get(door).status_code == 302
    (session,) = Session.objects.all()  # It only says whose it was, and why it ended.
    assert session.get_decoded().keys() <= {"session_before"}


@pytest.mark.parametrize("change", ["closed", "role", "password"])
def test_a_changed_account_is_signed_out(desk, user, change):
    if change == "closed":
        user.is_active = False
    elif change == "role":
        user.role = Role.ADMIN
    else:
        user.set_password("Another-horse-9")
    user.save()

    assert desk.get("/admin/").headers["Location"] == f"{LOG_IN}?next=/admin/"


def test_a_session_that_rests_too_long_ends(desk, time_machine, settings):
    settings.SESSION_IDLE_LIMIT = timedelta(minutes=60)
    start = timezone.now()
    for minutes in (59, 118):  # Each use begins the rest anew.
        time_machine.move_to(start + timedelta(minutes=minutes))
        assert is_in(desk)
    time_machine.move_to(start + timedelta(minutes=179))

    assert not is_in(desk)


def test_a_session_ends_however_much_it_is_used(desk, time_machine, settings):
    start = timezone.now()
    for minutes in range(30, 720, 30):
        time_machine.move_to(start + timedelta(minutes=minutes))
        assert is_in(desk)
    time_machine.move_to(start + timedelta(hours=12, seconds=1))

    assert not is_in(desk)


def test_its_use_is_noted_once_a_minute(desk, time_machine):
    start = timezone.now()
    noted = []
    for seconds in (10, 50, 70, 100, 140):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        assert is_in(desk)
        noted.append(round((SignIn.objects.get().last_used_at - start).total_seconds()))

    assert noted[:2] == [0, 0] or noted[:2] == [-0, -0]
    assert noted[2:] == [70, 70, 140]


def test_logging_out_ends_the_sign_in(desk):
    key = desk.cookies["sessionid"].value
    desk.post("/admin/logout/")

    assert SignIn.objects.get().ended_because == "signed_out"
    desk.cookies["sessionid"] = key
    assert not is_in(desk)


def test_logging_in_again_ends_the_sign_in_before(desk, user):
    desk.post(LOG_IN, {"username": user.email, "password": PASSWORD})

    first, second = SignIn.objects.order_by("started_at")
    assert (first.ended_because, second.ended_at) == ("signed_out", None)
    assert is_in(desk)


def test_a_session_without_a_sign_in_opens_nothing(user):
    """Whatever signs somebody in without `begin_by_web()` leaves no way around it."""
    client = Browser()
    request = HttpRequest()
    request.session = client.session
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key

    assert not is_in(client)


@pytest.mark.parametrize("stolen", ["other", "api", "unknown"])
def test_a_session_needs_its_own_sign_in(desk, user, stolen):
    """A web sign-in of the session's own user: no token's, and no other person's."""
    session = desk.session
    if stolen == "other":
        other = signed_in(Role.ADMIN)
        session["sign_in"] = other.session["sign_in"]
    elif stolen == "api":
        sign_ins.begin_by_api(user)
        session["sign_in"] = str(SignIn.objects.get(door="api").pk)
    else:
        session["sign_in"] = "01890000-0000-7000-8000-000000000000"
    session.save()

    assert not is_in(desk)


def test_own_sign_ins_are_listed_and_others_are_not(desk, user):
    sign_ins.begin_by_api(user, "192.0.2.55", "curl/8.0")
    sign_ins.begin_by_api(UserFactory(), "192.0.2.66")

    page = desk.get(ACCOUNT).content.decode()

    assert "This device" in page
    assert "192.0.2.55" in page
    assert "192.0.2.66" not in page


def test_a_device_is_signed_out_from_another(desk, user):
    other = signed_in(user)
    row = SignIn.objects.get(pk=other.session["sign_in"])

    response = desk.post(f"{ACCOUNT}sign-ins/{row.pk}/end/")

    assert said(response) == ["That device is signed out."]
    row.refresh_from_db()
    assert row.ended_because == "by_user"
    assert is_in(desk)
    assert not is_in(other)


def test_all_others_are_signed_out_at_once(desk, user):
    others = [signed_in(user), signed_in(user)]
    sign_ins.begin_by_api(user)
    stranger = signed_in(Role.DOCTOR)

    response = desk.post(f"{ACCOUNT}sign-ins/others/end/")

    assert said(response) == ["3 other sign-ins ended."]
    assert is_in(desk)
    assert is_in(stranger)
    assert not any(is_in(other) for other in others)


def test_nobody_signs_somebody_else_out(desk):
    row = SignIn.objects.get(pk=signed_in(Role.DOCTOR).session["sign_in"])

    for pk in (row.pk, "01890000-0000-7000-8000-000000000000", "x"):
        assert desk.post(f"{ACCOUNT}sign-ins/{pk}/end/").status_code == 404
    assert desk.get(f"{ACCOUNT}sign-ins/{row.pk}/end/").status_code == 405
    row.refresh_from_db()
    assert row.ended_at is None


def test_an_admin_signs_anybody_out_everywhere(desk, user):
    sign_ins.begin_by_api(user)
    admin = signed_in(Role.ADMIN)

    admin.post(USERS, {"action": "sign_out_everywhere", "_selected_action": [user.pk]})

    assert not sign_ins.live_of(user).exists()
    assert not is_in(desk)
    assert is_in(admin)


@pytest.mark.parametrize("change", [{"role": "admin", "is_active": "on"}, {"role": "receptionist"}])
def test_a_new_role_or_closing_in_the_console_ends_the_sign_ins(desk, user, change):
    sign_ins.begin_by_api(user)

    signed_in(Role.ADMIN).post(f"{USERS}{user.pk}/change/", {"email": user.email} | change)

    reasons = SignIn.objects.filter(user=user).values_list("ended_because", flat=True)
    assert set(reasons) == {"deactivated"}
    assert not is_in(desk)


def test_another_name_ends_nothing(desk, user):
    user.first_name = "Sam"

    users.change(user, by=UserFactory(role=Role.ADMIN))

    assert is_in(desk)


def test_public_pages_do_not_look_at_sessions(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/privacy/").status_code == 200


LOG_IN_IN_PRODUCTION = """
import sys, django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.core.files.storage.InMemoryStorage"
django.setup()
from django.test import Client
settings.STATIC_URL = "/static/"
client = Client(SERVER_NAME="clinic.example", headers={"x-forwarded-proto": "https"})
client.get("/admin/login/")
entered = client.post("/admin/login/", {"username": sys.argv[1], "password": sys.argv[2]})
assert entered.status_code == 302, entered.status_code
client.post("/language/", {"language": "de", "next": "/"})
client.get("/password/reset/confirm/?token=a-token")
print(client.cookies.output(header=""))
"""


@pytest.mark.django_db(transaction=True)
def test_production_sends_cookies_that_only_this_host_gets(user):
    own = PRODUCTION | {
        "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
        "MFA_REQUIRED_ROLES": "",
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    result = run(sys.executable, "-c", LOG_IN_IN_PRODUCTION, user.email, PASSWORD, **own)

    assert result.returncode == 0, result.stderr
    given = result.stdout.split("\n")[:-1]
    names = {cookie.strip().partition("=")[0] for cookie in given}
    assert names == {
        "__Host-csrftoken",
        "__Host-device",
        "__Host-language",
        "__Host-sessionid",
        "__Secure-link",  # It is for one page alone, which __Host- wouldn't let it be.
    }
    for cookie in given:
        assert "; Secure" in cookie
        assert "; Path=/" in cookie
        assert "; SameSite=Lax" in cookie
        assert "Domain" not in cookie
        assert "__Host-csrftoken" in cookie or "; HttpOnly" in cookie
