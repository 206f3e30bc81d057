"""Refreshing, signing out, and what ends a token at the next request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SignIn
from accounts.roles import Role
from accounts.services import sign_ins
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ME, LOGIN, REFRESH, LOGOUT = (
    f"/api/v1/auth/{name}" for name in ("me", "login", "refresh", "logout")
)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def pair(user):
    return sign_ins.begin_by_api(user)


def send(api, address: str, token: str):
    return api().post(address, {"refresh_token": token}, format="json")


def me(api, token: str):
    return api().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_refresh_token_is_exchanged_for_a_new_pair(api, pair):
    response = send(api, REFRESH, pair.refresh_token)

    assert response.status_code == 200
    new = response.json()
    assert new.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "role"}
    assert new["refresh_token"] != pair.refresh_token
    assert me(api, new["access_token"]).status_code == 200
    assert send(api, REFRESH, new["refresh_token"]).status_code == 200


def test_a_family_ends_ninety_days_after_it_began_however_often_it_is_renewed(api, time_machine):
    token, began = sign_ins.begin_by_api(UserFactory()).refresh_token, timezone.now()
    for days in range(13, 90, 13):
        time_machine.move_to(began + timedelta(days=days))
        renewed = send(api, REFRESH, token)
        assert renewed.status_code == 200, days
        token = renewed.json()["refresh_token"]
    assert SignIn.objects.get().expires_at - began < timedelta(days=90, minutes=1)
    time_machine.move_to(began + timedelta(days=90, minutes=1))

    assert send(api, REFRESH, token).status_code == 401
    assert me(api, renewed.json()["access_token"]).status_code == 401


def test_the_reuse_of_a_dead_refresh_token_ends_the_family(api, pair):
    new = send(api, REFRESH, pair.refresh_token).json()

    assert send(api, REFRESH, pair.refresh_token).status_code == 401

    assert SignIn.objects.get().ended_because == "reused"
    assert send(api, REFRESH, new["refresh_token"]).status_code == 401
    for token in (pair.access_token, new["access_token"]):
        answer = me(api, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_another_sign_in_is_not_touched_by_it(api, user, pair):
    other = sign_ins.begin_by_api(user)
    send(api, REFRESH, pair.refresh_token)
    send(api, REFRESH, pair.refresh_token)

    assert me(api, other.access_token).status_code == 200


def test_signing_out_ends_all_tokens_of_the_sign_in_at_once(api, pair):
    response = send(api, LOGOUT, pair.refresh_token)

    assert (response.status_code, response.content) == (204, b"")
    assert me(api, pair.access_token).status_code == 401
    assert send(api, REFRESH, pair.refresh_token).status_code == 401
    assert send(api, LOGOUT, pair.refresh_token).status_code == 204  # It is so already.
    assert SignIn.objects.get().ended_because == "signed_out"


@pytest.mark.parametrize("address", [REFRESH, LOGOUT])
def test_an_access_token_is_no_refresh_token_and_the_other_way_round(api, pair, address):
    refused = send(api, address, pair.access_token)

    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert refused["WWW-Authenticate"] == "Bearer"
    assert me(api, pair.refresh_token).status_code == 401
    assert SignIn.objects.get().ended_at is None


@pytest.mark.parametrize("address", [REFRESH, LOGOUT])
def test_garbage_is_no_token(api, address):
    assert send(api, address, "garbage").status_code == 401
    assert api().post(address, {}, format="json").status_code == 422
    assert api().post(address, {"refresh_token": 1, "x": 2}, format="json").status_code == 422


def test_a_deactivated_account_is_out_at_the_next_request(api, user, pair):
    user.is_active = False
    user.save()

    assert me(api, pair.access_token).status_code == 401
    assert send(api, REFRESH, pair.refresh_token).status_code == 401


def test_a_new_password_ends_the_tokens_made_with_the_old_one(api, user, pair):
    user.set_password("Another-horse-9")
    user.save()

    assert me(api, pair.access_token).status_code == 401
    assert send(api, REFRESH, pair.refresh_token).status_code == 401


def test_a_changed_role_counts_at_the_next_request(api):
    admin = UserFactory(role=Role.ADMIN)
    client = api(admin)
    assert client.get(ME).json()["role"] == "admin"

    admin.role = Role.RECEPTIONIST
    admin.save()

    assert client.get(ME).json()["role"] == "receptionist"


def test_logging_in_notes_the_device(api, user):
    api().post(
        LOGIN,
        {"username": user.email, "password": PASSWORD},
        format="json",
        HTTP_USER_AGENT="Telephone/1.0",
    )

    sign_in = SignIn.objects.get()
    assert (sign_in.user, sign_in.door, sign_in.address) == (user, "api", "127.0.0.1")
    assert sign_in.user_agent == "Telephone/1.0"


def test_a_sign_in_that_is_used_goes_on(api, pair, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=13))
    new = send(api, REFRESH, pair.refresh_token).json()
    time_machine.shift(timedelta(days=13))
    assert send(api, REFRESH, new["refresh_token"]).status_code == 200
    time_machine.shift(timedelta(days=15))
    assert send(api, REFRESH, new["refresh_token"]).status_code == 401
