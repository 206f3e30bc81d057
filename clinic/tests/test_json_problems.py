"""Programs, which accept JSON and no pages, are told what went wrong in the API's shape everywhere;
browsers get pages."""

import pytest
from django.urls import path

from clinic.api.errors import MESSAGES
from clinic.tests.problems import check_problem
from clinic.web import handlers

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/nowhere", 404),
        ("get", "/me/nowhere/", 404),
        ("head", "/nowhere", 404),
        ("delete", "/privacy/", 405),
        ("put", "/", 405),
        ("patch", "/privacy/", 405),
    ],
)
def test_a_program_is_told_in_json(api, method, address, status):
    from_browser = {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"}
    ask = getattr(api(), method)

    told = ask(address, headers=JSON)
    page = ask(address, headers=from_browser)

    assert told.status_code == page.status_code == status
    assert "Accept" in told["Vary"]
    assert told.get("Allow") == page.get("Allow")
    assert not page.get("Content-Type", "").startswith("application/json")
    if method != "head":
        check_problem(told, status, MESSAGES[status][0])
    anything = ask(address, headers={"Accept": "*/*"})
    assert anything.get("Content-Type") == page.get("Content-Type")


def test_a_body_that_is_too_large_or_without_length_is_told_in_json(api, settings):
    settings.MAX_BODY_BYTES = 10
    sent = {"data": "x" * 11, "content_type": "text/plain", "headers": JSON}
    check_problem(api().post("/register/", **sent), 413, "payload_too_large")


def test_a_failure_is_told_in_json_without_internals(api, settings):
    settings.DEBUG = False
    settings.ROOT_URLCONF = __name__
    client = api()
    client.raise_request_exception = False

    body = check_problem(client.get("/fails", headers=JSON), 500, "server_error")

    assert "boom" not in str(body)
    assert client.get("/fails")["Content-Type"].startswith("text/html")


def fails(request):
    raise RuntimeError("boom")


urlpatterns = [path("fails", fails)]
handler500 = handlers.server_error
