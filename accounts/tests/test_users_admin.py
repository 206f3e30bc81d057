import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import faults, signed_in
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"
NEW_PASSWORD = "Riverside-Boat-12"


def page(user: User, view: str = "change") -> str:
    return f"{LIST}{user.pk}/{view}/"


def test_an_admin_creates_an_account_that_can_sign_in(client):
    response = signed_in(Role.ADMIN).post(
        f"{LIST}add/",
        {
            "email": "New.Desk@Clinic.example",
            "first_name": "Noor",
            "last_name": "<script>alert(1)</script>",
            "role": "receptionist",
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
        },
    )

    assert response.status_code == 302
    user = User.objects.get(email="new.desk@clinic.example")
    assert user.role == Role.RECEPTIONIST
    assert user.password.startswith(f"bcrypt_sha256$$2b${settings.BCRYPT_ROUNDS:02}$")
    assert client.login(username="NEW.desk@clinic.example", password=NEW_PASSWORD)
    assert "<script>alert" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "TAKEN@clinic.example"}, "email"),
        ({"email": "no address"}, "email"),
        ({"role": "patient"}, "role"),
        ({"role": "root"}, "role"),
        ({"password1": "12345678", "password2": "12345678"}, "password2"),
        ({"password2": "Something-else-1"}, "password2"),
        ({"first_name": "a\x07b"}, "first_name"),
    ],
)
def test_a_faulty_account_is_refused_beside_the_field(change, field):
    UserFactory(email="taken@clinic.example")
    data = {
        "email": "new@clinic.example",
        "role": "receptionist",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
    }

    response = signed_in(Role.ADMIN).post(f"{LIST}add/", data | change)

    assert response.status_code == 200
    assert list(faults(response)) == [field]
    assert User.objects.count() == 2
    assert NEW_PASSWORD not in response.content.decode()


def test_an_account_changes_its_role_and_is_closed():
    user = UserFactory()
    data = {"email": user.email, "role": "admin", "first_name": "Ann", "last_name": ""}

    response = signed_in(Role.ADMIN).post(page(user), data)

    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.role, user.is_active, user.first_name) == ("admin", False, "Ann")
    assert user.check_password(PASSWORD)
    assert LogEntry.objects.get().object_id == str(user.pk)


def test_nobody_locks_themselves_out():
    admin = UserFactory(role=Role.ADMIN)

    signed_in(admin).post(page(admin), {"email": admin.email, "role": "doctor"})

    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)


def test_the_hash_is_never_shown():
    user = UserFactory()
    admin = signed_in(Role.ADMIN)

    for url in (LIST, page(user), page(user, "password"), page(user, "history")):
        content = admin.get(url).content.decode()
        assert "bcrypt" not in content
        assert user.password.rpartition("$")[2][:8] not in content


def test_a_new_password_is_set_and_ends_the_sessions():
    user = UserFactory()
    desk = signed_in(user)
    admin = signed_in(Role.ADMIN)

    weak = admin.post(page(user, "password"), {"password1": "abc", "password2": "abc"})
    assert "too short" in weak.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    response = admin.post(
        page(user, "password"), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    )

    assert response.status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert desk.get("/admin/").status_code == 302


def test_staff_change_their_own_password():
    user = UserFactory()
    desk = signed_in(user)
    assert desk.get("/admin/password_change/").status_code == 200

    response = desk.post(
        "/admin/password_change/",
        {
            "old_password": PASSWORD,
            "new_password1": NEW_PASSWORD,
            "new_password2": NEW_PASSWORD,
        },
    )

    assert response.status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert desk.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_accounts_are_for_admins_alone(role):
    user = UserFactory()
    desk = signed_in(role)

    for url in (LIST, f"{LIST}add/", page(user), page(user, "password"), page(user, "delete")):
        assert desk.get(url).status_code == 403
        assert desk.post(url, {"role": "admin"}).status_code == 403
    assert LIST not in desk.get("/admin/").content.decode()


def test_accounts_are_not_deleted():
    user = UserFactory()
    admin = signed_in(Role.ADMIN)

    assert admin.post(page(user, "delete"), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_groups_are_no_part_of_the_console():
    assert signed_in(Role.ADMIN).get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("accounts", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(accounts, django_assert_num_queries):
    admin = signed_in(Role.ADMIN)
    UserFactory.create_batch(accounts)

    with django_assert_num_queries(5):
        assert admin.get(reverse("admin:accounts_user_changelist")).status_code == 200
