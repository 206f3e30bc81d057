"""What goes on while the shared cache or the disk is away, or all is closed for maintenance."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from redis import Redis

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.cache import shared_cache
from clinic.operations.maintenance import MONITORED
from clinic.tests.problems import V1, check_problem
from patients.models import IdentityDocument, documents_storage
from patients.tests.factories import PatientFactory
from tests.server import free_port

TOKEN = "a-token-of-the-tests-0123456789"


@pytest.fixture
def shared(settings):
    """A shared cache at an address of its own, where nobody is yet."""
    port = free_port()
    backend = "clinic.shared_cache.SharedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": f"redis://127.0.0.1:{port}/0"}}
    return port


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["away", "frozen"])
def test_without_the_shared_cache_limits_hold_by_process_and_that_is_told(api, shared, state):
    listener = socket.create_server(("127.0.0.1", shared)) if state == "frozen" else None
    client = api()
    cache.clear()

    began = time.monotonic()
    answers = [client.get("/health") for _ in range(31)]
    took = time.monotonic() - began
    if listener:
        listener.close()

    told = {"status": "degraded", "database": "ok", "jobs": "ok", "cache": "unavailable"}
    assert (answers[0].status_code, answers[0].json()) == (200, told)
    if 429 in [answer.status_code for answer in answers]:  # A minute may end in between.
        check_problem(answers[-1], 429, "too_many_requests")
    assert took < 5
    assert shared_cache().outage.since is not None


@pytest.mark.skipif(not shutil.which("redis-server"), reason="Needs a Redis")
def test_a_shared_cache_that_comes_back_is_used_again(shared, tmp_path):
    assert cache.get("greeting") is None
    command = ["redis-server", "--port", str(shared), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen([*command, "--daemonize", "no"], stdout=subprocess.DEVNULL) as redis:
        try:
            until = time.monotonic() + 20
            while shared_cache().outage.since is not None and time.monotonic() < until:
                cache.set("greeting", "hello")
                time.sleep(0.1)
            assert cache.add("count", 1)
            assert cache.incr("count", 1) == 2
            with Redis(port=shared) as directly:
                assert directly.dbsize() >= 1

            redis.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            for _ in range(50):
                cache.get("greeting")
            assert time.monotonic() - began < 1
        finally:
            redis.send_signal(signal.SIGCONT)
            redis.terminate()


@contextmanager
def files_up_to(size: int):
    """The kernel refuses to write more into a file, as it does where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def picture() -> SimpleUploadedFile:
    content = (os.path.dirname(__file__), "..", "..", "docs", "id-card.jpg")
    with open(os.path.join(*content), "rb") as file:
        return SimpleUploadedFile("card.jpg", file.read(), "image/jpeg")


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["full", "read only"])
def test_a_photo_for_which_there_is_no_disk_is_refused_and_nothing_is_left(api, fault, caplog):
    patient = PatientFactory()
    desk = api(UserFactory(role=Role.RECEPTIONIST))
    address = f"{V1}/patients/{patient.pk}/document"
    if fault == "full":
        with files_up_to(20_000):
            answer = desk.put(address, {"document_photo": picture()}, format="multipart")
        check_problem(answer, 507, "insufficient_storage")
    else:
        place = Path(documents_storage().location)
        place.symlink_to("/sys/kernel")  # Where nobody makes a file, root included.
        answer = desk.put(address, {"document_photo": picture()}, format="multipart")
        check_problem(answer, 503, "unavailable")
        place.unlink()
    assert int(answer["Retry-After"]) > 0
    told = [line for line in caplog.records if line.name == "clinic.api.circumstances"]
    assert [line.levelname for line in told] == ["ERROR"]  # Once, whoever else asks what it is.
    assert not IdentityDocument.objects.exists()
    if fault == "full":
        left = [files for _, _, files in os.walk(documents_storage().location)]
        assert not any(left)


@pytest.fixture
def closed(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    call_command("maintenance", "on", "--minutes", "20", stdout=StringIO())


def test_maintenance_closes_every_door_but_those_of_monitors_without_the_database(
    closed, client, api
):
    page = client.get("/sign-in/", headers={"Accept-Language": "de"})
    console = client.get("/admin/")
    answer = api().get(f"{V1}/doctors")

    assert (page.status_code, console.status_code) == (503, 503)
    assert "Wir warten gerade unsere Technik" in page.content.decode()
    assert "We are closed for maintenance" in console.content.decode()
    assert "Content-Security-Policy" in page.headers
    check_problem(answer, 503, "unavailable")
    for one in (page, console, answer):
        assert 1100 < int(one["Retry-After"]) <= 1200
    assert client.get("/livez").json() == {"status": "ok"}
    call_command("maintenance", "off", stdout=StringIO())
    time.sleep(1.1)
    assert client.get("/", headers={"Accept": "application/json"}).status_code == 200


@pytest.mark.django_db
def test_monitors_are_answered_under_any_name_and_by_plain_http(client, settings):
    settings.METRICS_TOKEN = TOKEN
    settings.ALLOWED_HOSTS = ["clinic.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|health|metrics)/?$"]
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8000"}

    answers = {path: client.get(path, headers=headers) for path in sorted(MONITORED)}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        sorted(MONITORED), 200
    )
    assert client.get("/", headers=headers, secure=True).status_code == 400


def test_programs_are_not_redirected_to_https_but_refused(client, settings):
    """Else nobody would notice that each request is sent in the clear first."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^api(/|$)"]
    sent = {"username": "ada@mail.example", "password": "x"}

    refused = client.post("/api/v1/auth/login", sent)
    assert refused.status_code == 403
    assert "HTTPS alone" in refused.json()["message"]
    assert refused["X-Content-Type-Options"] == "nosniff"
    assert client.get("/sign-in/").status_code == 301
    assert client.get("/api/v1/nowhere", secure=True).status_code == 404
