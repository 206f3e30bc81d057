"""Who comes into the console, and what its pages have in common."""

import pytest
from django.test import Client, override_settings

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/"
STAFF = [Role.ADMIN, Role.RECEPTIONIST, Role.DOCTOR]
REFUSED = "This e-mail address and password don&#x27;t open the console."


@pytest.mark.parametrize("role", STAFF)
def test_staff_log_in_with_their_e_mail(client, role):
    user = UserFactory(role=role, email="ann@clinic.example")
    assert client.get("/admin/").headers["Location"] == f"{LOG_IN}?next=/admin/"
    data = {"username": " Ann@Clinic.example", "password": PASSWORD, "next": "/admin/"}

    response = client.post(LOG_IN, data)

    assert response.headers["Location"] == "/admin/"
    page = client.get("/admin/").content.decode()
    assert user.get_full_name() in page
    assert user.get_role_display() in page


@pytest.mark.parametrize(
    "account",
    [
        {"role": Role.PATIENT},
        {"is_active": False},
        {"email": "somebody.else@clinic.example"},
        {"password": "!"},
    ],
)
def test_anybody_else_is_refused_in_the_same_words(client, account):
    UserFactory(**{"email": "ann@clinic.example"} | account)

    response = client.post(LOG_IN, {"username": "ann@clinic.example", "password": PASSWORD})

    assert response.status_code == 200
    assert REFUSED in response.content.decode()
    assert client.get("/admin/").status_code == 302


def test_a_patients_session_opens_nothing():
    response = signed_in(Role.PATIENT).get("/admin/")

    assert response.headers["Location"] == f"{LOG_IN}?next=/admin/"


def test_guessing_passwords_meets_the_limit(client):
    with override_settings(RATE_LIMITS={"login": "2/m"}):
        codes = [client.post(LOG_IN, {"username": "a@b.example"}) for _ in range(3)]

    assert [response.status_code for response in codes] == [200, 200, 429]
    assert 0 < int(codes[2].headers["Retry-After"]) <= 60


def test_the_pages_keep_to_the_policy():
    response = signed_in(Role.ADMIN).get("/admin/")

    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    content = response.content.decode()
    assert "<style" not in content
    assert " style=" not in content
    assert "onclick" not in content


def test_a_form_without_its_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role=Role.ADMIN))

    assert client.post("/admin/logout/").status_code == 403


def test_mails_and_jobs_are_shown_to_admins_and_changed_by_nobody():
    mail = Notification.objects.create(
        event="patient_registered:1",
        recipient="<b>@mail.example",
        subject_id="01890000-0000-7000-8000-000000000000",
    )
    pages = ["/admin/clinic/notification/", "/admin/procrastinate/procrastinatejob/"]
    one = f"{pages[0]}{mail.pk}/change/"
    admin = signed_in(Role.ADMIN)

    for page in [*pages, one]:
        content = admin.get(page).content.decode()
        assert "<b>@" not in content
    for page in (*pages, one):
        assert signed_in(Role.RECEPTIONIST).get(page).status_code == 403
    for action in ("add/", f"{mail.pk}/delete/"):
        assert admin.post(pages[0] + action, {"post": "yes"}).status_code == 403
    assert admin.post(one, {"status": "sent"}).status_code == 403
    assert Notification.objects.get().status == "owed"
