"""A password that somebody else has set is changed before anything opens; better is a link."""

import pytest
from django.core import mail

from accounts import tasks
from accounts.models import User
from accounts.roles import Role
from accounts.services import passwords
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db

GIVEN, OWN = "Riverside-Boat-12", "Harbour-Kite-77"
LIST = "/admin/accounts/user/"
CODE = "password_change_required"


def by_console(user: User, admin, api) -> User:
    typed = {"password1": GIVEN, "password2": GIVEN}
    assert admin.post(f"{LIST}{user.pk}/password/", typed).status_code == 302
    return User.objects.get(pk=user.pk)


def by_new_account(user: User, admin, api) -> User:
    typed = {"email": "new@clinic.example", "role": "receptionist"}
    admin.post(f"{LIST}add/", typed | {"password1": GIVEN, "password2": GIVEN})
    return User.objects.get(email="new@clinic.example")


def by_api(user: User, admin, api) -> User:
    body = {"email": "new@clinic.example", "password": GIVEN, "confirm_password": GIVEN}
    body |= {"first_name": "Noor", "last_name": "Ali", "role": "receptionist"}
    answer = api(UserFactory(role=Role.ADMIN)).post(f"{V1}/auth/register", body, format="json")
    assert answer.status_code == 201, answer.content
    return User.objects.get(email="new@clinic.example")


@pytest.fixture(params=[by_console, by_new_account, by_api])
def given(request, api) -> User:
    return request.param(UserFactory(), signed_in(Role.ADMIN), api)


def test_the_api_opens_nothing_else_before_it_is_changed(given, api):
    sent = {"username": given.email, "password": GIVEN}
    token = api().post(f"{V1}/auth/login", sent, format="json").json()["access_token"]
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    for path in ("auth/me", "patients", "appointments", "auth/sign-ins"):
        check_problem(client.get(f"{V1}/{path}"), 403, CODE)
    check_problem(client.post(f"{V1}/patients", {}, format="json"), 403, CODE)
    change = {"current_password": GIVEN, "confirm_password": GIVEN, "new_password": GIVEN}
    address = f"{V1}/auth/password/change"
    check_problem(
        client.post(address, change, format="json"), 422, "validation_error", "new_password"
    )
    change |= {"new_password": OWN, "confirm_password": OWN}
    pair = client.post(address, change, format="json").json()

    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access_token']}")
    assert client.get(f"{V1}/auth/me").status_code == 200


def test_the_console_opens_nothing_else_before_it_is_changed(given, client):
    page = "/admin/password_change/"
    client.post("/admin/login/", {"username": given.email, "password": GIVEN})

    for path in ("/admin/", "/admin/calendar/", "/admin/account/", "/me/", "/"):
        assert client.get(path)["Location"] == page
    assert client.post("/admin/walk-in/", {}).status_code == 403
    assert "was set by somebody else" in client.get(page).content.decode()
    same = {"old_password": GIVEN, "new_password1": GIVEN, "new_password2": GIVEN}
    assert client.post(page, same).status_code == 200
    client.post(page, same | {"new_password1": OWN, "new_password2": OWN})

    assert client.get("/admin/").status_code == 200
    assert User.objects.get(pk=given.pk).check_password(OWN)


def test_a_patients_page_too(client):
    user = UserFactory(role=Role.PATIENT)
    passwords.set_password(user, GIVEN, keep=None, by_other=True)
    client.post("/sign-in/", {"email": user.email, "password": GIVEN})

    assert client.get("/me/")["Location"] == "/password/change/"
    shown = client.get("/password/change/").content.decode()
    assert "Your password was set by somebody else." in shown
    typed = {"current_password": GIVEN, "new_password": OWN, "confirm_password": OWN}
    client.post("/password/change/", typed)
    assert not User.objects.get(pk=user.pk).must_change_password


def test_a_reset_by_mail_is_a_password_of_ones_own():
    user = UserFactory()
    passwords.set_password(user, GIVEN, keep=None, by_other=True)
    token = tasks.reset_link(Notification(subject_id=user.pk))["token"]

    passwords.reset(token, OWN)

    assert not User.objects.get(pk=user.pk).must_change_password


def test_an_admin_sends_a_link_instead(mailoutbox):
    user, admin = UserFactory(), signed_in(Role.ADMIN)
    address = f"{LIST}{user.pk}/password/link/"
    assert address in admin.get(f"{LIST}{user.pk}/change/").content.decode()

    answer = admin.post(address)

    assert said(answer) == [f"A link is on its way to {user.email}."]
    owed = Notification.objects.get()
    assert (owed.recipient, owed.event.partition(":")[0]) == (user.email, "reset_password")
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    assert signed_in(Role.RECEPTIONIST).post(address).status_code == 403
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert said(admin.post(address))[-1] == "This account is shut: open it first."
    assert mail.outbox == []


def test_a_new_account_without_a_password_gets_a_link():
    admin = signed_in(Role.ADMIN)
    typed = {"email": "new@clinic.example", "role": "doctor", "password1": "", "password2": ""}

    once = admin.post(f"{LIST}add/", typed | {"password1": GIVEN})
    assert "Enter the password twice, or leave both empty." in once.content.decode()
    admin.post(f"{LIST}add/", typed)

    user = User.objects.get(email="new@clinic.example")
    assert not user.has_usable_password()
    assert Notification.objects.get().event.startswith("reset_password:")
    passwords.reset(tasks.reset_link(Notification(subject_id=user.pk))["token"], OWN)
    assert User.objects.get(pk=user.pk).check_password(OWN)


def test_the_log_in_leads_to_a_forgotten_password(client):
    assert 'href="/password/reset/"' in client.get("/admin/login/").content.decode()
