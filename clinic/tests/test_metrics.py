"""`/metrics`: figures for Prometheus, for who bears the token, of all web processes together."""

import re
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from appointments.tests.factories import AppointmentFactory
from clinic import tasks
from clinic.metrics import requests
from clinic.models import Notification
from clinic.tests.problems import V1, check_problem
from clinic.tests.processes import python
from tests.server import running_server

TOKEN = "a-token-of-the-tests-0123456789"
BEARER = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")


@pytest.fixture
def opened(settings):
    settings.METRICS_TOKEN = TOKEN


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels, in the order of the labels' names."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client, **headers) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics", **BEARER, **headers)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    return samples(response.content.decode())


@pytest.mark.django_db
def test_it_is_closed_where_no_token_is_set(api):
    for headers in ({}, BEARER, {"HTTP_AUTHORIZATION": "Bearer "}):
        check_problem(api().get("/metrics", **headers), 404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer ü",
    ],
)
def test_it_opens_to_the_token_alone(api, opened, given):
    response = api().get("/metrics", HTTP_AUTHORIZATION=given)

    check_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_it_answers_with_and_without_slash_and_whatever_is_accepted(api, opened):
    client = api()

    assert client.get("/metrics/", **BEARER).status_code == 200
    assert client.head("/metrics", **BEARER).status_code == 200
    assert client.get("/metrics", HTTP_AUTHORIZATION=f"bearer {TOKEN}").status_code == 200
    assert scraped(client, HTTP_ACCEPT="text/plain")
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    response = client.get("/metrics", HTTP_ACCEPT=accept, **BEARER)
    assert response.content.endswith(b"# EOF\n")
    for method in (client.post, client.put, client.patch, client.delete):
        check_problem(method("/metrics", **BEARER), 405, "method_not_allowed")
    check_problem(client.get("/metrics?name=x", **BEARER), 422, "validation_error", "name")


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_no_address_is_told(client, opened):
    someone = uuid4()
    before = scraped(client)
    for path in (
        f"{V1}/patients/{someone}",
        f"{V1}/patients/{someone}/",
        f"/admin/patients/patient/{someone}/change/",
        f"/nowhere/{someone}",
        f"/api/nowhere/{someone}",
    ):
        client.get(path, {"search": "Lovelace"})
    client.generic("BREW", f"{V1}/clinic")
    response = client.get("/metrics", **BEARER)
    after = samples(response.content.decode())

    def grown(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    count = "clinic_http_requests_total"
    assert grown(count, "GET", "/api/v1/patients/<id>", "401") == 2
    assert grown(count, "GET", "/admin/patients/patient/<object_id>/change/", "302") == 1
    assert grown(count, "GET", "unmatched", "404") == 2
    assert grown(count, "other", "/api/v1/clinic", "405") == 1
    seconds = "clinic_http_request_duration_seconds"
    assert grown(f"{seconds}_count", "/api/v1/patients/<id>") == 2
    assert grown(f"{seconds}_bucket", "+Inf", "/api/v1/clinic") == 1
    assert 0 < grown(f"{seconds}_sum", "/api/v1/patients/<id>") < 60
    assert not UUID.search(response.content.decode())
    assert "Lovelace" not in response.content.decode()


def all_routes(resolver: URLResolver, above: str = "") -> Iterator[str]:
    """Each route as `ResolverMatch.route` has it."""
    for pattern in resolver.url_patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from all_routes(pattern, route)
        elif pattern.name != requests.UNMATCHED:
            yield route


def test_every_route_has_a_readable_name():
    names = {requests.readable_route(route) for route in all_routes(get_resolver())}

    assert "/api/v1/appointments/<id>/check-in" in names
    assert "/admin/appointments/appointment/" in names
    assert [
        name for name in names if not re.fullmatch(r"(/([a-z0-9._-]+|<[a-z_]+>)?)+", name)
    ] == []


@pytest.mark.django_db
def test_jobs_mails_and_appointments_are_counted_from_the_database(client, opened):
    task = tasks.remove_idempotency_keys
    for job in range(3):
        task.configure(queueing_lock=str(job)).defer(timestamp=0)
    later = timezone.now() + timedelta(days=1)
    task.configure(queueing_lock="later", schedule_at=later).defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '100 s'")
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE queueing_lock = '0'")
    for status in ("owed", "owed", "failed"):
        Notification.objects.create(
            event=str(uuid4()), recipient="a@b.example", subject_id=uuid4(), status=status
        )
    AppointmentFactory.create_batch(2)

    figures = scraped(client)

    assert figures["clinic_database_up",] == 1
    assert [figures["clinic_jobs", status] for status in ("todo", "doing", "failed")] == [3, 0, 1]
    assert 100 <= figures["clinic_jobs_oldest_waiting_seconds",] < 160
    assert figures["clinic_notifications", "owed"] == 2
    assert figures["clinic_notifications", "failed"] == 1
    assert figures["clinic_appointments", "booked"] == 2
    assert figures["clinic_appointments", "cancelled"] == 0
    assert figures["clinic_database_connections", "active"] >= 1
    assert figures["clinic_database_connections_limit",] > 0
    assert 0 < timezone.now().timestamp() - figures["clinic_process_start_time_seconds",] < 86400


@pytest.mark.django_db
def test_nothing_waits_where_no_job_is_due(client, opened):
    later = timezone.now() + timedelta(days=1)
    tasks.remove_idempotency_keys.configure(schedule_at=later).defer(timestamp=0)

    assert scraped(client)["clinic_jobs_oldest_waiting_seconds",] == 0


def ask(port: int, path: str) -> str:
    served = HTTPConnection("127.0.0.1", port, timeout=60)
    served.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    response = served.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
    served.close()
    return text


def counting(var_dir: Path) -> set[str]:
    """The ids of the processes that have counted something."""
    [directory] = var_dir.iterdir()
    return {path.stem.rpartition("_")[2] for path in directory.glob("counter_*.db")}


@pytest.mark.django_db(transaction=True)
def test_a_scrape_shows_what_all_processes_counted(tmp_path):
    with running_server(METRICS_TOKEN=TOKEN, METRICS_DIR=str(tmp_path)) as port:
        asked = 0
        while asked < 40 or len(counting(tmp_path)) < 2:  # One process may start long before.
            ask(port, "/readyz")
            asked += 1
        scrapes = [samples(ask(port, "/metrics")) for _ in range(8)]

    for figures in scrapes:
        assert figures["clinic_http_requests_total", "GET", "/readyz", "200"] == asked
        assert figures["clinic_http_request_duration_seconds_count", "/readyz"] == asked
        assert figures["clinic_web_processes",] == 2
        assert figures["clinic_database_pool_connections", "in_use"] >= 0
        assert figures["clinic_database_pool_connections", "free"] >= 1


def test_what_servers_left_behind_is_removed(tmp_path):
    own, gone, other = (tmp_path / name for name in ("here-1", "here-4194305", "there-4194305"))
    for directory in (own, gone, other):
        directory.mkdir()
        (directory / "counter_7.db").write_bytes(b"")

    requests.prepare(own)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["here-1", "there-4194305"]


def test_the_first_requests_of_a_process_may_come_at_once():
    code = (
        "import threading as t\n"
        "from clinic.metrics.requests import process_gauges\n"
        "together, made = t.Barrier(8), []\n"
        "def first(): together.wait(); made.append(process_gauges())\n"
        "threads = [t.Thread(target=first) for _ in range(8)]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]\n"
        "print(len(made), len(set(map(id, made))))\n"
    )

    assert python(code, DJANGO_SETTINGS_MODULE="clinic.settings").stdout == "8 1\n"
