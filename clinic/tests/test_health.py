"""`/health`, `/livez`, `/readyz`, `/` and `/api/v1/clinic`."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic import tasks
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db
WELL = {"status": "ok", "database": "ok", "jobs": "ok"}
LATE = {"status": "unavailable", "database": "ok", "jobs": "unavailable"}


def defer(**options) -> None:
    """A job of this project, as good as any."""
    task = tasks.remove_idempotency_keys.configure(queueing_lock=uuid4().hex, **options)
    task.defer(timestamp=0)


def test_all_is_well(api):
    response = api().get("/health")

    assert (response.status_code, response.json()) == (200, WELL)


def test_a_job_that_waits_for_its_time_is_no_fault(api):
    defer(schedule_at=timezone.now() + timedelta(hours=1))
    defer()

    assert api().get("/health").json() == WELL


@pytest.mark.parametrize("field", ["scheduled", "deferred"])
def test_a_job_that_nobody_works_off_is_a_fault(api, field):
    long_ago = timezone.now() - timedelta(minutes=3)
    if field == "scheduled":
        defer(schedule_at=long_ago)
    else:
        defer()
        age_deferred_jobs(long_ago)

    response = api().get("/health")

    assert (response.status_code, response.json()) == (503, LATE)
    assert api().get("/readyz").status_code == 200


def age_deferred_jobs(at) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = %s", [at])
    assert ProcrastinateJob.objects.get().status == "todo"


def test_thirty_a_minute_for_one_address(api, settings):
    client, other = api(), api()
    other.defaults["REMOTE_ADDR"] = "10.0.0.2"

    statuses = [client.get("/health").status_code for _ in range(31)]
    refused = client.get("/health/")

    # A minute may end in between; then another one begins to count.
    if 429 not in statuses:
        statuses = [client.get("/health").status_code for _ in range(31)]
    assert statuses[:30] == [200] * 30
    assert statuses[30] == 429
    check_problem(refused, 429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert other.get("/health").status_code == 200
    for path in ("/livez", "/readyz"):
        assert {client.get(path).status_code for _ in range(40)} == {200}


def test_health_takes_no_query_and_no_body(api):
    check_problem(api().get("/health?a=1"), 422, "validation_error", "a")
    check_problem(api().post("/health"), 405, "method_not_allowed")


def test_the_first_page_tells_programs_what_this_is(api):
    response = api().get("/", HTTP_ACCEPT="application/json")

    assert response.json() == {"message": "Patient Registration API"}
    assert api().get("/")["Content-Type"].startswith("text/html")


def test_the_clinic_tells_its_zone_and_region(api, settings):
    settings.CLINIC_NAME = "Praxis Süd"

    assert api().get(f"{V1}/clinic").json() == {
        "name": "Praxis Süd",
        "time_zone": "Europe/Berlin",
        "phone_region": "DE",
        "country": "DE",
    }
