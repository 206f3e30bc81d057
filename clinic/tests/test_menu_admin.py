"""The console's menu: who finds what in it, and what it marks."""

import re

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.console import menu

pytestmark = pytest.mark.django_db

ENTRY = re.compile(r'<a href="(/admin/[^"]*)"(?: aria-current="(\w+)")?>([^<]+?)\s*<')
GROUP = re.compile(r"<summary(?: class=\"(current)\")?>([^<]+?)\s*<")


def shown(client, path: str) -> str:
    page = client.get(path).content.decode()
    return page[page.index('<nav id="menu"') : page.index("</nav>", page.index('<nav id="menu"'))]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST, Role.DOCTOR])
def test_every_page_of_the_menu_opens(role):
    client = signed_in(role)

    pages = [url for url, _, _ in ENTRY.findall(shown(client, "/admin/"))]

    assert len(pages) == len(set(pages)) >= 4
    for url in pages:
        assert client.get(url).status_code == 200


def test_nobody_is_shown_what_their_role_does_not_open():
    names = {
        role: {name for _, _, name in ENTRY.findall(shown(signed_in(role), "/admin/"))}
        for role in (Role.ADMIN, Role.RECEPTIONIST, Role.DOCTOR)
    }

    assert {"Accounts", "Jobs", "Mails", "Changes", "Reads"} <= names[Role.ADMIN]
    assert not {"Accounts", "Jobs", "Mails", "Changes", "Reads"} & names[Role.RECEPTIONIST]
    assert "Duplicates" in names[Role.RECEPTIONIST]
    assert not {"Duplicates", "Merges", "Accounts", "Waitlist"} & names[Role.DOCTOR]
    assert {"Today", "Appointments", "Patients"} <= names[Role.DOCTOR]


def test_the_open_page_and_its_group_are_marked():
    client = signed_in(Role.ADMIN)

    for path, url, state in [
        ("/admin/", "/admin/", "page"),
        ("/admin/doctors/closure/", "/admin/doctors/closure/", "page"),
        ("/admin/doctors/closure/add/", "/admin/doctors/closure/", "true"),
        ("/admin/account/", None, None),
    ]:
        content = shown(client, path)
        marked = [(found, how) for found, how, _ in ENTRY.findall(content) if how]
        assert marked == ([(url, state)] if url else [])
        groups = [name for is_current, name in GROUP.findall(content) if is_current]
        assert groups == (["Doctors"] if "doctors" in path else [])


def test_what_waits_is_counted_for_those_who_find_the_page(monkeypatch):
    page = "admin:patients_possibleduplicate_changelist"
    asked = []
    waiting = [User.objects.filter(pk=UserFactory().pk)] * 7
    monkeypatch.setitem(menu._waiting, page, lambda user: asked.append(user.role) or waiting)

    assert re.search(r"Duplicates\s*<[^>]*>7<", shown(signed_in(Role.RECEPTIONIST), "/admin/"))
    assert ">7<" not in shown(signed_in(Role.DOCTOR), "/admin/")
    assert asked == [Role.RECEPTIONIST]


def test_a_model_without_a_place_is_found_all_the_same():
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(role=Role.DOCTOR)
    app = {"models": [{"admin_url": "/admin/new/thing/", "name": "Things"}, {"admin_url": None}]}

    groups = menu.build(request, [app])

    assert [(item.name, item.url) for item in groups[-1].items] == [("Things", "/admin/new/thing/")]


def test_a_pop_up_and_the_log_in_have_no_menu(client):
    assert 'id="menu"' not in client.get("/admin/login/").content.decode()
    page = signed_in(Role.ADMIN).get("/admin/doctors/doctor/?_popup=1")
    assert 'id="menu"' not in page.content.decode()
