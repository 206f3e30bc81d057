"""The pages that belong to no app, and the pages that tell of an error."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views import defaults


def test_the_first_page_leads_to_the_registration_and_the_console(client):
    response = client.get("/")

    assert response.status_code == 200
    assert response["Vary"] == "Accept, Cookie, Accept-Language"
    page = response.content.decode()
    assert "Riverside Clinic" in page
    assert 'href="/register/"' in page
    assert 'href="/sign-in/"' in page
    assert 'href="/admin/"' in page


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json, text/html;q=0.5", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("image/png", False),
        ("", False),
        ("nonsense;;q=x,", False),
    ],
)
def test_programs_that_prefer_json_get_it(client, accept, is_json):
    response = client.get("/", headers={"Accept": accept})

    assert response.status_code == 200
    if is_json:
        assert response.json() == {"message": "Patient Registration API"}
    else:
        assert response["Content-Type"].startswith("text/html")


def test_the_privacy_notice_names_the_clinic_and_how_to_reach_it(client, settings):
    settings.CLINIC_ADDRESS = "Uferweg 1, Berlin"

    page = client.get("/privacy/").content.decode()

    assert "Uferweg 1, Berlin" in page
    assert "mailto:reception@clinic.example" in page


@pytest.mark.parametrize("path", ["/", "/privacy/", "/register/done/"])
def test_pages_are_read_only(client, path):
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/admin/login/", "/static/clinic/site.css"])
def test_nobody_gets_back_what_a_proxy_added(client, path):
    response = client.generic("TRACE", path)

    assert response.status_code == 405
    assert "GET" in response["Allow"]


def test_an_unknown_address(client):
    response = client.get("/no-such-page/<script>")

    assert response.status_code == 404
    page = response.content.decode()
    assert "find this page" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("view", "error", "status"),
    [
        (defaults.bad_request, SuspiciousOperation(), 400),
        (defaults.permission_denied, PermissionDenied(), 403),
        (defaults.page_not_found, Http404(), 404),
    ],
)
def test_error_pages(view, error, status):
    response = view(RequestFactory().get("/"), error)

    assert response.status_code == status
    assert f"Error {status}" in response.content.decode()
    assert "clinic/site.css" in response.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "409", "413", "429", "500"])
def test_error_pages_need_no_context(name):
    page = render_to_string(f"{name}.html")

    assert f"Error {name[:3]}" in page
    assert "None" not in page


def test_a_body_that_is_too_large(client, settings):
    settings.MAX_BODY_BYTES = 1000

    response = client.post("/register/", {"first_name": "x" * 1000})

    assert response.status_code == 413
    assert "too large for us" in response.content.decode()
