"""`/auth/sign-ins`: where somebody is signed in, and signing out from afar."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SignIn
from accounts.roles import Role
from accounts.services import sign_ins
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.problems import check_problem

pytestmark = pytest.mark.django_db

LIST = "/api/v1/auth/sign-ins"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def client(api, user):
    return api(user)


@pytest.mark.parametrize("role", Role.values)
def test_everybody_sees_their_own(api, role):
    user = UserFactory(role=role)
    client = api(user)
    sign_ins.begin_by_api(user, "192.0.2.9", "Telephone/1.0")
    sign_ins.begin_by_api(UserFactory(), "192.0.2.10")

    body = client.get(LIST).json()

    assert body["count"] == 2
    latest, current = body["results"]
    assert latest.keys() == {
        "id", "door", "user_agent", "address", "started_at", "last_used_at", "expires_at",
        "is_current",
    }  # fmt: skip
    assert (latest["door"], latest["user_agent"]) == ("api", "Telephone/1.0")
    assert (latest["address"], latest["is_current"]) == ("192.0.2.9", False)
    assert latest["started_at"].endswith("Z")
    assert current["is_current"] is True


def test_browsers_are_among_them_and_ended_ones_are_not(client, user):
    signed_in(user)
    ended = sign_ins.begin_by_api(user)
    sign_ins.sign_out(ended.refresh_token)

    doors = [row["door"] for row in client.get(LIST).json()["results"]]

    assert sorted(doors) == ["api", "web"]


def test_one_is_ended(client, user):
    desk = signed_in(user)
    row = SignIn.objects.get(door="web")

    response = client.delete(f"{LIST}/{row.pk}/")

    assert (response.status_code, response.content) == (204, b"")
    assert desk.get("/admin/").status_code == 302
    row.refresh_from_db()
    assert row.ended_because == "by_user"
    check_problem(client.delete(f"{LIST}/{row.pk}"), 404, "not_found")


def test_ending_ones_own_ends_the_token(client):
    pk = client.get(LIST).json()["results"][0]["id"]

    assert client.delete(f"{LIST}/{pk}").status_code == 204
    check_problem(client.get(LIST), 401, "not_authenticated")


@pytest.mark.parametrize("path", [LIST, f"{LIST}/"])
def test_all_others_are_ended_but_the_one_that_asks(client, api, user, path):
    desk, stranger = signed_in(user), api(UserFactory())
    sign_ins.begin_by_api(user)

    response = client.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert [row["is_current"] for row in client.get(LIST).json()["results"]] == [True]
    assert desk.get("/admin/").status_code == 302
    assert stranger.get(LIST).json()["count"] == 1
    ended = SignIn.objects.filter(user=user).exclude(ended_at=None)
    assert {row.ended_because for row in ended} == {"by_user"}
    assert ended.count() == 2
    assert client.delete(path).status_code == 204


def test_ending_all_others_takes_no_body_and_no_query(client, user):
    sign_ins.begin_by_api(user)

    check_problem(client.delete(LIST, {"all": True}, format="json"), 422, "validation_error", "all")
    check_problem(client.delete(f"{LIST}?door=api"), 422, "validation_error", "door")
    assert client.get(LIST).json()["count"] == 2


def test_somebody_elses_looks_like_a_missing_one(client, api):
    api(UserFactory(role=Role.ADMIN))
    other = SignIn.objects.get(user__role=Role.ADMIN)
    answers = [
        client.delete(f"{LIST}/{pk}").json() | {"request_id": ""}
        for pk in (other.pk, "01890000-0000-7000-8000-000000000000", "x")
    ]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["code"] == "not_found"
    other.refresh_from_db()
    assert other.ended_at is None


def test_who_is_not_signed_in_sees_nothing(api):
    check_problem(api().get(LIST), 401, "not_authenticated")
    check_problem(api().delete(f"{LIST}/x"), 401, "not_authenticated")
    check_problem(api().delete(LIST), 401, "not_authenticated")


@pytest.mark.parametrize("query", ["page=0", "user=1", "page_size=201"])
def test_a_faulty_query_is_refused(client, query):
    name = query.partition("=")[0]
    check_problem(client.get(f"{LIST}?{query}"), 422, "validation_error", name)


def test_the_list_is_a_page(client, user):
    for _ in range(3):
        sign_ins.begin_by_api(user)

    body = client.get(f"{LIST}?page_size=2&page=2").json()

    assert (body["count"], len(body["results"]), body["next"]) == (4, 2, None)


def test_use_of_a_token_is_noted(client, time_machine):
    time_machine.move_to(timezone.now() + timedelta(minutes=5), tick=False)

    row = client.get(LIST).json()["results"][0]

    assert row["last_used_at"] == timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(
        ".000000Z", "Z"
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(client, user, count, django_assert_num_queries):
    for _ in range(count):
        sign_ins.begin_by_api(user)

    with django_assert_num_queries(3):
        assert client.get(LIST).status_code == 200
