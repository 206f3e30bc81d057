"""Administrators search the changes by time, door and kind of record."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import changes
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.history import at_work

pytestmark = pytest.mark.django_db

PAGE = "/admin/pghistory/events/"


@pytest.fixture
def client():
    return signed_in(Role.ADMIN)


def found(client, query: str) -> set[str]:
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    return {entry.name for entry in response.context["entries"]}


def changed_by(door: str, name: str) -> None:
    with at_work(door, "test"):
        UserFactory(first_name=name, last_name="")


def test_changes_are_found_by_door_and_kind(client):
    changed_by("job", "Byjob")
    changed_by("command", "Bycommand")

    assert "Byjob" in found(client, "door=job")
    assert "Bycommand" not in found(client, "door=job")
    assert {"Byjob", "Bycommand"} <= found(client, "kind=accounts.user")
    assert found(client, "kind=accounts.secondfactor") == set()


def test_changes_are_found_between_days(client):
    changed_by("job", "Today")
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

    for query in (f"day={today}", f"day={yesterday}&until={today}", f"until={today}"):
        assert "Today" in found(client, query)
    for query in (f"day={yesterday}", f"day={tomorrow}&until={tomorrow}", f"until={yesterday}"):
        assert found(client, query) == set()


@pytest.mark.parametrize(
    "query",
    ["door=window", "kind=accounts.nothing", "day=2026-02-30", "day=2026-03-02&until=2026-03-01"],
)
def test_what_makes_no_sense_is_said(client, query):
    page = client.get(f"{PAGE}?{query}").content.decode()

    assert 'class="errorlist"' in page
    assert "No changes found." in page


def test_pages_end_where_nobody_turns_them(client, monkeypatch):
    monkeypatch.setattr(changes, "MOST_EVENTS", 3)
    for number in range(5):
        changed_by("job", f"Nr{number}")

    assert changes.search_changes().paginator.count == 3
