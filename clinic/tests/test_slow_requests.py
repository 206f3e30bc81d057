"""A request that takes too long is told in the log: by its route, never by its address."""

import json
import logging
import time
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.roles import Role
from accounts.tests.console import signed_in
from clinic.logs import JsonFormatter, RequestIdFilter
from patients.tests.factories import PatientFactory

LOGGER = "clinic.operations.slow"


def wait(request, name: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.03)")
        cursor.execute("SELECT 1")
    time.sleep(0.02)
    return HttpResponse(status=202)


def fail(request, name: str) -> HttpResponse:
    raise RuntimeError("This view always fails.")


urlpatterns = [path("waits/<str:name>/", wait), path("fails/<str:name>/", fail)]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_each_request_is_told_in_a_line_without_its_address(client, caplog):
    caplog.handler.addFilter(RequestIdFilter())

    with caplog.at_level(logging.INFO, "clinic.requests"):
        answer = client.get("/waits/Lovelace/?search=Ada")

    lines = [JsonFormatter().format(one) for one in caplog.records if "requests" in one.name]
    (line,) = map(json.loads, lines)
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/waits/<name>/", 202)
    assert line["statements"] == 2
    assert line["message"].startswith("GET /waits/<name>/: 202 in ")
    assert "Lovelace" not in str(line)
    assert "Ada" not in str(line)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_fault_is_told_once_by_its_route(client, caplog):
    client.raise_request_exception = False

    with caplog.at_level(logging.ERROR):
        assert client.get("/fails/Lovelace/").status_code == 500

    (told,) = caplog.records
    assert told.exc_info[0] is RuntimeError
    assert told.getMessage() == "Internal Server Error: /fails/<name>/"


@pytest.mark.django_db
def test_a_refused_form_is_told_by_its_route(caplog):
    Client(enforce_csrf_checks=True).post(f"/admin/patients/patient/{uuid4()}/change/")

    lines = [one.getMessage() for one in caplog.records if "csrf" in one.name]
    assert lines == [
        "Forbidden (CSRF cookie not set.): /admin/patients/patient/<object_id>/change/"
    ]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("limit", "told"), [(40, True), (20_000, False), (0, False)])
def test_a_slow_request_is_told_with_where_its_time_went(client, settings, caplog, limit, told):
    settings.SLOW_REQUEST_MS = limit
    caplog.handler.addFilter(RequestIdFilter())

    with caplog.at_level(logging.WARNING, LOGGER):
        answer = client.get("/waits/Lovelace/?search=Ada")

    lines = [JsonFormatter().format(one) for one in caplog.records if one.name == LOGGER]
    assert answer.status_code == 202
    assert len(lines) == told
    for line in map(json.loads, lines):
        assert line["request_id"] == answer["X-Request-ID"]
        assert (line["method"], line["route"], line["status"]) == ("GET", "/waits/<name>/", 202)
        assert line["statements"] == 2
        assert 30 <= line["statements_ms"] <= line["ms"] - 20
        assert line["cpu_ms"] < line["ms"] - 40
        assert line["message"].startswith(f"Slow: GET /waits/<name>/ took {line['ms']} ms, ")
        assert "Lovelace" not in str(line)
        assert "Ada" not in str(line)


@pytest.mark.django_db
def test_statements_of_a_page_are_counted_as_the_database_gets_them(settings, caplog):
    settings.SLOW_REQUEST_MS = 1
    patient, desk = PatientFactory(), signed_in(Role.RECEPTIONIST)

    with caplog.at_level(logging.WARNING, LOGGER):
        desk.get(f"/admin/patients/patient/{patient.pk}/change/")

    (line,) = (one.fields for one in caplog.records if one.name == LOGGER)
    assert line["route"] == "/admin/patients/patient/<object_id>/change/"
    assert line["statements"] >= 5
    assert 0 < line["statements_ms"] < line["ms"]
